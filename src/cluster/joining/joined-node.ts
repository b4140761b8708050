import { configmaps } from '../../api/resources.ts';
import type { ConfigMap } from '../../api/types/core/v1.ts';
import type { Client } from '../../client/client.ts';
import { readAddresses } from '../../kubelet/hosts/linux/machine.ts';
import type { ReadConfiguration } from '../../kubelet/config/read.ts';
import { readKubeletConfiguration } from '../../kubelet/config/read.ts';
import { familiesOf } from '../addresses.ts';
import type { ComponentOptions } from '../alone/component.ts';
import { componentClient, expectServer } from '../alone/component.ts';
import type { KubeletAlone } from '../alone/kubelet.ts';
import { startKubeletAlone } from '../alone/kubelet.ts';
import { makeDataDir } from '../data-dir.ts';
import { clusterPaths } from '../layout.ts';
import { startNodeAgents } from '../node-agents.ts';
import type { Invitation } from './node-connection.ts';
import { nodeConnection } from './node-connection.ts';

export interface JoinOptions extends Omit<ComponentOptions, 'connection' | 'onLost'> {
  /** Undefined: this machine has joined before. */
  readonly invitation: Invitation | undefined;
  readonly dataDir: string;
  readonly nodeName: string;
  /** Default: of each family that the cluster's pods have, that of the default route. */
  readonly nodeIps: readonly string[] | undefined;
  readonly runtime: 'containerd' | 'simulated';
  readonly install: boolean;
  readonly network: 'bridge' | 'none';
  readonly proxyMode: 'auto' | 'nftables' | 'iptables' | 'none';
  /** What is different on this node from what the cluster's `kubelet-config` says. */
  readonly configuration?: ReadConfiguration;
}

/**
 * Makes this machine a node of a cluster elsewhere: finds the cluster, asks for a certificate, then runs kubelet, service proxy
 * and routes with what the cluster says of itself. Resolves when the node has registered. Disposing stops it; containers run on.
 */
export async function startJoinedNode(options: JoinOptions): Promise<KubeletAlone> {
  const { clock, random, logger, progress, dataDir, nodeName } = options;
  await makeDataDir(dataDir);
  const { connection, mustJoin } = await nodeConnection(options);
  await using undo = new AsyncDisposableStack();
  const component: ComponentOptions = { ...options, connection, onLost: () => {} };
  const cluster = await readCluster(component);
  const nodeIps = options.nodeIps ?? await readAddresses(familiesOf(cluster.podSubnet));
  const kubelet = undo.use(await startKubeletAlone({
    ...component, dataDir, nodeName, nodeIps, runtime: options.runtime, install: options.install, network: options.network,
    clusterCidr: cluster.podSubnet, clusterDns: '', clusterDomain: cluster.dnsDomain,
    configuration: { ...cluster.kubelet, ...options.configuration },
    ...(mustJoin && { joinInto: clusterPaths(dataDir).kubeletKubeconfig }),
  }));
  if (kubelet.machine.kind === 'real') {
    undo.use(await startNodeAgents({ proxyMode: options.proxyMode, network: options.network, clusterCidr: cluster.podSubnet, nodeName, capabilities: kubelet.machine.capabilities, healthzAddress: familiesOf(cluster.podSubnet)[0] === 6 ? '::' : '0.0.0.0', clock, random, logger }, { proxy: kubelet.client, node: kubelet.client }));
    progress.ready('services and routes');
  }
  const owned = undo.move();
  return { ...kubelet, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

interface ClusterFacts { readonly podSubnet: string; readonly dnsDomain: string; readonly kubelet: ReadConfiguration }

/** What the cluster tells nodes and those that want to be, where kubeadm keeps it. */
async function readCluster(component: ComponentOptions): Promise<ClusterFacts> {
  await using undo = new AsyncDisposableStack();
  const client: Client = componentClient(component, 'kubelet', undo);
  await expectServer(client, component);
  const read = async (name: string, key: string): Promise<string> => {
    const map: ConfigMap = await client.get(configmaps, { namespace: 'kube-system', name });
    return map.data?.[key] ?? '';
  };
  const [{ parse }, cluster, kubelet] = await Promise.all([import('yaml'), read('kubeadm-config', 'ClusterConfiguration'), read('kubelet-config', 'kubelet')]);
  const { networking } = (parse(cluster) ?? {}) as { networking?: { podSubnet?: string; dnsDomain?: string } };
  return { podSubnet: networking?.podSubnet ?? '', dnsDomain: networking?.dnsDomain ?? 'cluster.local', kubelet: readKubeletConfiguration(kubelet) };
}
