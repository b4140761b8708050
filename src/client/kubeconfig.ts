import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import type { HttpClientOptions } from './transports/http.ts';

interface Kubeconfig {
  'current-context'?: string;
  contexts?: { name: string; context?: { cluster?: string; user?: string; namespace?: string } }[];
  clusters?: { name: string; cluster?: ClusterEntry }[];
  users?: { name: string; user?: UserEntry }[];
}
interface ClusterEntry {
  server?: string;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'insecure-skip-tls-verify'?: boolean;
  'tls-server-name'?: string;
}
interface UserEntry {
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  exec?: unknown;
  'auth-provider'?: unknown;
}

/** Where a kubeconfig says to connect and as whom: what `createHttpClient` takes, but for clock and random. */
export type Connection = Omit<HttpClientOptions, 'clock' | 'random'> & { readonly namespace?: string };

/**
 * Reads a kubeconfig file and resolves one of its contexts (the current one by default). Paths in it are relative to the
 * file. Rejects with an Error of one line that says which file and what is wrong.
 */
export async function loadKubeconfig(file: string, options: { readonly context?: string } = {}): Promise<Connection> {
  // Loaded when needed: a cluster in one process has no use for it, and starts faster without.
  const { parse } = await import('yaml');
  const config = (parse(readFileSync(file, 'utf8')) ?? {}) as Kubeconfig;
  const fail = (message: string): never => { throw new Error(`kubeconfig ${file}: ${message}`); };
  const contextName = options.context ?? config['current-context'];
  if (contextName === undefined || contextName === '') return fail('current-context is not set');
  const context = config.contexts?.find(({ name }) => name === contextName)?.context ?? fail(`context ${JSON.stringify(contextName)} does not exist`);
  const cluster = config.clusters?.find(({ name }) => name === context.cluster)?.cluster ?? fail(`cluster ${JSON.stringify(context.cluster ?? '')} does not exist`);
  const user = config.users?.find(({ name }) => name === context.user)?.user ?? {};
  if (user.exec !== undefined) return fail('not supported: exec credential plugins');
  if (user['auth-provider'] !== undefined) return fail('not supported: auth-provider');

  const atFile = (path: string): string => (isAbsolute(path) ? path : join(dirname(file), path));
  const pem = (data: string | undefined, path: string | undefined): string | undefined => {
    if (data !== undefined && data !== '') return Buffer.from(data, 'base64').toString('utf8');
    return path === undefined || path === '' ? undefined : readFileSync(atFile(path), 'utf8');
  };
  const ca = pem(cluster['certificate-authority-data'], cluster['certificate-authority']);
  const clientCertificate = pem(user['client-certificate-data'], user['client-certificate']);
  const clientKey = pem(user['client-key-data'], user['client-key']);
  const { tokenFile } = user;
  const token = user.token ?? (tokenFile === undefined ? undefined : () => readFileSync(atFile(tokenFile), 'utf8').trim());
  return {
    server: cluster.server ?? fail(`cluster ${JSON.stringify(context.cluster ?? '')} has no server`),
    ...(ca !== undefined && { ca }),
    ...(cluster['insecure-skip-tls-verify'] === true && { insecureSkipTlsVerify: true }),
    ...(cluster['tls-server-name'] !== undefined && { tlsServerName: cluster['tls-server-name'] }),
    ...(clientCertificate !== undefined && { clientCertificate }),
    ...(clientKey !== undefined && { clientKey }),
    ...(token !== undefined && { token }),
    ...(user.username !== undefined && { username: user.username }),
    ...(user.password !== undefined && { password: user.password }),
    ...(context.namespace !== undefined && { namespace: context.namespace }),
  };
}
