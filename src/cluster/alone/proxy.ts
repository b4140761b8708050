import { hostCapabilities } from '../../host/capabilities.ts';
import { ServiceProxy } from '../../proxy/proxy.ts';
import { statusAddresses } from '../../proxy/status-servers.ts';
import { conntrackOf, proxyBackend } from '../node-agents.ts';
import type { ComponentOptions } from './component.ts';
import { componentClient, expectServer } from './component.ts';

export interface ProxyAloneOptions extends ComponentOptions {
  readonly nodeName: string;
  readonly clusterCidr: string;
  readonly proxyMode: 'auto' | 'nftables' | 'iptables';
}

/** The service proxy of this machine against an API server elsewhere. Stopping it leaves its rules, as kube-proxy does. */
export async function startProxyAlone(options: ProxyAloneOptions): Promise<AsyncDisposable> {
  const { clock, random, logger, progress, nodeName } = options;
  const capabilities = await hostCapabilities();
  if (!capabilities.linux || !capabilities.root) throw new Error('the service proxy writes firewall rules: it needs Linux and root');
  const tool = options.proxyMode === 'auto' ? undefined : capabilities[options.proxyMode === 'nftables' ? 'nft' : 'iptables'];
  if (options.proxyMode !== 'auto' && tool === undefined) throw new Error(`--proxy-mode ${options.proxyMode}: its program is not installed here; install the package ${options.proxyMode}`);
  if (capabilities.nft === undefined && capabilities.iptables === undefined) throw new Error('the service proxy needs nft or iptables; install the package nftables');
  await using undo = new AsyncDisposableStack();
  const client = componentClient(options, 'kube-proxy', undo);
  await expectServer(client, options);
  const proxy = undo.use(new ServiceProxy({ client, backend: proxyBackend(options, capabilities)!, nodeName, conntrack: conntrackOf(capabilities), status: statusAddresses('0.0.0.0'), clock, random, logger: logger.named('proxy') }));
  await proxy.start();
  progress.ready('service proxy');
  return undo.move();
}
