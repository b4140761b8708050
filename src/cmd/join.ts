import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { LogLevel } from '../base/logger.ts';
import { parseToken } from '../cluster/joining/bootstrap-token.ts';
import { startJoinedNode } from '../cluster/joining/joined-node.ts';
import type { Invitation } from '../cluster/joining/node-connection.ts';
import { readKubeletConfiguration } from '../kubelet/config/read.ts';
import { runInForeground } from './foreground.ts';
import { UsageError } from './options.ts';

export interface JoinFlags {
  readonly token?: string;
  readonly discoveryTokenCaCertHash?: readonly string[];
  readonly discoveryTokenUnsafeSkipCaVerification: boolean;
  readonly dataDir: string;
  readonly nodeName?: string;
  readonly nodeIp?: readonly string[];
  readonly runtime: 'containerd' | 'simulated';
  readonly proxyMode: 'auto' | 'nftables' | 'iptables' | 'none';
  readonly install: boolean;
  readonly network: 'bridge' | 'none';
  readonly kubeletConfig?: string;
  readonly logLevel: LogLevel;
}

/** `coxswain join`: this machine is a node of a cluster elsewhere, in the foreground until a signal comes. */
export async function join(endpoint: string | undefined, flags: JoinFlags): Promise<void> {
  const invitation = endpoint === undefined ? undefined : invitationOf(endpoint, flags);
  const { kubeletConfig, dataDir, nodeName = hostname().toLowerCase(), nodeIp: nodeIps, runtime, install, network, proxyMode } = flags;
  const configuration = kubeletConfig === undefined ? undefined : await readConfiguration(kubeletConfig);
  await runInForeground(flags.logLevel, (parts) => startJoinedNode({
    ...parts, invitation, dataDir, nodeName, nodeIps, runtime, install, network, proxyMode, ...(configuration !== undefined && { configuration }),
  }), { stopped: () => 'stopped; containers go on running, and `coxswain join` goes on with them', terminated: (node) => node.shutDownNode() });
}

function invitationOf(endpoint: string, { token, discoveryTokenCaCertHash: hashes = [], discoveryTokenUnsafeSkipCaVerification: unsafe }: JoinFlags): Invitation {
  if (!/^(\[[0-9a-fA-F:]+\]|[^:/[\]]+):\d+$/.test(endpoint)) throw new UsageError(`wants HOST:PORT of the API server, such as 192.168.1.10:6443, not ${JSON.stringify(endpoint)}`, 2);
  if (token === undefined) throw new UsageError('--token is missing: `coxswain token create` makes one on the first machine', 2);
  if (hashes.length === 0 && !unsafe) throw new UsageError('--discovery-token-ca-cert-hash is missing: the first machine prints it with `coxswain token create --print-join-command`; without it (--discovery-token-unsafe-skip-ca-verification) whoever knows the token can pretend to be the cluster', 2);
  const wrong = hashes.find((hash) => !/^sha256:[0-9a-fA-F]{64}$/.test(hash));
  if (wrong !== undefined) throw new UsageError(`--discovery-token-ca-cert-hash: invalid hash, expected "sha256:hex-value": ${JSON.stringify(wrong)}`, 2);
  try {
    return { endpoint, token: parseToken(token), caCertHashes: hashes.length === 0 ? undefined : hashes };
  } catch (error) {
    throw new UsageError(`--token: ${(error as Error).message}`, 2);
  }
}

async function readConfiguration(file: string): Promise<ReturnType<typeof readKubeletConfiguration>> {
  try {
    return readKubeletConfiguration(await readFile(file, 'utf8'));
  } catch (error) {
    throw new UsageError(`--kubelet-config: ${(error as Error).message}`);
  }
}
