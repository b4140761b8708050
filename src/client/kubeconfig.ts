import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import type { HttpClientOptions } from './transports/http.ts';

/** What a kubeconfig file holds, as far as we read it. */
export interface Kubeconfig {
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
/** What a kubeconfig says of one user. */
export interface UserEntry {
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  as?: string;
  'as-groups'?: string[];
  exec?: unknown;
  'auth-provider'?: unknown;
}

/** Who to be, as a kubeconfig says it. */
export type KubeconfigUser = Pick<HttpClientOptions, 'clientCertificate' | 'clientKey' | 'username' | 'password'> & { readonly token?: string | (() => string) };

const absolute = (file: string, path: string): string => (isAbsolute(path) ? path : join(dirname(file), path));

function pemOf(file: string, data: string | undefined, path: string | undefined): string | undefined {
  if (data !== undefined && data !== '') return Buffer.from(data, 'base64').toString('utf8');
  return path === undefined || path === '' ? undefined : readFileSync(absolute(file, path), 'utf8');
}

/** What proves a user of a kubeconfig. Throws an Error of one line for a file that cannot be read and for means that we have not. */
export function kubeconfigUser(file: string, user: UserEntry): KubeconfigUser {
  for (const means of ['exec', 'auth-provider', 'as', 'as-groups'] as const) if (user[means] !== undefined) throw new Error(`kubeconfig ${file}: not supported: ${means === 'exec' ? 'exec credential plugins' : means}`);
  const clientCertificate = pemOf(file, user['client-certificate-data'], user['client-certificate']);
  const clientKey = pemOf(file, user['client-key-data'], user['client-key']);
  const { tokenFile } = user;
  const token = user.token ?? (tokenFile === undefined ? undefined : () => readFileSync(absolute(file, tokenFile), 'utf8').trim());
  return {
    ...(clientCertificate !== undefined && { clientCertificate }),
    ...(clientKey !== undefined && { clientKey }),
    ...(token !== undefined && { token }),
    ...(user.username !== undefined && { username: user.username }),
    ...(user.password !== undefined && { password: user.password }),
  };
}

/** The content of a kubeconfig file, nothing of it judged. */
export async function readKubeconfig(file: string): Promise<Kubeconfig> {
  // Loaded when needed: a cluster in one process has no use for it, and starts faster without.
  const { parse } = await import('yaml');
  return (parse(readFileSync(file, 'utf8')) ?? {}) as Kubeconfig;
}

/** Where a kubeconfig says to connect and as whom: what `createHttpClient` takes, but for clock and random. */
export type Connection = Omit<HttpClientOptions, 'clock' | 'random'> & { readonly namespace?: string };

/**
 * Reads a kubeconfig file and resolves one of its contexts (the current one by default). Paths in it are relative to the
 * file. Rejects with an Error of one line that says which file and what is wrong.
 */
export async function loadKubeconfig(file: string, options: { readonly context?: string } = {}): Promise<Connection> {
  const config = await readKubeconfig(file);
  const fail = (message: string): never => { throw new Error(`kubeconfig ${file}: ${message}`); };
  const contextName = options.context ?? config['current-context'];
  if (contextName === undefined || contextName === '') return fail('current-context is not set');
  const context = config.contexts?.find(({ name }) => name === contextName)?.context ?? fail(`context ${JSON.stringify(contextName)} does not exist`);
  const cluster = config.clusters?.find(({ name }) => name === context.cluster)?.cluster ?? fail(`cluster ${JSON.stringify(context.cluster ?? '')} does not exist`);
  const user = config.users?.find(({ name }) => name === context.user)?.user ?? {};
  const ca = pemOf(file, cluster['certificate-authority-data'], cluster['certificate-authority']);
  return {
    server: cluster.server ?? fail(`cluster ${JSON.stringify(context.cluster ?? '')} has no server`),
    ...(ca !== undefined && { ca }),
    ...(cluster['insecure-skip-tls-verify'] === true && { insecureSkipTlsVerify: true }),
    ...(cluster['tls-server-name'] !== undefined && { tlsServerName: cluster['tls-server-name'] }),
    ...kubeconfigUser(file, user),
    ...(context.namespace !== undefined && { namespace: context.namespace }),
  };
}
