import { X509Certificate } from 'node:crypto';
import { configmaps } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { ConfigMap } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Client } from '../../client/client.ts';
import type { Kubeconfig } from '../../client/kubeconfig.ts';
import { createHttpClient } from '../../client/transports/http.ts';
import { detachedSignature } from '../../controllers/bootstrap-tokens/tokens.ts';
import type { BootstrapToken } from './bootstrap-token.ts';
import { caCertHash } from './bootstrap-token.ts';

export interface DiscoveryOptions {
  /** `HOST:PORT` of an API server. */
  readonly endpoint: string;
  readonly token: BootstrapToken;
  /** `sha256:HEX` of public keys, one of which the authority must have; undefined: whatever authority the token vouches for. */
  readonly caCertHashes: readonly string[] | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** A cluster that has proven to be the one that was meant. */
export interface DiscoveredCluster { readonly server: string; readonly authority: string }

const retryMs = 1_000;
/** A token that has just been made is signed for a moment later; a server may still be starting. */
const patienceMs = 60_000;

/**
 * Finds a cluster as kubeadm does: reads `cluster-info` from a server that is not trusted yet, believes it when it is signed
 * with the token and names an authority that is pinned, and reads it again over a connection that this authority vouches for.
 * Rejects with one line, in kubeadm's words.
 */
export async function discoverCluster(options: DiscoveryOptions): Promise<DiscoveredCluster> {
  const { endpoint, token, caCertHashes } = options;
  const server = `https://${endpoint}`;
  const content = await readSigned(options, { server, insecureSkipTlsVerify: true });
  const { parse } = await import('yaml');
  const cluster = (parse(content) as Kubeconfig | null)?.clusters?.[0]?.cluster;
  const authority = cluster?.['certificate-authority-data'] === undefined ? '' : Buffer.from(cluster['certificate-authority-data'], 'base64').toString('utf8');
  if (cluster?.server === undefined || authority === '') throw new Error('the cluster-info ConfigMap names no server and authority');
  const hash = hashOf(authority);
  if (caCertHashes === undefined) return { server: cluster.server, authority };
  if (!caCertHashes.some((pinned) => pinned.toLowerCase() === hash)) throw new Error(`cluster CA found in cluster-info ConfigMap is invalid: none of the public keys ${JSON.stringify(hash)} are pinned`);
  const again = await readSigned(options, { server, ca: authority });
  if (again !== content) throw new Error(`the second kubeconfig from the cluster-info ConfigMap (using pinned authority ${hash}, token ${token.id}) is different from the first`);
  return { server: cluster.server, authority };
}

function hashOf(authority: string): string {
  try {
    return caCertHash(new X509Certificate(authority).toString());
  } catch (error) {
    throw new Error(`the cluster-info ConfigMap names an authority that is no certificate: ${(error as Error).message}`, { cause: error });
  }
}

/** The kubeconfig in `cluster-info`, once it is there and signed with the token. */
async function readSigned({ token, clock, random }: DiscoveryOptions, connection: { readonly server: string; readonly insecureSkipTlsVerify?: true; readonly ca?: string }): Promise<string> {
  const client = createHttpClient({ ...connection, clock, random, userAgent: 'coxswain', requestTimeoutMs: 10_000 });
  const deadlineMs = clock.monotonicMs() + patienceMs;
  try {
    for (;;) {
      const { content, obstacle } = await signedContent(client, token);
      if (content !== undefined) return content;
      if (clock.monotonicMs() > deadlineMs) throw new Error(obstacle);
      await clock.sleep(retryMs);
    }
  } finally {
    client.close();
  }
}

type Reading = { readonly content: string; readonly obstacle?: undefined } | { readonly content?: undefined; readonly obstacle: string };

/** What may pass by itself is an obstacle; what will not is thrown. */
async function signedContent(client: Client, token: BootstrapToken): Promise<Reading> {
  let map: ConfigMap;
  try {
    map = await client.get(configmaps, { namespace: 'kube-public', name: 'cluster-info' });
  } catch (error) {
    if (isReason(error, 'Forbidden') || isReason(error, 'Unauthorized')) throw new Error(`this cluster does not let machines join: ${(error as Error).message}`, { cause: error });
    return { obstacle: `failed to request the cluster-info ConfigMap: ${(error as Error).message}` };
  }
  const content = map.data?.['kubeconfig'];
  if (content === undefined || content === '') return { obstacle: 'there is no kubeconfig in the cluster-info ConfigMap' };
  const signature = map.data?.[`jws-kubeconfig-${token.id}`];
  if (signature === undefined) return { obstacle: `could not find a JWS signature in the cluster-info ConfigMap for token ID ${JSON.stringify(token.id)}: the token has expired, or this is another cluster` };
  if (signature !== await detachedSignature(content, token)) throw new Error('failed to verify JWS signature of received cluster info object, can\'t trust this API Server');
  return { content };
}
