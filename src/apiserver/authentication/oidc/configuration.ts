import { X509Certificate } from 'node:crypto';
import type { FieldError } from '../../../api/field-error.ts';
import { duplicate, forbidden, formatFieldError, invalid, required, tooMany } from '../../../api/field-error.ts';
import type { Shape } from '../../config-file.ts';
import { readConfiguration } from '../../config-file.ts';

/** A claim and what is put before its value. */
export interface PrefixedClaim {
  readonly claim: string;
  readonly prefix: string;
}

/** One issuer whose tokens are believed, and how their claims become a user. */
export interface JwtIssuer {
  readonly url: string;
  /** Where the discovery document is, when not below `url`. */
  readonly discoveryUrl?: string;
  /** PEM of the authorities that sign the issuer's certificate; the system's when left out. */
  readonly certificateAuthority?: string;
  /** A token must be for one of these. */
  readonly audiences: readonly string[];
  readonly username: PrefixedClaim;
  readonly groups?: PrefixedClaim;
  readonly uidClaim?: string;
  /** Claims that a token must have, with these very values. */
  readonly requiredClaims: Readonly<Record<string, string>>;
}

/** Who is anonymous: nobody, everybody, or those who ask for certain paths. */
export interface AnonymousSettings {
  readonly enabled: boolean;
  /** Empty: all. */
  readonly paths: readonly string[];
}

/** What an AuthenticationConfiguration says. */
export interface AuthenticationConfiguration {
  readonly jwt: readonly JwtIssuer[];
  /** Left out when the file does not speak of it. */
  readonly anonymous?: AnonymousSettings;
}

interface Mapping { readonly claim?: string; readonly prefix?: string; readonly expression?: string }
interface JwtEntry {
  readonly issuer?: { readonly url?: string; readonly discoveryURL?: string; readonly certificateAuthority?: string; readonly audiences?: readonly string[]; readonly audienceMatchPolicy?: string; readonly egressSelectorType?: string };
  readonly claimValidationRules?: readonly { readonly claim?: string; readonly requiredValue?: string; readonly expression?: string; readonly message?: string }[];
  readonly claimMappings?: { readonly username?: Mapping; readonly groups?: Mapping; readonly uid?: Mapping; readonly extra?: readonly { readonly key?: string; readonly valueExpression?: string }[] };
  readonly userValidationRules?: readonly { readonly expression?: string; readonly message?: string }[];
}
interface File {
  readonly jwt?: readonly JwtEntry[];
  readonly anonymous?: { readonly enabled?: boolean; readonly conditions?: readonly { readonly path?: string }[] };
}

const mapping: Shape = { fields: { claim: 'string', prefix: 'string', expression: 'string' } };
const fields: Readonly<Record<string, Shape>> = {
  jwt: {
    list: {
      fields: {
        issuer: { fields: { url: 'string', discoveryURL: 'string', certificateAuthority: 'string', audiences: { list: 'string' }, audienceMatchPolicy: 'string', egressSelectorType: 'string' } },
        claimValidationRules: { list: { fields: { claim: 'string', requiredValue: 'string', expression: 'string', message: 'string' } } },
        claimMappings: { fields: { username: mapping, groups: mapping, uid: { fields: { claim: 'string', expression: 'string' } }, extra: { list: { fields: { key: 'string', valueExpression: 'string' } } } } },
        userValidationRules: { list: { fields: { expression: 'string', message: 'string' } } },
      },
    },
  },
  anonymous: { fields: { enabled: 'boolean', conditions: { list: { fields: { path: 'string' } } } } },
};

const maxIssuers = 64;
const given = (text: string | undefined): text is string => text !== undefined && text !== '';
const noCel = (path: string): FieldError => forbidden(path, 'not supported: CEL expressions in an AuthenticationConfiguration');

function urlErrors(url: string, path: string, disallowed: readonly string[]): FieldError[] {
  const errors: FieldError[] = [];
  if (disallowed.includes(url)) errors.push(invalid(path, url, `URL must not overlap with disallowed issuers: [${[...disallowed].sort().join(' ')}]`));
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol !== 'https:') errors.push(invalid(path, url, 'URL scheme must be https'));
  if (parsed === undefined) return errors;
  if (parsed.username !== '' || parsed.password !== '') errors.push(invalid(path, url, 'URL must not contain a username or password'));
  if (parsed.search !== '') errors.push(invalid(path, url, 'URL must not contain a query'));
  if (parsed.hash !== '') errors.push(invalid(path, url, 'URL must not contain a fragment'));
  return errors;
}

function audienceErrors(audiences: readonly string[], policy: string | undefined, path: string): FieldError[] {
  if (audiences.length === 0) return [required(`${path}.audiences`, `at least one ${path}.audiences is required`)];
  const errors = audiences.flatMap((audience, index) => [
    ...(audience === '' ? [required(`${path}.audiences[${index}]`)] : []),
    ...(audiences.indexOf(audience) < index ? [duplicate(`${path}.audiences[${index}]`, audience)] : []),
  ]);
  if (audiences.length > 1 && policy !== 'MatchAny') errors.push(invalid(`${path}.audienceMatchPolicy`, policy ?? '', 'audienceMatchPolicy must be MatchAny for multiple audiences'));
  if (audiences.length === 1 && given(policy) && policy !== 'MatchAny') errors.push(invalid(`${path}.audienceMatchPolicy`, policy, 'audienceMatchPolicy must be empty or MatchAny for single audience'));
  return errors;
}

function authorityErrors(pem: string | undefined, path: string): FieldError[] {
  if (!given(pem)) return [];
  try {
    new X509Certificate(pem);
    return [];
  } catch {
    return [invalid(path, '<omitted>', 'data does not contain any valid RSA or ECDSA certificates')];
  }
}

function issuerErrors(issuer: NonNullable<JwtEntry['issuer']>, path: string, disallowed: readonly string[]): FieldError[] {
  const { url = '', discoveryURL } = issuer;
  const errors = url === '' ? [required(`${path}.url`)] : urlErrors(url, `${path}.url`, disallowed);
  if (given(discoveryURL)) {
    const trimmed = (text: string): string => text.replace(/\/+$/, '');
    if (url !== '' && trimmed(url) === trimmed(discoveryURL)) errors.push(invalid(`${path}.discoveryURL`, discoveryURL, 'discoveryURL must be different from URL'));
    errors.push(...urlErrors(discoveryURL, `${path}.discoveryURL`, []));
  }
  errors.push(...audienceErrors(issuer.audiences ?? [], issuer.audienceMatchPolicy, path), ...authorityErrors(issuer.certificateAuthority, `${path}.certificateAuthority`));
  if (given(issuer.egressSelectorType)) errors.push(forbidden(`${path}.egressSelectorType`, 'not supported: egress selection'));
  return errors;
}

function ruleErrors(rules: NonNullable<JwtEntry['claimValidationRules']>, path: string): FieldError[] {
  return rules.flatMap((rule, index) => {
    const at = `${path}[${index}]`;
    if (given(rule.claim) && given(rule.expression)) return [invalid(at, rule.claim, "claim and expression can't both be set")];
    if (given(rule.expression)) return [noCel(`${at}.expression`)];
    if (!given(rule.claim)) return [required(at, 'claim or expression is required')];
    return [
      ...(given(rule.message) ? [invalid(`${at}.message`, rule.message, 'may not be specified when claim is set')] : []),
      ...(rules.findIndex(({ claim }) => claim === rule.claim) < index ? [duplicate(`${at}.claim`, rule.claim)] : []),
    ];
  });
}

function mappingErrors(one: Mapping | undefined, path: string, options: { readonly needed: boolean }): FieldError[] {
  if (given(one?.claim) && given(one.expression)) return [invalid(path, '', "claim and expression can't both be set")];
  if (given(one?.expression)) return [noCel(`${path}.expression`)];
  if (!given(one?.claim)) return options.needed ? [required(path, 'claim or expression is required')] : [];
  return one.prefix === undefined ? [required(`${path}.prefix`, 'prefix is required when claim is set. It can be set to an empty string to disable prefixing')] : [];
}

function entryErrors(entry: JwtEntry, path: string, disallowed: readonly string[]): FieldError[] {
  const { username, groups, uid, extra = [] } = entry.claimMappings ?? {};
  const uidErrors = given(uid?.claim) && given(uid.expression) ? [invalid(`${path}.claimMappings.uid`, '', "claim and expression can't both be set")] : given(uid?.expression) ? [noCel(`${path}.claimMappings.uid.expression`)] : [];
  return [
    ...issuerErrors(entry.issuer ?? {}, `${path}.issuer`, disallowed),
    ...ruleErrors(entry.claimValidationRules ?? [], `${path}.claimValidationRules`),
    ...mappingErrors(username, `${path}.claimMappings.username`, { needed: true }),
    ...mappingErrors(groups, `${path}.claimMappings.groups`, { needed: false }),
    ...uidErrors,
    ...extra.map((_, index) => noCel(`${path}.claimMappings.extra[${index}].valueExpression`)),
    ...(entry.userValidationRules ?? []).map((_, index) => noCel(`${path}.userValidationRules[${index}].expression`)),
  ];
}

function validate({ jwt = [], anonymous }: File, disallowed: readonly string[]): FieldError[] {
  if (jwt.length > maxIssuers) return [tooMany('jwt', jwt.length, maxIssuers)];
  const isRepeated = (index: number, of: (entry: JwtEntry) => string | undefined): boolean => given(of(jwt[index]!)) && jwt.findIndex((one) => of(one) === of(jwt[index]!)) < index;
  const errors = jwt.flatMap((entry, index) => {
    const path = `jwt[${index}]`;
    const found = entryErrors(entry, path, disallowed);
    if (isRepeated(index, ({ issuer }) => issuer?.url)) found.push(duplicate(`${path}.issuer.url`, entry.issuer?.url));
    if (isRepeated(index, ({ issuer }) => issuer?.discoveryURL)) found.push(duplicate(`${path}.issuer.discoveryURL`, entry.issuer?.discoveryURL));
    return found;
  });
  if (anonymous !== undefined && anonymous.enabled !== true && (anonymous.conditions ?? []).length > 0) {
    errors.push(invalid('anonymous.conditions', anonymous.conditions, 'enabled should be set to true when conditions are defined'));
  }
  return errors;
}

function issuerOf(entry: JwtEntry): JwtIssuer {
  const { url = '', discoveryURL, certificateAuthority, audiences = [] } = entry.issuer ?? {};
  const { username, groups, uid } = entry.claimMappings ?? {};
  return {
    url,
    audiences,
    ...(given(discoveryURL) && { discoveryUrl: discoveryURL }),
    ...(given(certificateAuthority) && { certificateAuthority }),
    username: { claim: username?.claim ?? '', prefix: username?.prefix ?? '' },
    ...(given(groups?.claim) && { groups: { claim: groups.claim, prefix: groups.prefix ?? '' } }),
    ...(given(uid?.claim) && { uidClaim: uid.claim }),
    requiredClaims: Object.fromEntries((entry.claimValidationRules ?? []).map((rule) => [rule.claim ?? '', rule.requiredValue ?? ''])),
  };
}

/**
 * Reads an AuthenticationConfiguration. `disallowedIssuers`: those that stand for service accounts. Rejects with one
 * line that tells everything wrong with it; what it may say upstream but not here is refused as not supported.
 */
export async function readAuthenticationConfiguration(text: string, disallowedIssuers: readonly string[]): Promise<AuthenticationConfiguration> {
  const file = (await readConfiguration(text, { kind: 'AuthenticationConfiguration', versions: ['v1', 'v1beta1', 'v1alpha1'], fields })) as File;
  const errors = validate(file, disallowedIssuers);
  if (errors.length > 0) throw new Error(`invalid authentication configuration: ${errors.length === 1 ? formatFieldError(errors[0]!) : `[${errors.map(formatFieldError).join(', ')}]`}`);
  return {
    jwt: (file.jwt ?? []).map(issuerOf),
    ...(file.anonymous !== undefined && { anonymous: { enabled: file.anonymous.enabled ?? false, paths: (file.anonymous.conditions ?? []).map(({ path }) => path ?? '') } }),
  };
}

/** Whether an issuer, as the `--oidc-*` flags describe it, may be believed; the errors are those of a configuration file. */
export function issuerFlagErrors(issuer: JwtIssuer, disallowedIssuers: readonly string[]): FieldError[] {
  return issuerErrors({ url: issuer.url, audiences: issuer.audiences, ...(issuer.certificateAuthority !== undefined && { certificateAuthority: issuer.certificateAuthority }) }, 'jwt[0].issuer', disallowedIssuers);
}
