import { mapsEqual } from '../api/meta/equal.ts';
import { nameOf } from '../api/meta/object.ts';
import { nodes as nodeResource } from '../api/resources.ts';
import type { Node } from '../api/types/core/v1.ts';
import type { Informer } from '../client/informer/informer.ts';
import { createInformer } from '../client/informer/informer.ts';
import type { LocalEndpoint } from '../client/transports/local-endpoint.ts';
import type { Client } from '../client/client.ts';
import type { KubeletOptions } from '../kubelet/kubelet-options.ts';
import { Kubelet } from '../kubelet/kubelet.ts';
import { takePromiseBack } from '../kubelet/node/take-promise-back.ts';
import { simulatedAddresses } from './addresses.ts';
import { localClients } from './identities.ts';
import type { SimulatedMachine } from './kubelet-parts.ts';
import { simulatedMachine } from './kubelet-parts.ts';
import { NetworkLine } from './network-line.ts';

/** Of nodes, at run time: what fails. */
const shapes = { heartbeat: 'coxswain.io/heartbeat', network: 'coxswain.io/network', memory: 'coxswain.io/memory' } as const;
/** A node that somebody else created and that has this annotation, as kwok's do, gets a simulated kubelet. */
const fakeNode = 'kwok.x-k8s.io/node';

export interface SimulatedNodesOptions {
  /** For all kubelets. */
  readonly kubelet: Omit<KubeletOptions, 'nodeName' | 'client' | 'runtime' | 'host' | 'rootDir'>;
  readonly rootDir: string;
  /** Nodes have addresses of the families that pods have. */
  readonly clusterCidr: string;
  readonly endpoint: LocalEndpoint;
  /** May watch all nodes. */
  readonly observer: Client;
  /** Hears of every kubelet that has started, and of those that are gone. */
  readonly started: (kubelet: Kubelet) => void;
  readonly gone: (kubelet: Kubelet) => void;
}

interface Member {
  readonly machine: SimulatedMachine;
  readonly line: NetworkLine;
  kubelet: Kubelet | undefined;
  /** Ends what takes the node's promise back while it is silent. */
  speaks: AbortController | undefined;
  annotations: Readonly<Record<string, string>>;
}

/** The simulated nodes of this process: starts them, and makes what annotations of their Node objects ask for happen. */
export class SimulatedNodes implements AsyncDisposable {
  readonly #options: SimulatedNodesOptions;
  readonly #members = new Map<string, Member>();
  readonly #stop = new AbortController();
  readonly #nodes: Informer<Node>;
  /** Those that came and went one after the other, by themselves. */
  #changes: Promise<void> = Promise.resolve();
  #addresses = 0;

  constructor(options: SimulatedNodesOptions) {
    this.#options = options;
    const { clock, random, logger } = options.kubelet;
    this.#nodes = createInformer(options.observer, nodeResource, { clock, random, logger });
    this.#nodes.addHandler({ add: (node) => this.#observe(node), update: (_old, node) => this.#observe(node), delete: (node) => this.#deleted(nameOf(node)) });
    this.#nodes.start(this.#stop.signal);
  }

  has(nodeName: string): boolean {
    return this.#members.has(nodeName);
  }

  /** Resolves when the node is registered. */
  async start(nodeName: string, shape: Pick<KubeletOptions, 'nodeLabels' | 'nodeTaints' | 'capacity'> = {}): Promise<Kubelet> {
    const { kubelet: common, endpoint, rootDir, started, clusterCidr } = this.#options;
    const { clock, random } = common;
    const line = new NetworkLine(endpoint);
    const addresses = simulatedAddresses(++this.#addresses, clusterCidr);
    const machine = simulatedMachine({ nodeName, address: addresses[0]!, clock, random, ...(shape.capacity !== undefined && { capacity: shape.capacity }) });
    const member: Member = { machine, line, kubelet: undefined, speaks: undefined, annotations: {} };
    this.#members.set(nodeName, member);
    try {
      member.kubelet = await Kubelet.start({ ...common, ...shape, nodeName, addresses, isToldOfNode: true, client: localClients(line, clock).node(nodeName), host: machine.host, runtime: machine.runtime, rootDir: `${rootDir}/${nodeName}` });
    } catch (error) {
      this.#members.delete(nodeName);
      await machine.runtime[Symbol.asyncDispose]();
      throw error;
    }
    started(member.kubelet);
    const node = this.#nodes.lister.get('', nodeName);
    if (node !== undefined) this.#observe(node);
    return member.kubelet;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('the nodes were stopped'));
    await this.#changes;
    await Promise.all([...this.#members.keys()].map((name) => this.#end(name)));
  }

  async #end(nodeName: string): Promise<void> {
    const member = this.#members.get(nodeName);
    if (member === undefined) return;
    this.#members.delete(nodeName);
    await member.kubelet?.[Symbol.asyncDispose]();
    await member.machine.runtime[Symbol.asyncDispose]();
    if (member.kubelet !== undefined) this.#options.gone(member.kubelet);
  }

  #observe(node: Node): void {
    const name = nameOf(node);
    const { annotations = {} } = node.metadata;
    const member = this.#members.get(name);
    if (member === undefined) {
      if (annotations[fakeNode] === 'fake') this.#adopt(node);
      return;
    }
    const { kubelet, machine, line } = member;
    kubelet?.observe(node);
    if (kubelet === undefined || mapsEqual(member.annotations, annotations)) return;
    member.annotations = annotations;
    line.isLost = annotations[shapes.network] === 'lost';
    kubelet.heartbeats = annotations[shapes.heartbeat] !== 'stopped';
    this.#keepSilent(member, name, line.isLost || annotations[shapes.heartbeat] === 'stopped');
    const exhausted = annotations[shapes.memory] === 'exhausted';
    if (machine.isExhausted !== exhausted) {
      machine.isExhausted = exhausted;
      kubelet.lookNow();
    }
  }

  /** What a node that is silent now had said of the time to come is taken back, whatever it can reach itself. */
  #keepSilent(member: Member, nodeName: string, isSilent: boolean): void {
    if (isSilent === (member.speaks !== undefined)) return;
    member.speaks?.abort();
    member.speaks = isSilent ? new AbortController() : undefined;
    const { endpoint, kubelet: { clock, foresightMs = 0 } } = this.#options;
    if (member.speaks === undefined || foresightMs === 0) return;
    void takePromiseBack({ client: localClients(endpoint, clock).node(nodeName), clock, nodeName, signal: AbortSignal.any([member.speaks.signal, this.#stop.signal]) });
  }

  /** A node without a kubelet, made through the API as kwok's are: what its status says that it has, it has. */
  #adopt(node: Node): void {
    const name = nameOf(node);
    this.#changes = this.#changes.then(async () => {
      if (this.#stop.signal.aborted || this.#members.has(name)) return;
      const given = node.status?.allocatable ?? node.status?.capacity;
      await this.start(name, given === undefined ? {} : { capacity: given });
    }).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#options.kubelet.logger.error('a simulated kubelet could not be started', { node: name, error });
    });
  }

  /** Its kubelet ends if it was made for the object; one of our own registers anew when it is next started. */
  #deleted(name: string): void {
    if (this.#members.get(name)?.annotations[fakeNode] !== 'fake') return;
    this.#changes = this.#changes.then(() => this.#end(name));
  }
}
