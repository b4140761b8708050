import type { Logger } from '../../src/base/logger.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import type { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { Client } from '../../src/client/client.ts';
import { createLocalClient } from '../../src/client/transports/local.ts';
import type { LocalRequest } from '../../src/client/transports/local-endpoint.ts';
import type { Pki } from '../../src/pki/pki.ts';
import { createMemoryPki } from '../../src/pki/pki.ts';
import { MemoryStore } from '../../src/store/drivers/memory/memory-store.ts';
import { Composition } from '../../src/testing/composition.ts';
import { drive } from '../../src/testing/drive.ts';
import { Chance } from '../fuzz/chance.ts';
import type { Disaster, FaultRates } from './faults.ts';
import { calm } from './faults.ts';
import { FaultyEndpoint } from './faulty-endpoint.ts';
import { FaultyStore } from './faulty-store.ts';
import type { History } from './history.ts';
import type { RunningPod } from './invariants/invariant.ts';
import { JumpingClock } from './jumping-clock.ts';

export interface SimulatedClusterOptions {
  readonly seed: number;
  readonly nodes: number;
  /** What goes wrong while faults are on. */
  readonly rates: FaultRates;
  readonly time: VirtualClock;
  readonly history: History;
  readonly logger: Logger;
  readonly acknowledged: (request: LocalRequest, answer: unknown) => void;
  readonly causeless: (component: string, request: LocalRequest) => void;
}

let sharedPki: Promise<Pki> | undefined;

/** A whole cluster, and everything that may happen to it. */
export class SimulatedCluster implements AsyncDisposable {
  readonly time: VirtualClock;
  readonly clock: JumpingClock;
  readonly parts: Composition;
  /** Acts as an administrator who is reached by faults as everybody is. */
  readonly user: Client;
  readonly #options: SimulatedClusterOptions;
  readonly #chance: Chance;
  readonly #store: FaultyStore;
  readonly #stop = new AbortController();
  #endpoint!: FaultyEndpoint;
  #rates = calm;
  /** What is down, and when it comes back: one restart of a component at a time. */
  readonly #repairs = new Map<string, Promise<void>>();

  private constructor(options: SimulatedClusterOptions, pki: Pki) {
    const { time, seed } = options;
    this.#options = options;
    this.time = time;
    this.clock = new JumpingClock(time);
    this.#chance = new Chance(seed ^ 0x00d15a57);
    const memory = MemoryStore.open();
    this.#store = new FaultyStore(memory, this.#chance);
    void options.history.follow(memory, this.#stop.signal);
    this.parts = new Composition({
      clock: this.clock, seed, store: this.#store, pki, logger: options.logger,
      wrap: (endpoint) => this.#endpoint = new FaultyEndpoint({
        endpoint, clock: time, chance: new Chance(seed ^ 0x0e4d9017), rates: () => this.#rates,
        crash: (component) => this.#crashed(component),
        acknowledged: options.acknowledged, causeless: options.causeless, note: (line) => options.history.note(line),
      }),
    });
    this.user = createLocalClient(this.#endpoint, { user: { name: 'user', groups: ['system:masters', 'system:authenticated'] }, userAgent: 'user', clock: time });
  }

  static async start(options: SimulatedClusterOptions): Promise<SimulatedCluster> {
    const pki = await (sharedPki ??= createMemoryPki({ clock: new RealClock(), apiServerNames: ['127.0.0.1'] }));
    const cluster = new SimulatedCluster(options, pki);
    const { parts, time } = cluster;
    await drive(time, (async () => {
      await parts.startApiServer();
      await Promise.all([parts.startScheduler(), parts.startControllers()]);
      for (let number = 1; number <= options.nodes; number++) await parts.addNode({ name: `node-${number}` });
    })());
    return cluster;
  }

  /** Faults begin. */
  unleash(): void {
    this.#rates = this.#options.rates;
  }

  /** Faults end; everything that is down comes back. */
  async heal(): Promise<void> {
    this.#rates = calm;
    this.#store.mend();
    await drive(this.time, Promise.all(this.#repairs.values()));
    for (const component of ['users', 'controllers', 'scheduler', ...this.parts.nodes.keys()]) this.#endpoint.mend(component);
  }

  /** What the machines really run. */
  async running(): Promise<readonly RunningPod[]> {
    const running: RunningPod[] = [];
    for (const [node, { runtime }] of this.parts.nodes) {
      const sandboxes = new Map((await runtime?.listPodSandboxes() ?? []).map((sandbox) => [sandbox.id, sandbox]));
      for (const { sandboxId, state } of await runtime?.listContainers() ?? []) {
        const sandbox = sandboxes.get(sandboxId);
        if (state === 'running' && sandbox !== undefined) running.push({ node, namespace: sandbox.namespace, name: sandbox.name });
      }
    }
    return running;
  }

  /** One of the disasters of this run, if it can happen now; it is repaired after a while. */
  disaster(): void {
    const { disasters } = this.#options.rates;
    this.#strike(this.#chance.pick(disasters));
  }

  #strike(what: Disaster): void {
    const node = `node-${this.#chance.int(this.#options.nodes) + 1}`;
    const machine = this.parts.nodes.get(node)!;
    switch (what) {
      case 'controllers restart': return this.#crashed('controllers');
      case 'scheduler restarts': return this.#crashed('scheduler');
      case 'API server restarts': return this.#outage('API server', 20_000, () => this.parts.stopApiServer(), async () => { await this.parts.startApiServer(); });
      case 'kubelet restarts': return this.#crashed(node);
      case 'machine is lost': return this.#outage(node, 240_000, async () => { this.#endpoint.cut(node); await machine.kill(); }, async () => { this.#endpoint.mend(node); await machine.start(); });
      case 'node is cut off': return this.#outage(node, 240_000, async () => { this.#endpoint.cut(node); }, async () => { this.#endpoint.mend(node); });
      case 'store stalls': return this.#outage('store', 30_000, async () => { this.#store.stall(); }, async () => { this.#store.mend(); });
      case 'store refuses': return this.#outage('store', 30_000, async () => { this.#store.refuse(); }, async () => { this.#store.mend(); });
      case 'clock jumps': {
        const byMs = this.#chance.pick([1000, 30_000, 600_000, 7_200_000, -1000, -20_000]);
        this.#options.history.note(`== clock jumps by ${byMs / 1000} s`);
        return this.clock.jump(byMs);
      }
      default: return what satisfies never;
    }
  }

  /** A component dies where it stands, and is started again. */
  #crashed(component: string): void {
    const { parts } = this;
    const node = parts.nodes.get(component);
    const stop = node !== undefined ? () => node.stopKubelet() : component === 'scheduler' ? () => parts.stopScheduler() : () => parts.stopControllers();
    const start = async (): Promise<void> => {
      if (node !== undefined) await node.start();
      else if (component === 'scheduler') await parts.startScheduler();
      else await parts.startControllers();
    };
    this.#outage(component, 30_000, async () => { this.#endpoint.cut(component); await stop(); }, async () => { this.#endpoint.mend(component); await start(); });
  }

  #outage(what: string, atMostMs: number, begin: () => Promise<void>, end: () => Promise<void>): void {
    if (this.#repairs.has(what)) return;
    const { history } = this.#options;
    const lengthMs = this.#chance.int(atMostMs);
    history.note(`== ${what} is down for ${lengthMs / 1000} s`);
    this.#repairs.set(what, (async () => {
      // Nobody waits for the one that dies: in the middle of its own request it could wait for itself.
      const over = begin();
      await this.time.sleep(lengthMs);
      await over;
      for (;;) {
        try {
          await end();
          break;
        } catch (error) {
          history.note(`== ${what} cannot be started: ${String(error)}`);
          await this.time.sleep(5000);
        }
      }
      history.note(`== ${what} is back`);
      this.#repairs.delete(what);
    })());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await drive(this.time, this.parts[Symbol.asyncDispose]());
    this.#stop.abort();
  }
}
