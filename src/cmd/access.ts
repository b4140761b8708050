import { readFileSync } from 'node:fs';
import type { AccessOptions } from '../apiserver/authorization/access.ts';
import type { AuthorizationMode, AuthorizerSettings } from '../apiserver/authorization/registry.ts';
import type { AuthorizationWebhookSettings } from '../apiserver/authorization/webhook/webhook.ts';
import type { AuthenticationConfiguration, JwtIssuer } from '../apiserver/authentication/oidc/configuration.ts';
import type { Connection } from '../client/kubeconfig.ts';
import type { ConfigFile } from '../cluster/reloaded-file.ts';
import type { AccessFiles } from '../cluster/start-options.ts';
import type { AccessFlags } from './access-flags.ts';
import { defaultAuthorizationMode } from './access-flags.ts';
import { UsageError } from './checks.ts';

/** What access takes beside the control plane's own keys and certificates, as it is at first, and the files that it follows. */
export type Access = Omit<AccessOptions, 'pki' | 'tokenFile' | 'clientCa' | 'authorizers' | 'jwt'> & {
  readonly authorizers: readonly AuthorizerSettings[];
  readonly jwt?: readonly JwtIssuer[];
  readonly files?: AccessFiles;
};

function readFlagFile(flag: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${flag}: ${(error as Error).message}`);
  }
}

/** Runs something that a flag asks for; what goes wrong is that flag's. */
async function of<T>(flag: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof UsageError ? error : new UsageError(`${flag}: ${(error as Error).message.split('\n')[0]}`);
  }
}

async function connect(kubeconfig: string): Promise<Connection> {
  const { loadKubeconfig } = await import('../client/kubeconfig.ts');
  return loadKubeconfig(kubeconfig);
}

/** A flag's file, read; what it becomes later is read in the same way. */
async function configFile<T>(flag: string, path: string, read: (text: string) => Promise<T>): Promise<ConfigFile<T>> {
  const text = readFlagFile(flag, path);
  return { path, text, value: await of(flag, () => read(text)), read };
}

async function authorizersOf(flags: AccessFlags): Promise<{ readonly value: readonly AuthorizerSettings[]; readonly file?: ConfigFile<readonly AuthorizerSettings[]> }> {
  const { authorizersOfModes, readAuthorizationConfiguration } = await import('../apiserver/authorization/configuration.ts');
  const { authorizationConfig, authorizationMode, authorizationWebhookConfigFile: file } = flags;
  if (authorizationConfig !== undefined) {
    const others = [file, flags.authorizationWebhookVersion, flags.authorizationWebhookCacheAuthorizedTtl, flags.authorizationWebhookCacheUnauthorizedTtl];
    if (authorizationMode !== defaultAuthorizationMode || others.some((one) => one !== undefined)) throw new UsageError('--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are defined', 2);
    const read = await configFile('--authorization-config', authorizationConfig, (text) => readAuthorizationConfiguration(text, connect));
    return { value: read.value, file: read };
  }
  const modes = authorizationMode.split(',') as (AuthorizationMode | 'Webhook')[];
  if (file !== undefined && !modes.includes('Webhook')) throw new UsageError('cannot specify --authorization-webhook-config-file without mode Webhook', 2);
  const webhook: AuthorizationWebhookSettings | undefined = file === undefined ? undefined : {
    connection: await of('--authorization-webhook-config-file', () => connect(file)),
    version: flags.authorizationWebhookVersion ?? 'v1beta1',
    authorizedTtlMs: flags.authorizationWebhookCacheAuthorizedTtl ?? 5 * 60_000,
    unauthorizedTtlMs: flags.authorizationWebhookCacheUnauthorizedTtl ?? 30_000,
    timeoutMs: 30_000,
    failurePolicy: 'NoOpinion',
  };
  return { value: await of('--authorization-mode', () => authorizersOfModes(modes, webhook)) };
}

/** The issuer that the `--oidc-*` flags describe. A name other than an e-mail address is not the issuer's alone: it gets a prefix. */
function issuerOf(flags: AccessFlags): JwtIssuer | undefined {
  const { oidcIssuerUrl: url, oidcClientId: client, oidcUsernameClaim: claim = 'sub', oidcUsernamePrefix: prefix, oidcGroupsClaim: groups, oidcRequiredClaim: pairs = [], oidcCaFile: ca } = flags;
  if (url === undefined || client === undefined) return undefined;
  return {
    url,
    audiences: [client],
    username: { claim, prefix: prefix === '-' ? '' : prefix ?? (claim === 'email' ? '' : `${url}#`) },
    ...(groups !== undefined && { groups: { claim: groups, prefix: flags.oidcGroupsPrefix ?? '' } }),
    ...(ca !== undefined && { certificateAuthority: readFlagFile('--oidc-ca-file', ca) }),
    requiredClaims: Object.fromEntries(pairs.map((pair) => {
      const equals = pair.indexOf('=');
      if (equals < 1) throw new UsageError(`--oidc-required-claim: wants claim=value, not ${JSON.stringify(pair)}`, 2);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    })),
  };
}

async function configurationOf(flags: AccessFlags): Promise<AuthenticationConfiguration & { readonly algorithms?: readonly string[]; readonly file?: ConfigFile<readonly JwtIssuer[]> }> {
  const { authenticationConfig: file, serviceAccountIssuer: ownIssuers = [] } = flags;
  const usesOidcFlags = Object.entries(flags).some(([key, value]) => key.startsWith('oidc') && value !== undefined);
  if (file !== undefined) {
    if (usesOidcFlags) throw new UsageError('authentication-config file and oidc-* flags are mutually exclusive', 2);
    const { readAuthenticationConfiguration } = await import('../apiserver/authentication/oidc/configuration.ts');
    const { value: read, ...followed } = await configFile('--authentication-config', file, (text) => readAuthenticationConfiguration(text, ownIssuers));
    if (read.anonymous !== undefined && flags.anonymousAuth !== undefined) throw new UsageError('--authentication-config: anonymous: Forbidden: --anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file', 2);
    const readIssuers = async (text: string): Promise<readonly JwtIssuer[]> => {
      const { jwt, anonymous } = await followed.read(text);
      if (JSON.stringify(anonymous) !== JSON.stringify(read.anonymous)) throw new Error('anonymous: Forbidden: changed from initial configuration file');
      return jwt;
    };
    return { ...read, file: { ...followed, value: read.jwt, read: readIssuers } };
  }
  if (!usesOidcFlags) return { jwt: [] };
  const issuer = issuerOf(flags);
  if (issuer === undefined) throw new UsageError('oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set', 2);
  const [{ issuerFlagErrors }, { signingAlgorithms }, { formatFieldError }] = await Promise.all([import('../apiserver/authentication/oidc/configuration.ts'), import('../apiserver/authentication/oidc/oidc.ts'), import('../api/field-error.ts')]);
  const [error] = issuerFlagErrors(issuer, ownIssuers);
  if (error !== undefined) throw new UsageError(`invalid authentication configuration: ${formatFieldError(error)}`, 2);
  const algorithms = flags.oidcSigningAlgs ?? ['RS256'];
  const unknown = algorithms.find((one) => !(signingAlgorithms as readonly string[]).includes(one));
  if (unknown !== undefined) throw new UsageError(`oidc: unsupported signing alg: ${JSON.stringify(unknown)}`, 2);
  return { jwt: [issuer], algorithms };
}

function serviceAccountsOf(flags: AccessFlags): NonNullable<Access['serviceAccounts']> {
  const { serviceAccountIssuer: issuers, serviceAccountJwksUri: jwksUri, serviceAccountKeyFile: files, serviceAccountMaxTokenExpiration: maxMs, apiAudiences: audiences } = flags;
  const twice = issuers?.find((one, index) => issuers.indexOf(one) < index);
  if (twice !== undefined) throw new UsageError(`service-account-issuer ${JSON.stringify(twice)} is already specified`, 2);
  if (jwksUri !== undefined && !jwksUri.startsWith('https://')) throw new UsageError(`service-account-jwks-uri requires https scheme, parsed as: ${jwksUri}`, 2);
  return {
    ...(issuers !== undefined && { issuers }),
    ...(audiences !== undefined && { audiences }),
    ...(jwksUri !== undefined && { jwksUri }),
    ...(files !== undefined && { keys: files.flatMap((file) => keysIn(file)) }),
    ...(maxMs !== undefined && maxMs > 0 && { maxTokenSeconds: Math.floor(maxMs / 1000) }),
    extendTokens: flags.serviceAccountExtendTokenExpiration,
  };
}

/** A file may hold several keys. */
function keysIn(file: string): string[] {
  const flag = '--service-account-key-file';
  const keys = readFlagFile(flag, file).match(/-----BEGIN [A-Z ]*KEY-----[\s\S]+?-----END [A-Z ]*KEY-----/g) ?? [];
  if (keys.length === 0) throw new UsageError(`${flag}: ${file} holds no PEM key`);
  return keys;
}

function requestHeaderOf(flags: AccessFlags): NonNullable<Access['requestHeader']> {
  const { requestheaderClientCaFile: ca, requestheaderAllowedNames: allowedNames } = flags;
  const headers = { username: flags.requestheaderUsernameHeaders, uid: flags.requestheaderUidHeaders, group: flags.requestheaderGroupHeaders, extraPrefix: flags.requestheaderExtraHeadersPrefix };
  return {
    ...(ca !== undefined && { clientCa: readFlagFile('--requestheader-client-ca-file', ca) }),
    ...(allowedNames !== undefined && { allowedNames }),
    headers: Object.fromEntries(Object.entries(headers).filter(([, names]) => names !== undefined)),
  };
}

/** Reads everything that the flags of access name. Rejects with UsageError, in kube-apiserver's words where it refuses the same. */
export async function readAccess(flags: AccessFlags): Promise<Access> {
  const { value: authorizers, file: authorization } = await authorizersOf(flags);
  const { jwt, anonymous, algorithms, file: authentication } = await configurationOf(flags);
  const { authenticationTokenWebhookConfigFile: webhookFile, anonymousAuth } = flags;
  return {
    authorizers,
    serviceAccounts: serviceAccountsOf(flags),
    requestHeader: requestHeaderOf(flags),
    bootstrapTokens: flags.enableBootstrapTokenAuth,
    ...(jwt.length > 0 && { jwt }),
    ...(algorithms !== undefined && { jwtAlgorithms: algorithms }),
    ...(webhookFile !== undefined && {
      webhook: {
        connection: await of('--authentication-token-webhook-config-file', () => connect(webhookFile)),
        version: flags.authenticationTokenWebhookVersion,
        cacheTtlMs: flags.authenticationTokenWebhookCacheTtl ?? 2 * 60_000,
      },
    }),
    anonymous: anonymous ?? { enabled: anonymousAuth ?? true, paths: [] },
    ...((authorization !== undefined || authentication !== undefined) && { files: { ...(authentication !== undefined && { authentication }), ...(authorization !== undefined && { authorization }) } }),
  };
}
