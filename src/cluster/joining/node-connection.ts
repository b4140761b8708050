import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Connection } from '../../client/kubeconfig.ts';
import { loadKubeconfig } from '../../client/kubeconfig.ts';
import { lifetimeOf } from '../../pki/certificate-request.ts';
import { certificateFiles } from '../alone/certificate-files.ts';
import { clusterPaths } from '../layout.ts';
import type { BootstrapToken } from './bootstrap-token.ts';
import type { DiscoveredCluster } from './discovery.ts';
import { discoverCluster } from './discovery.ts';

/** How a cluster is found and who vouches for it. */
export interface Invitation {
  /** `HOST:PORT`. */
  readonly endpoint: string;
  readonly token: BootstrapToken;
  /** Undefined: any authority that the token vouches for. */
  readonly caCertHashes: readonly string[] | undefined;
}

export interface NodeConnectionOptions {
  readonly dataDir: string;
  readonly invitation: Invitation | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** A certificate that is about to end is none to start with. */
const leastLifeMs = 60_000;

/**
 * How this machine reaches the cluster: as the node that it is when it has joined already, else with the token of the
 * invitation, which is good for becoming one (`mustJoin`). Rejects with one line.
 */
export async function nodeConnection({ dataDir, invitation, clock, random }: NodeConnectionOptions): Promise<{ readonly connection: Connection; readonly mustJoin: boolean }> {
  const { kubeletKubeconfig, kubelet } = clusterPaths(dataDir);
  const find = (cluster: Invitation): Promise<DiscoveredCluster> => discoverCluster({ ...cluster, clock, random });
  const pair = await certificateFiles(join(kubelet, 'pki'), 'kubelet-client').load();
  if (existsSync(kubeletKubeconfig) && pair !== undefined && (lifetimeOf(pair)?.notAfterMs ?? 0) > clock.now() + leastLifeMs) {
    const connection = await loadKubeconfig(kubeletKubeconfig);
    // A server may have several names.
    const isOther = invitation !== undefined && new URL(connection.server).host !== invitation.endpoint && (await find(invitation)).server !== connection.server;
    if (isOther) throw new Error(`this machine has joined ${connection.server} already; to join another cluster, run: coxswain reset --data-dir ${dataDir}`);
    return { connection, mustJoin: false };
  }
  if (invitation === undefined) throw new Error('this machine has not joined a cluster yet, or its certificate has expired: give HOST:PORT, --token and --discovery-token-ca-cert-hash, which `coxswain token create --print-join-command` prints on the first machine');
  const { server, authority } = await find(invitation);
  return { connection: { server, ca: authority, token: `${invitation.token.id}.${invitation.token.secret}` }, mustJoin: true };
}
