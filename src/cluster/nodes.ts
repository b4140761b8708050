import type { Client } from '../client/client.ts';
import { createInformer } from '../client/informer/informer.ts';
import { podCidrsOf } from '../api/node/pod-cidrs.ts';
import { isReason } from '../api/status.ts';
import { nodes as nodeResource, services } from '../api/resources.ts';
import type { Node } from '../api/types/core/v1.ts';
import { linuxHost } from '../kubelet/hosts/linux/linux-host.ts';
import { readAddresses } from '../kubelet/hosts/linux/machine.ts';
import type { KubeletOptions, ServiceSource } from '../kubelet/kubelet-options.ts';
import { Kubelet } from '../kubelet/kubelet.ts';
import { mkdir, readFile } from 'node:fs/promises';
import { addressInRange, familiesOf, isLoopback, isWildcard, servingRange } from './addresses.ts';
import { configured, serveKubelets } from './kubelet-parts.ts';
import { keepRenewed } from './renewal.ts';
import type { NodesOptions, StartOptions } from './start-options.ts';
import { clusterPaths } from './layout.ts';
import type { Machine } from './machine.ts';
import { SimulatedNodes } from './simulated-nodes.ts';
import { startServiceNetwork } from './service-network.ts';

/** Simulated nodes that register at the same time: their writes share commits. */
const startsAtOnce = 32;
/** More nodes than that say beforehand that they live, and do not each tell how they start: it would be most of what the cluster does. */
const manyNodes = 50;
/** Nodes of a process that was killed are missed so much later. */
const foresightOfManyMs = 10 * 60_000;

/** The nodes of a cluster that live in this process. */
export interface ClusterNodes extends AsyncDisposable {
  readonly real: boolean;
  /** Resolves when every node has said that it is ready. */
  readonly ready: Promise<void>;
  /** Resolves when Services and DNS work on the real node; at once without one. */
  readonly network: Promise<void>;
  /** Where the kubelet of one of our nodes listens, when that is not what its status says. */
  kubeletAddress(nodeName: string): string | undefined;
  /** See Kubelet: of the real node. */
  shutDownNode(): Promise<void>;
}

/** Starts the first node on the machine (if it can run one) and simulated ones beside it, behind one kubelet server. */
export async function startNodes(options: NodesOptions, machine: Machine): Promise<ClusterNodes> {
  const { clock, random, logger, pki, controlPlane, clusterDomain } = options;
  await using undo = new AsyncDisposableStack();
  if (machine.kind === 'real') undo.use(machine.runtime);
  const kubelets: Kubelet[] = [];
  const realNode = machine.kind === 'real' ? options.nodeName : undefined;
  const first = machine.kind === 'real' ? 1 : 0;
  const wanted = machine.kind === 'none' ? [] : await simulatedMembers(options, first);
  if (machine.kind === 'none') return { real: false, ready: Promise.resolve(), network: Promise.resolve(), kubeletAddress: () => undefined, shutDownNode: () => Promise.resolve(), [Symbol.asyncDispose]: () => Promise.resolve() };

  const paths = clusterPaths(options.dataDir);
  await mkdir(paths.kubelet, { recursive: true, mode: 0o700 });
  const host = machine.kind === 'real' ? linuxHost({ clock, logger, rootDir: paths.kubelet, hostname: options.nodeName, addresses: await nodeAddresses(options) }) : undefined;
  const addresses = (await host?.addresses()) ?? ['127.0.0.1'];
  const pairs = (): Promise<Awaited<ReturnType<typeof pki.kubelet>>> => pki.kubelet(options.nodeName, ['127.0.0.1', ...addresses]);
  let { serving } = await pairs();
  // Loopback unless the API server is open to the network: everything that talks to this kubelet is in this process.
  const listenOn = isLoopback(options.bindAddress) ? '127.0.0.1' : options.bindAddress;
  const server = undo.use(await serveKubelets({ kubelets, logger, address: listenOn, tls: { key: serving.key, cert: serving.certificate, clientCa: pki.ca.certificate } }));

  undo.use(keepRenewed(async () => {
    const { serving: current } = await pairs();
    if (current.certificate === serving.certificate) return;
    serving = current;
    server.identify({ key: current.key, cert: current.certificate });
  }, { clock, logger }));

  const clusterDns = [addressInRange(options.serviceCidr, 10)];
  const common = { clock, random, clusterDomain, clusterDns, servingPort: server.port, version: 'v1.36.0' };
  if (machine.kind === 'real') {
    kubelets.push(undo.use(await Kubelet.start({
      ...common,
      nodeName: options.nodeName,
      client: controlPlane.clients.node(options.nodeName),
      runtime: machine.runtime.runtime,
      host: host!,
      logger,
      rootDir: paths.kubelet,
      addresses,
      ...sharedMachine,
      ...await kubeletConfiguration(options),
    })));
  } else if (options.kubeletConfig !== undefined) options.progress.note('--kubelet-config is for a real node, and this one is simulated: it is left out');
  const real = kubelets[0];
  const source = undo.use(sharedServices(controlPlane.clients.component('kube-proxy'), options));
  const simulated = undo.use(new SimulatedNodes({
    kubelet: { ...common, logger, services: source, ...(wanted.length > manyNodes && { startsQuietly: true, foresightMs: foresightOfManyMs }) },
    rootDir: paths.kubelet,
    clusterCidr: options.clusterCidr,
    endpoint: controlPlane.server.local,
    observer: controlPlane.clients.component('kube-scheduler'),
    started: (kubelet) => void kubelets.push(kubelet),
    gone: (kubelet) => void kubelets.splice(kubelets.indexOf(kubelet), 1),
  }));
  let next = 0;
  await Promise.all(Array.from({ length: startsAtOnce }, async () => {
    for (let member = wanted[next++]; member !== undefined; member = wanted[next++]) await simulated.start(member.nodeName, member.shape);
  }));
  const ready = Promise.all(kubelets.map((kubelet) => kubelet.ready)).then(() => undefined);
  ready.catch(() => {});
  // Outlives this function: what it starts is disposed with the rest, before it.
  const late = undo.use(new AsyncDisposableStack());
  const network = machine.kind === 'real' ? startRealNetwork(options, machine, late) : Promise.resolve();
  network.catch(() => {});
  const owned = undo.move();
  return {
    real: machine.kind === 'real',
    ready,
    network,
    kubeletAddress: (nodeName) => (nodeName === realNode || simulated.has(nodeName) ? (isWildcard(listenOn) ? '127.0.0.1' : listenOn) : undefined),
    shutDownNode: async () => real?.shutDownNode(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** By which the node is known: of each family that pods have the one that is given, else that of the machine. */
async function nodeAddresses({ clusterCidr, advertiseAddress: given }: NodesOptions): Promise<string[]> {
  const families = familiesOf(clusterCidr);
  const familyOf = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4);
  const missing = families.filter((family) => given === undefined || familyOf(given) !== family);
  const found = missing.length === 0 ? [] : await readAddresses(missing);
  if (given === undefined) return found;
  const rank = (address: string): number => (families.includes(familyOf(address)) ? families.indexOf(familyOf(address)) : families.length);
  return [given, ...found.filter((address) => missing.includes(familyOf(address)) && !isLoopback(address))].toSorted((a, b) => rank(a) - rank(b));
}

/** What `--kubelet-config` says. Rejects with what is wrong with it. */
async function kubeletConfiguration({ kubeletConfig, logger }: NodesOptions): Promise<Partial<KubeletOptions>> {
  if (kubeletConfig === undefined) return {};
  try {
    const { readKubeletConfiguration } = await import('../kubelet/config/read.ts');
    return configured(readKubeletConfiguration(await readFile(kubeletConfig, 'utf8')), logger);
  } catch (error) {
    throw new Error(`--kubelet-config ${kubeletConfig}: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * This node lives on somebody's machine, whose disk is often fuller than a server's, and whose images may have been loaded
 * from files that no registry has: it makes room later than upstream's kubelet would.
 */
const sharedMachine: Pick<KubeletOptions, 'reserve' | 'imageCollection'> = {
  reserve: { evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '5%', 'nodefs.inodesFree': '5%', 'imagefs.available': '5%', 'imagefs.inodesFree': '5%' } },
  imageCollection: { highThresholdPercent: 95, lowThresholdPercent: 90, minAgeMs: 120_000 },
};

interface Wanted { readonly nodeName: string; readonly shape: Parameters<SimulatedNodes['start']>[1] }

/** Which simulated nodes a start asks for: so many that are alike, or those of a file. `first`: how many others there are. */
async function simulatedMembers({ nodes: count, nodeConfig, nodeName }: NodesOptions, first: number): Promise<Wanted[]> {
  const usual = (number: number): string => (number === 0 ? nodeName : `${nodeName}-${number + 1}`);
  if (nodeConfig === undefined) return Array.from({ length: Math.max(0, count - first) }, (_, index) => ({ nodeName: usual(index + first), shape: {} }));
  const { parseNodeGroups, labelsOfMember } = await import('./node-groups.ts');
  const text = await readFile(nodeConfig, 'utf8').catch((error: unknown) => { throw new Error(`--node-config: cannot be read: ${(error as Error).message}`, { cause: error }); });
  try {
    return parseNodeGroups(text).flatMap((group) => Array.from({ length: group.count }, (_, index) => ({
      nodeName: group.name === undefined ? usual(index + first) : `${group.name}-${index + 1}`,
      shape: { nodeLabels: labelsOfMember(group, index), nodeTaints: group.taints, capacity: group.capacity },
    })));
  } catch (error) {
    throw new Error(`--node-config ${nodeConfig}: ${(error as Error).message}`, { cause: error });
  }
}

/** One informer of Services for all simulated kubelets, started when the first of them asks. */
function sharedServices(client: Client, { clock, random, logger }: StartOptions): ServiceSource & Disposable {
  const stop = new AbortController();
  const informer = createInformer(client, services, { clock, random, logger });
  return {
    list: (namespace) => informer.lister.list(namespace),
    synced: () => {
      informer.start(stop.signal);
      return informer.synced();
    },
    [Symbol.dispose]: () => stop.abort(new Error('the cluster was stopped')),
  };
}

/** Services and DNS of the real node, once the node knows its pod range. */
async function startRealNetwork(options: NodesOptions, machine: Extract<Machine, { kind: 'real' }>, undo: AsyncDisposableStack): Promise<void> {
  const { controlPlane, clock, nodeName } = options;
  const client = controlPlane.clients.node(nodeName);
  const stopped = new AbortController();
  undo.defer(() => stopped.abort(new Error('the cluster was stopped')));
  for (;;) {
    const node: Node | undefined = await client.get(nodeResource, { name: nodeName }).catch((error: unknown) => {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    });
    const podCidr = node === undefined ? undefined : servingRange(podCidrsOf(node), options.serviceCidr);
    if (podCidr !== undefined) {
      const network = await startServiceNetwork(options, machine, options.network === 'none' && options.advertiseAddress !== undefined ? options.advertiseAddress : addressInRange(podCidr, 1));
      if (stopped.signal.aborted) await network[Symbol.asyncDispose]();
      else undo.use(network);
      return;
    }
    await clock.sleep(10, stopped.signal);
  }
}
