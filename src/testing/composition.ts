import type { ApiServer } from '../apiserver/api-server.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { silentLogger } from '../base/logger.ts';
import { SeededRandom } from '../base/random.ts';
import { simulatedAddresses } from '../cluster/addresses.ts';
import type { ComponentOptions, ControllerSelection, RunningController } from '../cluster/components.ts';
import { createScheduler, startControllerManager } from '../cluster/components.ts';
import type { ControlPlaneOptions } from '../cluster/control-plane.ts';
import { startControlPlane } from '../cluster/control-plane.ts';
import type { LocalClients } from '../cluster/identities.ts';
import { localClients } from '../cluster/identities.ts';
import type { LocalEndpoint } from '../client/transports/local-endpoint.ts';
import type { KubeletOptions } from '../kubelet/kubelet-options.ts';
import type { Pki } from '../pki/pki.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { Store } from '../store/store.ts';
import type { ServerContents } from '../apiserver/options.ts';
import type { NodeState } from './simulated-node.ts';
import { SimulatedNode } from './simulated-node.ts';
import { SwitchedEndpoint } from './switched-endpoint.ts';
import { testUser } from './test-user.ts';

export interface CompositionOptions {
  readonly clock: Clock;
  /** All chance follows from it: each component has a sequence of its own. */
  readonly seed: number;
  /** Owned by the caller: it outlives API servers that are stopped and started. */
  readonly store: Store;
  readonly pki: Pki;
  readonly logger?: Logger;
  /** Whatever else the API server is told. */
  readonly apiServer?: Omit<Partial<ControlPlaneOptions>, 'store' | 'pki' | 'clock' | 'random' | 'logger' | 'endpoint'>;
  /**
   * Stands between the API server and everybody in this process, for faults. Who asks is told by each request's `user`:
   * `system:kube-scheduler`, `system:serviceaccount:kube-system:deployment-controller`, `system:node:NAME` …
   */
  readonly wrap?: (endpoint: LocalEndpoint) => LocalEndpoint;
  /** What every kubelet is told. */
  readonly kubelet?: Partial<KubeletOptions>;
  /** What a composition was on whose store's content this one starts; its machines are there, and are off until they are started. */
  readonly state?: CompositionState;
}

/** What the parts hold beside the store, at one moment; what is not here they find out anew, as after a restart. */
export interface CompositionState {
  /** The seed of what is still to come, of each component. */
  readonly chance: ReadonlyMap<string, number>;
  readonly nodes: readonly NodeState[];
  readonly addresses: number;
  readonly contents: ServerContents | undefined;
}

export interface AddedNode {
  readonly name: string;
  /** Default: the next of 198.18.0.0/15, and of 2001:2::/48 where pods have addresses of IPv6. */
  readonly address?: string | undefined;
  readonly kubelet?: Partial<KubeletOptions> | undefined;
}

const serviceCidr = '10.96.0.0/16';
const clusterDns = '10.96.0.10';
const clusterCidr = '10.244.0.0/16';

/**
 * The parts of a cluster in this process, as `coxswain up --runtime simulated` composes them, each of which can be
 * stopped and started by itself: API server, scheduler, controllers, nodes. Nothing runs until it is started; nothing here
 * lets virtual time pass: the caller does (see drive.ts), while it waits for what these methods return.
 */
export class Composition implements AsyncDisposable {
  readonly clients: LocalClients;
  /** How everybody in this process reaches the API server, the one that runs now: faults included. */
  readonly endpoint: LocalEndpoint;
  readonly #options: CompositionOptions;
  readonly #logger: Logger;
  readonly #switch = new SwitchedEndpoint();
  readonly #nodes = new Map<string, SimulatedNode>();
  readonly #chance = new Map<string, SeededRandom>();
  #contents: ServerContents | undefined;
  #apiServer: ApiServer | undefined;
  #scheduler: Scheduler | undefined;
  #controllers: RunningController | undefined;
  #addresses = 0;

  constructor(options: CompositionOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.endpoint = options.wrap?.(this.#switch) ?? this.#switch;
    this.clients = localClients(this.endpoint, options.clock);
    this.#contents = options.state?.contents;
    for (const [name, seed] of options.state?.chance ?? []) this.#chance.set(name, new SeededRandom(seed));
    for (const node of options.state?.nodes ?? []) this.#newNode(node, node);
    this.#addresses = options.state?.addresses ?? 0;
  }

  /** Chance goes on from where that of another composition stood. */
  resumeChance(chance: CompositionState['chance']): void {
    for (const [name, random] of this.#chance) random.resume(chance.get(name) ?? random.state);
  }

  /** What another composition needs, beside a copy of the store, to go on as this one. Nothing may be under way. */
  capture(): CompositionState {
    return {
      chance: new Map([...this.#chance].map(([name, random]) => [name, random.state])),
      nodes: [...this.#nodes.values()].map((node) => node.capture()),
      addresses: this.#addresses,
      contents: this.#apiServer?.contents,
    };
  }

  /** Undefined: it does not run. */
  get apiServer(): ApiServer | undefined { return this.#apiServer; }
  /** Undefined: it does not run. */
  get scheduler(): Scheduler | undefined { return this.#scheduler; }
  /** By name; those that are switched off as well. */
  get nodes(): ReadonlyMap<string, SimulatedNode> { return this.#nodes; }

  /** Starts the API server on the store as it is. Resolves when it answers. */
  async startApiServer(): Promise<ApiServer> {
    if (this.#apiServer !== undefined) return this.#apiServer;
    const { store, pki, clock } = this.#options;
    const { server } = await startControlPlane({
      serviceCidr, clusterCidr, advertise: { address: '192.0.2.1', port: 6443 },
      verdicts: () => this.#scheduler,
      ...this.#options.apiServer,
      store, pki, clock, random: this.#random('kube-apiserver'), logger: this.#logger,
      ...(this.#contents !== undefined && { contents: this.#contents }),
    });
    this.#contents = undefined;
    this.#apiServer = server;
    server.metrics.add([...(this.#scheduler?.metrics() ?? []), ...(this.#controllers?.metrics ?? [])]);
    server.resourceMetrics.add(this.#scheduler?.resourceMetrics() ?? []);
    this.#switch.current = server.local;
    return server;
  }

  /** Ends the API server: watches end, and requests fail until it is started again. */
  async stopApiServer(): Promise<void> {
    const server = this.#apiServer;
    this.#apiServer = undefined;
    this.#switch.current = undefined;
    await server?.[Symbol.asyncDispose]();
  }

  /** Resolves when the scheduler sees the cluster. */
  async startScheduler(): Promise<Scheduler> {
    if (this.#scheduler !== undefined) return this.#scheduler;
    const scheduler = await createScheduler(this.#component('kube-scheduler'));
    this.#scheduler = scheduler;
    this.#apiServer?.metrics.add(scheduler.metrics());
    this.#apiServer?.resourceMetrics.add(scheduler.resourceMetrics());
    await scheduler.start();
    return scheduler;
  }

  async stopScheduler(): Promise<void> {
    const scheduler = this.#scheduler;
    this.#scheduler = undefined;
    await scheduler?.[Symbol.asyncDispose]();
  }

  /** Resolves when the controllers see the cluster. */
  async startControllers(selection: ControllerSelection = {}): Promise<void> {
    this.#controllers ??= await startControllerManager(this.#component('kube-controller-manager'), selection);
    this.#apiServer?.metrics.add(this.#controllers.metrics);
    await this.#controllers.ready;
  }

  async stopControllers(): Promise<void> {
    const controllers = this.#controllers;
    this.#controllers = undefined;
    await controllers?.[Symbol.asyncDispose]();
  }

  /** A new machine, switched on. Resolves when its node is registered; `kubelet.ready` tells of its readiness. */
  async addNode({ name, address, kubelet }: AddedNode): Promise<SimulatedNode> {
    if (this.#nodes.has(name)) throw new Error(`there is a node ${JSON.stringify(name)} already`);
    const number = ++this.#addresses;
    const addresses = address === undefined ? simulatedAddresses(number, this.#clusterCidr) : [address];
    const node = this.#newNode({ name, address: addresses[0]!, kubelet: { ...(addresses.length > 1 && { addresses }), ...kubelet } });
    await node.start();
    return node;
  }

  #newNode({ name, address, kubelet }: Pick<NodeState, 'name' | 'address' | 'kubelet'>, resumed?: Pick<NodeState, 'runtime' | 'running' | 'disk'>): SimulatedNode {
    const node = new SimulatedNode({
      name, address, client: this.clients.node(name), simulator: this.clients.user(testUser, ['system:masters']), clock: this.#options.clock, random: this.#random(`node/${name}`), logger: this.#logger,
      kubelet: { clusterDns: [clusterDns], ...this.#options.kubelet, ...kubelet },
    }, resumed);
    this.#nodes.set(name, node);
    return node;
  }

  /** Takes a machine away for good. Its Node object stays: whoever takes machines away deletes it. */
  async removeNode(name: string): Promise<void> {
    const node = this.#nodes.get(name);
    this.#nodes.delete(name);
    await node?.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node[Symbol.asyncDispose]()));
    await this.stopControllers();
    await this.stopScheduler();
    await this.stopApiServer();
  }

  /** One sequence a component, whichever time it is started: what it named once is not named again. */
  #random(name: string): SeededRandom {
    let random = this.#chance.get(name);
    if (random === undefined) this.#chance.set(name, random = SeededRandom.named(this.#options.seed, name));
    return random;
  }

  get #clusterCidr(): string {
    return this.#options.apiServer?.clusterCidr ?? clusterCidr;
  }

  #component(name: string): ComponentOptions {
    const { pki, clock } = this.#options;
    return { clients: this.clients, pki, clock, random: this.#random(name), logger: this.#logger, clusterCidr: this.#clusterCidr, featureGates: this.#options.apiServer?.featureGates };
  }
}
