import { configmaps, secrets } from '../api/resources.ts';
import type { Secret } from '../api/types/core/v1.ts';
import { parseGoDuration } from '../base/go-duration.ts';
import { SystemRandom } from '../base/random.ts';
import { RealClock } from '../base/real-clock.ts';
import type { Client } from '../client/client.ts';
import { loadKubeconfig } from '../client/kubeconfig.ts';
import type { Kubeconfig } from '../client/kubeconfig.ts';
import { createHttpClient } from '../client/transports/http.ts';
import { caCertHash, generateToken, parseToken, tokenGroup, tokenSecret } from '../cluster/joining/bootstrap-token.ts';
import { clusterPaths } from '../cluster/layout.ts';
import { isReason } from '../api/status.ts';
import { UsageError } from './options.ts';

export interface TokenFlags {
  readonly dataDir: string;
  /** Default: the administrator's of the data directory. */
  readonly kubeconfig?: string;
}

export interface CreateTokenFlags extends TokenFlags {
  readonly ttl: string;
  readonly description?: string;
  readonly usages: string;
  readonly groups?: string;
  readonly printJoinCommand: boolean;
}

const clock = new RealClock();

async function withClient<T>({ dataDir, kubeconfig }: TokenFlags, work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await loadKubeconfig(kubeconfig ?? clusterPaths(dataDir).adminKubeconfig).catch((error: unknown) => { throw new UsageError(`${(error as Error).message.split('\n')[0]}; is there a cluster on this machine? Else give its --kubeconfig`); });
  const client = createHttpClient({ ...connection, clock, random: new SystemRandom(), userAgent: 'coxswain' });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** `coxswain token create`: prints the token, or the whole line by which another machine joins. */
export async function createToken(given: string | undefined, flags: CreateTokenFlags): Promise<void> {
  const ttlMs = parseGoDuration(flags.ttl);
  if (ttlMs === undefined || ttlMs < 0) throw new UsageError(`--ttl: wants a duration such as 2h, or 0 for no end, not ${JSON.stringify(flags.ttl)}`, 2);
  const text = given ?? generateToken();
  const token = parseToken(text);
  const list = (value: string): string[] => value.split(',').map((one) => one.trim()).filter((one) => one !== '');
  const groups = list(flags.groups ?? tokenGroup);
  const wrong = groups.find((group) => !/^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/.test(group));
  if (wrong !== undefined) throw new UsageError(`--groups: wants groups such as ${tokenGroup}, not ${JSON.stringify(wrong)}`, 2);
  const unknown = list(flags.usages).find((usage) => usage !== 'signing' && usage !== 'authentication');
  if (unknown !== undefined) throw new UsageError(`--usages: wants signing, authentication or both, not ${JSON.stringify(unknown)}`, 2);
  await withClient(flags, async (client) => {
    const command = flags.printJoinCommand ? await joinCommand(client, text) : undefined;
    await client.create(secrets, tokenSecret(token, { expiresMs: ttlMs === 0 ? undefined : clock.now() + ttlMs, description: flags.description, usages: list(flags.usages), groups }));
    process.stdout.write(`${command ?? text}\n`);
  });
}

async function joinCommand(client: Client, token: string): Promise<string> {
  const map = await client.get(configmaps, { namespace: 'kube-public', name: 'cluster-info' }).catch((error: unknown) => {
    if (!isReason(error, 'NotFound')) throw error;
    throw new UsageError('this cluster is for its own machine alone: start it with --bind-address 0.0.0.0 (or one of its addresses) to let others join');
  });
  const { parse } = await import('yaml');
  const cluster = (parse(map.data?.['kubeconfig'] ?? '') as Kubeconfig | null)?.clusters?.[0]?.cluster;
  const authority = Buffer.from(cluster?.['certificate-authority-data'] ?? '', 'base64').toString('utf8');
  if (cluster?.server === undefined || authority === '') throw new UsageError('the ConfigMap cluster-info in kube-public names no server and authority');
  return `coxswain join ${new URL(cluster.server).host} --token ${token} --discovery-token-ca-cert-hash ${caCertHash(authority)}`;
}

const valueOf = ({ data }: Secret, key: string): string => Buffer.from(data?.[key] ?? '', 'base64').toString('utf8');

/** `coxswain token generate`: a token that nobody knows yet. */
export function printToken(): void {
  process.stdout.write(`${generateToken()}\n`);
}

/** `coxswain token list`. */
export async function listTokens(flags: TokenFlags): Promise<void> {
  await withClient(flags, async (client) => {
    const { items } = await client.list(secrets, { namespace: 'kube-system' }, { fieldSelector: 'type=bootstrap.kubernetes.io/token' });
    const rows = items.map((secret) => [
      `${valueOf(secret, 'token-id')}.${valueOf(secret, 'token-secret')}`,
      valueOf(secret, 'expiration') === '' ? '<never>' : valueOf(secret, 'expiration'),
      ['authentication', 'signing'].filter((usage) => valueOf(secret, `usage-bootstrap-${usage}`) === 'true').join(','),
      valueOf(secret, 'description') === '' ? '<none>' : valueOf(secret, 'description'),
      valueOf(secret, 'auth-extra-groups'),
    ]);
    const table = [['TOKEN', 'EXPIRES', 'USAGES', 'DESCRIPTION', 'EXTRA GROUPS'], ...rows];
    const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
    for (const row of table) process.stdout.write(`${row.map((cell, column) => cell.padEnd(widths[column]!)).join('   ').trimEnd()}\n`);
  });
}

/** `coxswain token delete`: by identifiers or whole tokens. */
export async function deleteTokens(names: readonly string[], flags: TokenFlags): Promise<void> {
  await withClient(flags, async (client) => {
    for (const name of names) {
      const id = /^[a-z0-9]{6}$/.test(name) ? name : parseToken(name).id;
      await client.delete(secrets, { namespace: 'kube-system', name: `bootstrap-token-${id}` });
      process.stdout.write(`bootstrap token ${JSON.stringify(id)} deleted\n`);
    }
  });
}
