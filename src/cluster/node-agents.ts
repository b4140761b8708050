import { networkInterfaces } from 'node:os';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Random } from '../base/random.ts';
import type { Client } from '../client/client.ts';
import { Announcer } from '../cloud/providers/local/speaker/announcer.ts';
import { startSpeaker } from '../cloud/providers/local/speaker/speaker.ts';
import type { HostCapabilities } from '../host/capabilities.ts';
import { NetworkPolicyAgent } from '../network-policy/agent.ts';
import type { ProxyBackend } from '../proxy/backend.ts';
import { IptablesBackend } from '../proxy/backends/iptables/backend.ts';
import { NftablesBackend } from '../proxy/backends/nftables/backend.ts';
import type { ServiceProxyOptions } from '../proxy/proxy.ts';
import { ServiceProxy } from '../proxy/proxy.ts';
import { statusAddresses } from '../proxy/status-servers.ts';
import { keepNodeRoutes } from './node-network.ts';
import { runChecked } from './run-checked.ts';
import type { StartOptions } from './start-options.ts';

export interface NodeAgentsOptions extends Pick<StartOptions, 'proxyMode' | 'clusterCidr' | 'nodeName' | 'network'> {
  readonly capabilities: HostCapabilities;
  /** Where the proxy's health check is listened for. */
  readonly healthzAddress: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** As whom the agents of a node ask. */
export interface NodeAgentsClients { readonly proxy: Client; readonly node: Client }

/** What a real node needs beside its kubelet: rules for Services, network policies, routes to other nodes' pods, and addresses of load balancers. Stopping leaves what they made. */
export async function startNodeAgents(options: NodeAgentsOptions, clients: NodeAgentsClients): Promise<AsyncDisposable> {
  const { nodeName, capabilities, clock, random, logger } = options;
  await using undo = new AsyncDisposableStack();
  const backend = proxyBackend(options, capabilities);
  if (backend !== undefined) {
    const proxy = undo.use(new ServiceProxy({ client: clients.proxy, backend, nodeName, conntrack: conntrackOf(capabilities), status: statusAddresses(options.healthzAddress), clock, random, logger: logger.named('proxy') }));
    await proxy.start();
  }
  // Whoever makes the pods' network makes its routes and policies, too.
  if (options.network === 'none') return undo.move();
  if (capabilities.nft !== undefined) {
    const policies = undo.use(new NetworkPolicyAgent({ client: clients.node, nodeName, run: runChecked, clock, random, logger }));
    await policies.start();
  } else logger.warn('network policies are not enforced here: nft is not installed');
  const ip = capabilities.ip ?? 'ip';
  undo.use(await keepNodeRoutes({ client: clients.node, nodeName, ip, clock, random, logger }));
  // Without Service rules there is nothing behind an address.
  if (backend !== undefined) undo.use(await startSpeaker({ client: clients.node, nodeName, announcer: new Announcer({ run: runChecked, ip, nft: capabilities.nft?.path }), clock, random, logger }));
  return undo.move();
}

/** Where the proxy's rules go on this machine; undefined when it is to write none. */
export function proxyBackend({ proxyMode, clusterCidr }: Pick<StartOptions, 'proxyMode' | 'clusterCidr'>, capabilities: Pick<HostCapabilities, 'nft'>): ProxyBackend | undefined {
  const backendOptions = { run: runChecked, clusterCidrs: clusterCidr.split(',') };
  if (proxyMode === 'none') return undefined;
  if (proxyMode === 'nftables' || (proxyMode === 'auto' && capabilities.nft !== undefined)) return new NftablesBackend(backendOptions);
  return new IptablesBackend(backendOptions);
}

/** How stale UDP flows are found and forgotten on this machine, where that can be done. */
export function conntrackOf({ conntrack }: Pick<HostCapabilities, 'conntrack'>): ServiceProxyOptions['conntrack'] {
  if (conntrack === undefined) return undefined;
  return { run: runChecked, nodeAddresses: () => Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address)) };
}
