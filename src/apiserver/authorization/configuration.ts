import type { FieldError } from '../../api/field-error.ts';
import { duplicate, forbidden, formatFieldError, invalid, notSupported, required } from '../../api/field-error.ts';
import { parseGoDuration } from '../../base/go-duration.ts';
import { dns1123Subdomain } from '../../api/meta/validation.ts';
import type { Connection } from '../../client/kubeconfig.ts';
import type { Shape } from '../config-file.ts';
import { readConfiguration } from '../config-file.ts';
import type { AuthorizationWebhookSettings } from './webhook/webhook.ts';

/** As `--authorization-mode` of kube-apiserver spells them; those that need no settings of their own. */
export type AuthorizationMode = 'Node' | 'RBAC' | 'AlwaysAllow' | 'AlwaysDeny';

/** One authorizer of the chain. */
export type AuthorizerSettings =
  | { readonly type: AuthorizationMode; readonly name: string }
  | { readonly type: 'Webhook'; readonly name: string; readonly webhook: AuthorizationWebhookSettings };

interface WebhookEntry {
  readonly authorizedTTL?: string;
  readonly cacheAuthorizedRequests?: boolean;
  readonly unauthorizedTTL?: string;
  readonly cacheUnauthorizedRequests?: boolean;
  readonly timeout?: string;
  readonly subjectAccessReviewVersion?: string;
  readonly matchConditionSubjectAccessReviewVersion?: string;
  readonly failurePolicy?: string;
  readonly connectionInfo?: { readonly type?: string; readonly kubeConfigFile?: string };
  readonly matchConditions?: readonly { readonly expression?: string }[];
}
interface Entry { readonly type?: string; readonly name?: string; readonly webhook?: WebhookEntry }

const fields: Readonly<Record<string, Shape>> = {
  authorizers: {
    list: {
      fields: {
        type: 'string',
        name: 'string',
        webhook: {
          fields: {
            authorizedTTL: 'string', cacheAuthorizedRequests: 'boolean', unauthorizedTTL: 'string', cacheUnauthorizedRequests: 'boolean', timeout: 'string',
            subjectAccessReviewVersion: 'string', matchConditionSubjectAccessReviewVersion: 'string', failurePolicy: 'string',
            connectionInfo: { fields: { type: 'string', kubeConfigFile: 'string' } },
            matchConditions: { list: { fields: { expression: 'string' } } },
          },
        },
      },
    },
  },
};

/** Every type that upstream knows. */
const knownTypes = ['ABAC', 'AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'Webhook'];
const maxTimeoutMs = 30_000;
const defaultAuthorizedTtl = '5m';
const defaultUnauthorizedTtl = '30s';

function durationErrors(text: string | undefined, path: string, maxMs = Infinity): FieldError[] {
  const detail = maxMs === Infinity ? 'must be > 0s' : 'must be > 0s and <= 30s';
  if (text === undefined) return [required(path)];
  const ms = parseGoDuration(text);
  if (ms === undefined) return [invalid(path, text, 'wants a duration such as 30s')];
  if (ms === 0) return [required(path)];
  return ms < 0 || ms > maxMs ? [invalid(path, text, detail)] : [];
}

function oneOfErrors(value: string | undefined, path: string, choices: readonly string[]): FieldError[] {
  if ((value ?? '') === '') return [required(path)];
  return choices.includes(value!) ? [] : [notSupported(path, value, choices)];
}

function connectionErrors({ type, kubeConfigFile }: NonNullable<WebhookEntry['connectionInfo']>, path: string): FieldError[] {
  switch (type ?? '') {
    case '': return [required(`${path}.type`)];
    case 'InClusterConfig': return [forbidden(`${path}.type`, 'not supported: InClusterConfig')];
    case 'KubeConfigFile':
      if ((kubeConfigFile ?? '') === '') return [required(`${path}.kubeConfigFile`)];
      return kubeConfigFile!.startsWith('/') ? [] : [invalid(`${path}.kubeConfigFile`, kubeConfigFile, 'must be an absolute path')];
    default: return [notSupported(`${path}.type`, type, ['InClusterConfig', 'KubeConfigFile'])];
  }
}

/** Upstream leaves `webhook` out of these paths. */
function webhookErrors(webhook: WebhookEntry, path: string): FieldError[] {
  return [
    ...durationErrors(webhook.timeout, `${path}.timeout`, maxTimeoutMs),
    ...durationErrors(webhook.authorizedTTL ?? defaultAuthorizedTtl, `${path}.authorizedTTL`),
    ...durationErrors(webhook.unauthorizedTTL ?? defaultUnauthorizedTtl, `${path}.unauthorizedTTL`),
    ...oneOfErrors(webhook.subjectAccessReviewVersion, `${path}.subjectAccessReviewVersion`, ['v1', 'v1beta1']),
    ...oneOfErrors(webhook.failurePolicy, `${path}.failurePolicy`, ['NoOpinion', 'Deny']),
    ...connectionErrors(webhook.connectionInfo ?? {}, `${path}.connectionInfo`),
    ...(webhook.matchConditions ?? []).map((_, index) => forbidden(`${path}.matchConditions[${index}].expression`, 'not supported: CEL expressions in an AuthorizationConfiguration')),
  ];
}

function authorizerNameErrors(name: string, path: string, { isTaken }: { readonly isTaken: boolean }): FieldError[] {
  if (name === '') return [required(path)];
  if (isTaken) return [duplicate(path, name)];
  const messages = dns1123Subdomain(name);
  return messages.length === 0 ? [] : [invalid(path, name, `authorizer name is invalid: ${messages.join(', ')}`)];
}

function entryErrors(entries: readonly Entry[], index: number): FieldError[] {
  const path = `authorizers[${index}]`;
  const { type = '', name = '', webhook } = entries[index]!;
  if (type === '') return [required(`${path}.type`)];
  if (!knownTypes.includes(type)) return [notSupported(`${path}.type`, type, knownTypes)];
  if (type === 'ABAC') return [forbidden(`${path}.type`, 'not supported: ABAC')];
  if (type !== 'Webhook' && entries.findIndex((one) => one.type === type) < index) return [duplicate(`${path}.type`, type)];
  const nameErrors = authorizerNameErrors(name, `${path}.name`, { isTaken: entries.findIndex((one) => one.name === name) < index });
  if (type !== 'Webhook') return [...nameErrors, ...(webhook === undefined ? [] : [invalid(`${path}.webhook`, 'non-null', 'may only be specified when type=Webhook')])];
  return [...nameErrors, ...(webhook === undefined ? [required(`${path}.webhook`, 'required when type=Webhook')] : webhookErrors(webhook, path))];
}

async function settingsOf({ type, name = '', webhook }: Entry, connect: (kubeconfig: string) => Promise<Connection>): Promise<AuthorizerSettings> {
  if (type !== 'Webhook' || webhook === undefined) return { type: type as AuthorizationMode, name };
  const ms = (text: string): number => parseGoDuration(text) ?? 0;
  return {
    type,
    name,
    webhook: {
      connection: await connect(webhook.connectionInfo?.kubeConfigFile ?? ''),
      version: webhook.subjectAccessReviewVersion as 'v1' | 'v1beta1',
      failurePolicy: webhook.failurePolicy as 'NoOpinion' | 'Deny',
      timeoutMs: ms(webhook.timeout ?? ''),
      authorizedTtlMs: webhook.cacheAuthorizedRequests === false ? 0 : ms(webhook.authorizedTTL ?? defaultAuthorizedTtl),
      unauthorizedTtlMs: webhook.cacheUnauthorizedRequests === false ? 0 : ms(webhook.unauthorizedTTL ?? defaultUnauthorizedTtl),
    },
  };
}

/**
 * Reads an AuthorizationConfiguration; `connect` reads the kubeconfig files that it names. Rejects with one line that
 * tells everything wrong with it; what it may say upstream but not here is refused as not supported.
 */
export async function readAuthorizationConfiguration(text: string, connect: (kubeconfig: string) => Promise<Connection>): Promise<readonly AuthorizerSettings[]> {
  const { authorizers = [] } = (await readConfiguration(text, { kind: 'AuthorizationConfiguration', versions: ['v1', 'v1beta1', 'v1alpha1'], fields })) as { readonly authorizers?: readonly Entry[] };
  const errors = authorizers.length === 0 ? [required('authorizers', 'at least one authorization mode must be defined')] : authorizers.flatMap((_, index) => entryErrors(authorizers, index));
  if (errors.length > 0) throw new Error(errors.length === 1 ? formatFieldError(errors[0]!) : `[${errors.map(formatFieldError).join(', ')}]`);
  return Promise.all(authorizers.map((entry) => settingsOf(entry, connect)));
}

/** The chain that `--authorization-mode` asks for; `webhook` where it names one. Throws for a list that upstream refuses too. */
export function authorizersOfModes(modes: readonly (AuthorizationMode | 'Webhook')[], webhook?: AuthorizationWebhookSettings): readonly AuthorizerSettings[] {
  if (modes.length === 0) throw new Error('at least one authorization-mode must be passed');
  if (new Set(modes).size !== modes.length) throw new Error(`authorization-mode ${JSON.stringify(modes)} has mode specified more than once`);
  return modes.map((mode) => {
    if (mode !== 'Webhook') return { type: mode, name: mode.toLowerCase() };
    if (webhook === undefined) throw new Error('authorization-mode Webhook\'s authorization config file not passed');
    return { type: mode, name: 'default', webhook };
  });
}
