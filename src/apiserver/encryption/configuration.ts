import type { FieldError } from '../../api/field-error.ts';
import { formatFieldError, invalid, required } from '../../api/field-error.ts';
import type { NamedKey } from './providers/keyed.ts';

/** What a resource's values are sealed with: the first seals, all open. */
export type ProviderChoice =
  | { readonly kind: 'identity' }
  | { readonly kind: 'aesgcm' | 'aescbc'; readonly keys: readonly NamedKey[] }
  | { readonly kind: 'kms'; readonly name: string; readonly endpoint: string; readonly timeoutMs: number };

export interface ResourceChoice {
  /** `secrets`, `deployments.apps`, `*.apps`, `*.` or `*.*`. */
  readonly resources: readonly string[];
  readonly providers: readonly ProviderChoice[];
}

interface RawKey { readonly name?: string; readonly secret?: string }
interface RawProvider {
  readonly identity?: unknown;
  readonly aesgcm?: { readonly keys?: readonly RawKey[] };
  readonly aescbc?: { readonly keys?: readonly RawKey[] };
  readonly secretbox?: unknown;
  readonly kms?: { readonly apiVersion?: string; readonly name?: string; readonly endpoint?: string; readonly timeout?: string; readonly cachesize?: number };
}
interface RawResource { readonly resources?: readonly string[]; readonly providers?: readonly RawProvider[] }

const aesKeySizes = [16, 24, 32];
const defaultKmsTimeoutMs = 3000;

/**
 * Reads an EncryptionConfiguration (apiserver.config.k8s.io/v1) that was parsed from YAML, checked as upstream checks
 * it. Throws an Error for people that lists everything that is wrong, and holds no secret.
 */
export function parseEncryptionConfiguration(document: unknown): readonly ResourceChoice[] {
  const { apiVersion, kind, resources = [] } = (document ?? {}) as { apiVersion?: string; kind?: string; resources?: readonly RawResource[] };
  if (apiVersion !== 'apiserver.config.k8s.io/v1' || kind !== 'EncryptionConfiguration') throw new Error(`wants kind EncryptionConfiguration of apiserver.config.k8s.io/v1, not ${kind ?? 'nothing'} of ${apiVersion ?? 'nothing'}`);
  const errors: FieldError[] = [];
  if (resources.length === 0) errors.push(required('resources', 'at least one resources is required'));
  const names = new Set<string>();
  const choices = resources.map((entry, i): ResourceChoice => {
    const listed = entry.resources ?? [];
    const providers = entry.providers ?? [];
    const path = `resources[${i}]`;
    if (listed.length === 0) errors.push(required(`${path}.resources`, `at least one ${path}.resources is required`));
    errors.push(...overlapErrors(listed, `${path}.resources`), ...listed.flatMap((name, j) => nameErrors(name, `${path}.resources[${j}]`)));
    if (providers.length === 0) errors.push(required(`${path}.providers`, `at least one ${path}.providers is required`));
    return { resources: listed, providers: providers.map((provider, j) => readProvider(provider, `${path}.providers[${j}]`, { errors, names })) };
  });
  if (errors.length > 0) throw new Error(errors.map(formatFieldError).join('; '));
  return choices;
}

function splitResource(text: string): { readonly resource: string; readonly group: string } {
  const dot = text.indexOf('.');
  return dot < 0 ? { resource: text, group: '' } : { resource: text.slice(0, dot), group: text.slice(dot + 1) };
}

function overlapErrors(listed: readonly string[], path: string): FieldError[] {
  const parsed = listed.map(splitResource);
  const pairs = parsed.flatMap((a, i) => parsed.flatMap((b, j) => (i === j ? [] : [[a, b] as const])));
  const same = pairs.some(([a, b]) => a.group === b.group && a.resource === b.resource);
  const masked = pairs.some(([a, b]) => (a.group !== b.group || a.resource !== b.resource) && ((a.group === '*' && a.resource === '*') || (a.group === b.group && (a.resource === '*' || b.resource === '*'))));
  return [
    ...(same ? [invalid(path, listed, 'the same resource cannot be specified multiple times')] : []),
    ...(masked ? [invalid(path, listed, 'using overlapping resources such as \'secrets\' and \'*.\' in the same resource list is not allowed as they will be masked')] : []),
  ];
}

const withoutApi = ['apiserveripinfo', 'serviceipallocations', 'servicenodeportallocations'];

function nameErrors(name: string, path: string): FieldError[] {
  const { resource, group } = splitResource(name);
  const because = /[A-Z]/.test(name) ? 'resource name should not contain capital letters'
    : name === '*' ? 'use \'*.\' to encrypt all the resources from core API group or *.* to encrypt all resources'
    : withoutApi.includes(name) ? 'resources which do not have REST API/s cannot be encrypted'
    : group === 'events.k8s.io' ? '\'*.events.k8s.io\' objects are stored using the \'events\' API group in etcd. Use \'events\' instead in the config file'
    : group === 'extensions' ? '\'extensions\' group has been removed and cannot be used for encryption'
    : group === '*' && resource !== '*' ? 'encrypting the same resource across groups is not supported'
    : undefined;
  return because === undefined ? [] : [invalid(path, name, because)];
}

interface Found {
  readonly errors: FieldError[];
  readonly names: Set<string>;
}

function readProvider(provider: RawProvider, path: string, found: Found): ProviderChoice {
  const kinds = (['kms', 'aesgcm', 'aescbc', 'secretbox', 'identity'] as const).filter((kind) => provider[kind] !== undefined);
  const fallback: ProviderChoice = { kind: 'identity' };
  if (kinds.length === 0) {
    found.errors.push(invalid(path, {}, 'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity'));
    return fallback;
  }
  if (kinds.length > 1) {
    found.errors.push(invalid(path, kinds, 'more than one provider specified in a single element, should split into different list elements'));
    return fallback;
  }
  switch (kinds[0]!) {
    case 'identity': return fallback;
    case 'aesgcm': return { kind: 'aesgcm', keys: readKeys(provider.aesgcm?.keys ?? [], `${path}.aesgcm.keys`, found.errors) };
    case 'aescbc': return { kind: 'aescbc', keys: readKeys(provider.aescbc?.keys ?? [], `${path}.aescbc.keys`, found.errors) };
    case 'kms': return readKms(provider.kms!, `${path}.kms`, found);
    case 'secretbox':
      found.errors.push(invalid(`${path}.secretbox`, 'secretbox', 'not supported, for this runtime has no XSalsa20-Poly1305: use aesgcm or kms'));
      return fallback;
  }
}

function readKeys(keys: readonly RawKey[], path: string, errors: FieldError[]): NamedKey[] {
  if (keys.length === 0) errors.push(required(path, 'at least one keys is required'));
  return keys.map(({ name = '', secret = '' }, i) => {
    const at = `${path}[${i}]`;
    if (name === '') errors.push(required(`${at}.name`, 'name is a mandatory field for a key'));
    const bytes = Buffer.from(secret, 'base64');
    if (secret === '') errors.push(required(`${at}.secret`, 'secret is a mandatory field for a key'));
    else if (bytes.toString('base64') !== secret.trim()) errors.push(invalid(`${at}.secret`, 'REDACTED', 'secrets must be base64 encoded'));
    else if (!aesKeySizes.includes(bytes.length)) errors.push(invalid(`${at}.secret`, 'REDACTED', `secret is not of the expected length, got ${bytes.length}, expected one of [${aesKeySizes.join(' ')}]`));
    return { name, secret: bytes };
  });
}

function readKms({ apiVersion = 'v1', name = '', endpoint = '', timeout, cachesize }: NonNullable<RawProvider['kms']>, path: string, { errors, names }: Found): ProviderChoice {
  if (name === '') errors.push(required(`${path}.name`, 'name is a mandatory field for a kms'));
  else if (name.includes(':')) errors.push(invalid(`${path}.name`, name, `invalid KMS provider name ${name}, must not contain ':'`));
  else if (names.has(name)) errors.push(invalid(`${path}.name`, name, `duplicate KMS provider name ${name}, names must be unique`));
  names.add(name);
  const timeoutMs = timeout === undefined ? defaultKmsTimeoutMs : durationMs(timeout);
  if (!(timeoutMs > 0)) errors.push(invalid(`${path}.timeout`, timeout, 'timeout should be a positive value'));
  if (endpoint === '') errors.push(invalid(`${path}.endpoint`, '', 'endpoint is a mandatory field for a kms'));
  else if (!endpoint.startsWith('unix://')) errors.push(invalid(`${path}.endpoint`, endpoint, `unsupported scheme ${JSON.stringify(endpoint.split(':')[0])} for KMS provider, only unix is supported`));
  if (apiVersion === 'v1') errors.push(invalid(`${path}.apiVersion`, apiVersion, 'KMSv1 is deprecated and not supported: use v2'));
  else if (apiVersion !== 'v2') errors.push(invalid(`${path}.apiVersion`, apiVersion, `unsupported apiVersion ${apiVersion} for KMS provider, only v1 and v2 are supported`));
  if (apiVersion !== 'v1' && cachesize !== undefined) errors.push(invalid(`${path}.cachesize`, cachesize, 'cachesize is not supported in v2'));
  return { kind: 'kms', name, endpoint, timeoutMs };
}

/** `3s`, `500ms`, `1m30s`; NaN when it is none. */
function durationMs(text: string): number {
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return Number.NaN;
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)].reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
}
