import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseGoDuration } from '../../base/go-duration.ts';
import type { LoadedConfig } from '../config/load-kubeconfig.ts';
import { loadConfig } from '../config/load-kubeconfig.ts';
import type { ClusterEntry, ContextEntry, ExecEntry, UserEntry } from '../config/kubeconfig.ts';
import { KubectlError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { PluginPolicy } from '../preferences/plugin-policy.ts';
import type { OidcConfig } from './oidc.ts';
import { proxyOfCluster } from './proxy.ts';

/** Where to connect, as whom, and with what limits. */
export interface ConnectionSettings {
  /** `https://host:port`, with an optional path. */
  readonly server: string;
  readonly namespace: string | undefined;
  readonly ca: string | undefined;
  readonly insecure: boolean;
  readonly tlsServerName: string | undefined;
  readonly clientCertificate: string | undefined;
  readonly clientKey: string | undefined;
  readonly token: (() => string) | undefined;
  readonly basic: { readonly username: string; readonly password: string } | undefined;
  readonly exec: ExecEntry | undefined;
  /** Whether that may run; undefined: yes. */
  readonly pluginPolicy: PluginPolicy | undefined;
  /** The user is known to an OpenID Connect provider; `persist` keeps renewed tokens in the kubeconfig. */
  readonly oidc: { readonly config: OidcConfig; readonly persist: (config: OidcConfig) => Promise<void> } | undefined;
  /** That of the cluster; whatever the environment says. */
  readonly proxyUrl: URL | undefined;
  readonly compression: boolean;
  /** Undefined: no limit. */
  readonly timeoutMs: number | undefined;
  readonly impersonate: { readonly user: string; readonly uid: string; readonly groups: readonly string[]; readonly extra: Readonly<Record<string, readonly string[]>> } | undefined;
}

const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Where upstream looks when nothing says otherwise. */
const defaultServer = 'http://localhost:8080';

/** Reads the configuration for one call. Throws KubectlError for what does not fit together. */
export async function connectionSettings(session: Invocation): Promise<ConnectionSettings> {
  const { io, globals } = session;
  const config = await loadConfig(io, globals.kubeconfig);
  if (config.contexts.size + config.clusters.size + config.users.size === 0 && globals.server === '') {
    const inside = inCluster(session);
    if (inside !== undefined) return inside;
  }
  const { context, clusterName, cluster, userName, user } = entriesOf(config, session);
  const { namespace } = context;
  const transport = transportOf({ name: clusterName, cluster }, session);
  const identity = identityOf({ name: userName, user }, session);
  return { ...transport, ...identity, ...(transport.server.startsWith('http:') && nobody), namespace: namespace === '' ? undefined : namespace };
}

/** Who one is where everybody on the way can read: no secret is told there, as upstream's clients do not. */
const nobody = { clientCertificate: undefined, clientKey: undefined, token: undefined, basic: undefined, exec: undefined, oidc: undefined } as const;

function entriesOf(config: LoadedConfig, { globals }: Invocation): { context: ContextEntry; clusterName: string; cluster: ClusterEntry; userName: string; user: UserEntry } {
  const contextName = globals.context === '' ? config.currentContext : globals.context;
  const context = config.contexts.get(contextName);
  if (context === undefined && contextName !== '') throw new KubectlError(`Error in configuration: context was not found for specified context: ${contextName}`, { prefixed: true });
  const clusterName = globals.cluster === '' ? context?.cluster ?? '' : globals.cluster;
  const cluster = config.clusters.get(clusterName);
  if (cluster === undefined && globals.cluster !== '') throw new KubectlError(`no server found for cluster ${JSON.stringify(clusterName)}`);
  const userName = globals.user === '' ? context?.user ?? '' : globals.user;
  const user = config.users.get(userName);
  if (user === undefined && globals.user !== '') throw new KubectlError(`auth info ${JSON.stringify(userName)} does not exist`);
  return { context: context ?? {}, clusterName, cluster: cluster ?? {}, userName, user: user ?? {} };
}

function pem(data: string | undefined, file: string | undefined, what: string): string | undefined {
  if (data !== undefined && data !== '') return Buffer.from(data, 'base64').toString('utf8');
  if (file === undefined || file === '') return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new KubectlError(`Error in configuration: unable to read ${what} ${file}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? `open ${file}: no such file or directory` : (error as Error).message}`, { prefixed: true, cause: error });
  }
}

function timeoutOf(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1000 || undefined;
  const ms = parseGoDuration(text);
  if (ms === undefined) throw new KubectlError(`Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)`);
  return ms <= 0 ? undefined : ms;
}

const nonEmpty = (text: string | undefined): string | undefined => (text === undefined || text === '' ? undefined : text);

function transportOf({ name, cluster }: { readonly name: string; readonly cluster: ClusterEntry }, { io, globals, givenGlobals }: Invocation): Pick<ConnectionSettings, 'server' | 'ca' | 'insecure' | 'tlsServerName' | 'proxyUrl' | 'compression' | 'timeoutMs'> {
  const insecure = givenGlobals.has('insecure-skip-tls-verify') ? globals['insecure-skip-tls-verify'] : cluster['insecure-skip-tls-verify'] === true;
  const flagCa = nonEmpty(globals['certificate-authority']);
  const ca = flagCa === undefined ? pem(cluster['certificate-authority-data'], cluster['certificate-authority'], 'certificate-authority') : pem(undefined, resolve(io.folder, flagCa), 'certificate-authority');
  if (insecure && ca !== undefined && !givenGlobals.has('insecure-skip-tls-verify')) throw new KubectlError('Error in configuration: specifying a root certificates file with the insecure flag is not allowed', { prefixed: true });
  const given = nonEmpty(globals.server) ?? nonEmpty(cluster.server) ?? defaultServer;
  const server = /^https?:\/\//.test(given) ? given : `http://${given}`;
  const proxyUrl = nonEmpty(cluster['proxy-url']);
  if (!URL.canParse(server)) throw new KubectlError(`Error in configuration: the server ${JSON.stringify(given)} is not a valid URL`, { prefixed: true });
  return {
    server, insecure, ca: insecure ? undefined : ca,
    tlsServerName: nonEmpty(globals['tls-server-name']) ?? nonEmpty(cluster['tls-server-name']),
    proxyUrl: proxyUrl === undefined ? undefined : proxyOfCluster(proxyUrl, name),
    compression: !(globals['disable-compression'] || cluster['disable-compression'] === true),
    timeoutMs: timeoutOf(globals['request-timeout']),
  };
}

function extraOf(pairs: readonly string[]): Record<string, string[]> {
  const extra: Record<string, string[]> = {};
  for (const pair of pairs) {
    const [key, ...value] = pair.split('=');
    if (key === undefined || key === '' || value.length === 0) throw new KubectlError(`invalid --as-user-extra ${JSON.stringify(pair)}: must be key=value`);
    (extra[key] ??= []).push(value.join('='));
  }
  return extra;
}

function identityOf({ name, user }: { readonly name: string; readonly user: UserEntry }, session: Invocation): Omit<ConnectionSettings, 'server' | 'ca' | 'insecure' | 'tlsServerName' | 'proxyUrl' | 'compression' | 'timeoutMs' | 'namespace'> {
  const { io, globals } = session;
  const flagFile = (path: string): string | undefined => (path === '' ? undefined : resolve(io.folder, path));
  const certificate = flagFile(globals['client-certificate']);
  const key = flagFile(globals['client-key']);
  const tokenFile = nonEmpty(user.tokenFile);
  const token = nonEmpty(globals.token) ?? nonEmpty(user.token);
  const username = nonEmpty(globals.username) ?? nonEmpty(user.username);
  const provider = user['auth-provider'];
  const usesProvider = provider !== undefined && token === undefined && username === undefined;
  if (usesProvider && provider.name !== 'oidc') throw new KubectlError(`no Auth Provider found for name ${JSON.stringify(provider.name ?? '')}; use an exec credential plugin instead`);
  const impersonated = nonEmpty(globals.as) ?? nonEmpty(user.as);
  const groups = globals['as-group'].length > 0 ? globals['as-group'] : user['as-groups'] ?? [];
  const uid = nonEmpty(globals['as-uid']) ?? user['as-uid'] ?? '';
  const extra = globals['as-user-extra'].length > 0 ? extraOf(globals['as-user-extra']) : user['as-user-extra'] ?? {};
  if (impersonated === undefined && (groups.length > 0 || uid !== '' || Object.keys(extra).length > 0)) throw new KubectlError('Error in configuration: requesting uid, groups or user-extra for  without impersonating a user', { prefixed: true });
  return {
    clientCertificate: certificate === undefined ? pem(user['client-certificate-data'], user['client-certificate'], 'client-cert') : pem(undefined, certificate, 'client-cert'),
    clientKey: key === undefined ? pem(user['client-key-data'], user['client-key'], 'client-key') : pem(undefined, key, 'client-key'),
    token: token !== undefined ? () => token : tokenFile === undefined ? undefined : () => readFileSync(tokenFile, 'utf8').trim(),
    basic: username === undefined ? undefined : { username, password: nonEmpty(globals.password) ?? user.password ?? '' },
    exec: token === undefined && username === undefined ? user.exec : undefined,
    pluginPolicy: session.pluginPolicy,
    oidc: usesProvider ? { config: provider.config ?? {}, persist: (config) => keepTokens(session, name, config) } : undefined,
    impersonate: impersonated === undefined ? undefined : { user: impersonated, uid, groups, extra },
  };
}

async function keepTokens(session: Invocation, user: string, config: OidcConfig): Promise<void> {
  const { KubeconfigEditor } = await import('../config/edit-kubeconfig.ts');
  const editor = await KubeconfigEditor.open(session);
  editor.set('users', user, { ...editor.config.users.get(user), 'auth-provider': { name: 'oidc', config } });
  editor.save();
}

/** Inside a pod, its service account says where and as whom. */
function inCluster(session: Invocation): ConnectionSettings | undefined {
  const host = session.io.environment['KUBERNETES_SERVICE_HOST'];
  const port = session.io.environment['KUBERNETES_SERVICE_PORT'];
  const tokenFile = `${serviceAccountFolder}/token`;
  if (host === undefined || port === undefined || !existsSync(tokenFile)) return undefined;
  const server = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const transport = transportOf({ name: '', cluster: { server, 'certificate-authority': `${serviceAccountFolder}/ca.crt` } }, session);
  return { ...transport, ...identityOf({ name: '', user: { tokenFile } }, session), namespace: readFileSync(`${serviceAccountFolder}/namespace`, 'utf8').trim() };
}
