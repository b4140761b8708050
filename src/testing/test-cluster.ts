import type { KubeObject } from '../api/meta/object.ts';
import type { ResourceType } from '../api/resource-type.ts';
import { serviceaccounts } from '../api/resources.ts';
import { isReason } from '../api/status.ts';
import { VirtualClock } from '../base/virtual-clock.ts';
import type { Client, ObjectRef } from '../client/client.ts';
import { createLocalClient } from '../client/transports/local.ts';
import type { Cluster, ClusterSnapshot, Connection, ControlPlaneParts, Expectation, SettleOptions } from './api.ts';
import { applyManifests } from './apply-manifests.ts';
import type { AddedNode } from './composition.ts';
import type { OpenConnection } from './connection.ts';
import { openConnection } from './connection.ts';
import { drive } from './drive.ts';
import type { Duration } from './duration.ts';
import { milliseconds } from './duration.ts';
import { ObjectExpectation } from './expectation.ts';
import { explain } from './explain.ts';
import { FaultInjection } from './faults.ts';
import type { Address, LifeSettings, LifeState } from './life.ts';
import { Life } from './life.ts';
import { ChangeObserver } from './quiet.ts';
import { SwitchedEndpoint } from './switched-endpoint.ts';
import { TestClock } from './test-clock.ts';
import { TestNodes } from './test-nodes.ts';
import { testUser } from './test-user.ts';

/** A snapshot is opaque: what it holds is known here alone. */
const states = new WeakMap<ClusterSnapshot, LifeState>();

/** A cluster as a test sees it. What it is made of lives in a Life, of which it begins another when it is set back. */
export class TestCluster implements Cluster {
  readonly client: Client;
  readonly clock: TestClock;
  readonly nodes: TestNodes;
  readonly faults: FaultInjection;
  readonly backends: Map<string, Address>;
  readonly #settings: LifeSettings;
  readonly #endpoint = new SwitchedEndpoint();
  #life!: Life;
  #connection: OpenConnection | undefined;
  #disposed = false;

  private constructor(settings: LifeSettings, backends: ReadonlyMap<string, Address>) {
    this.#settings = settings;
    this.backends = new Map(backends);
    this.faults = new FaultInjection(() => ({ clock: this.#life.clock, random: this.#life.chance, store: this.#life.store }), (areThere) => this.nodes.foresee(!areThere));
    this.clock = new TestClock(() => this.#life.clock, () => this.#life.awake());
    this.nodes = new TestNodes(() => this.#life);
    this.client = this.as(testUser, ['system:masters']);
  }

  /** For `startCluster`: a cluster with these machines, which are ready, and the service account that pods need. */
  static async begin(settings: LifeSettings, startMs: number, machines: readonly AddedNode[]): Promise<TestCluster> {
    const cluster = new TestCluster(settings, new Map());
    await cluster.#live(startMs);
    const { clock, parts } = cluster.#life;
    await cluster.#life.awake();
    await drive(clock, Promise.all(machines.map(async (machine) => (await parts.addNode(machine)).kubelet?.ready)));
    if (settings.controllers !== undefined) await cluster.#defaultAccount('default');
    return cluster;
  }

  async #defaultAccount(namespace: string): Promise<void> {
    await this.until('the service account of the namespace', () => this.client.get(serviceaccounts, { namespace, name: 'default' }).catch(absent));
  }

  async #live(startMs: number, state?: LifeState): Promise<void> {
    this.#life = await Life.begin(this.#settings, { startMs, state, step: this.faults.step, backends: this.backends });
    this.#endpoint.current = this.#life.parts.endpoint;
    // Nothing moves virtual time but the test; real time does not wait for it.
    if (!this.#settings.virtual) await this.#life.awake();
  }

  as(user: string, groups: readonly string[] = []): Client {
    return createLocalClient(this.#endpoint, { user: { name: user, groups: [...groups, 'system:authenticated'] }, userAgent: 'coxswain-testing' });
  }

  asServiceAccount(namespace: string, name: string): Client {
    return this.as(`system:serviceaccount:${namespace}:${name}`, ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]);
  }

  apply(manifests: string | KubeObject | readonly KubeObject[], options: { readonly namespace?: string } = {}): Promise<readonly KubeObject[]> {
    return applyManifests(this, manifests, options.namespace ?? 'default');
  }

  async settle({ quiet = this.#settings.virtual ? '15s' : '500ms', within = this.#settings.virtual ? '1h' : '1m' }: SettleOptions = {}): Promise<void> {
    using observer = new ChangeObserver(this.#life.store, this.#life.clock);
    await this.#life.awake();
    await observer.quiet({ quietMs: milliseconds(quiet), withinMs: milliseconds(within) });
  }

  async until<T>(what: string, probe: () => T | Promise<T>, within: Duration = '2m'): Promise<Exclude<NonNullable<T>, false>> {
    const got = await this.#until(probe, within);
    if (got === undefined) throw new Error(`timed out after ${within} waiting for ${what}`);
    return got;
  }

  async #until<T>(probe: () => T | Promise<T>, within: Duration): Promise<Exclude<NonNullable<T>, false> | undefined> {
    await this.#life.awake();
    const { clock } = this.#life;
    const deadlineMs = clock.now() + milliseconds(within);
    for (;;) {
      if (clock instanceof VirtualClock) await clock.settle();
      const got = await probe();
      if (got !== false && got !== undefined && got !== null) return got as Exclude<NonNullable<T>, false>;
      const leftMs = deadlineMs - clock.now();
      if (leftMs <= 0) return undefined;
      await (clock instanceof VirtualClock ? clock.advance(Math.min(leftMs, 500)) : clock.sleep(Math.min(leftMs, 20)));
    }
  }

  expect<T extends KubeObject>(type: ResourceType<T>, ref: ObjectRef | string): Expectation<T> {
    return new ObjectExpectation({
      client: this.client,
      until: (probe, within) => this.#until(probe, within),
      why: (of, at) => this.why(of, at),
    }, type, typeof ref === 'string' ? { name: ref } : ref);
  }

  why<T extends KubeObject>(type: ResourceType<T>, ref: ObjectRef | string): Promise<readonly string[]> {
    const at = typeof ref === 'string' ? { name: ref } : ref;
    return explain(this.client, type as ResourceType<KubeObject>, type.namespaced ? { namespace: 'default', ...at } : at);
  }

  async namespace(name: string, labels: Readonly<Record<string, string>> = {}): Promise<string> {
    await this.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { ...labels } } });
    if (this.#settings.controllers !== undefined) await this.#defaultAccount(name);
    return name;
  }

  async snapshot(): Promise<ClusterSnapshot> {
    const state = await this.#life.capture();
    const snapshot: ClusterSnapshot = Object.freeze({ at: new Date(state.nowMs) });
    states.set(snapshot, state);
    return snapshot;
  }

  async restore(snapshot: ClusterSnapshot): Promise<void> {
    const state = states.get(snapshot);
    if (state === undefined) throw new TypeError('this is not a snapshot of a cluster of this process');
    const before = this.#life;
    this.#endpoint.current = undefined;
    await before[Symbol.asyncDispose]();
    this.faults.forget();
    await this.#live(state.nowMs, state);
    const { apiServer } = this.#life.parts;
    if (apiServer !== undefined) await this.#connection?.resume(apiServer);
  }

  async fork(): Promise<TestCluster> {
    const copy = new TestCluster(this.#settings, this.backends);
    await copy.#live(0, await this.#life.capture());
    return copy;
  }

  async connect(options: { readonly port?: number } = {}): Promise<Connection> {
    const { apiServer } = this.#life.parts;
    if (apiServer === undefined) throw new Error('the API server is stopped');
    return (this.#connection ??= await openConnection(apiServer, options.port ?? 0));
  }

  get controlPlane(): ControlPlaneParts {
    const { parts, clock, settings } = this.#life;
    const during = async (work: () => Promise<unknown>): Promise<void> => {
      await this.#life.awake();
      await drive(clock, work());
    };
    return {
      stopApiServer: () => during(() => parts.stopApiServer()),
      startApiServer: () => during(() => parts.startApiServer()),
      stopScheduler: () => during(() => parts.stopScheduler()),
      startScheduler: () => during(() => parts.startScheduler()),
      stopControllers: () => during(() => parts.stopControllers()),
      startControllers: () => during(() => parts.startControllers({ controllers: settings.controllers ?? ['*'] })),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#endpoint.current = undefined;
    await this.#life[Symbol.asyncDispose]();
  }
}

function absent(error: unknown): undefined {
  if (!isReason(error, 'NotFound')) throw error;
}
