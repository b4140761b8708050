// Loaded before: nothing in the path may wait for anything but virtual time, nor the first run of a process longer than the others.
import '../../src/controllers/manager.ts';
import '../../src/pki/certificate-signing.ts';
import '../../src/pki/request-signing.ts';
import '../../src/scheduler/scheduler.ts';
import { selectorsReady } from '../../src/api/groups/resource/selector-loader.ts';
import { configmaps } from '../../src/api/resources.ts';
import type { LocalRequest } from '../../src/client/transports/local-endpoint.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { drive } from '../../src/testing/drive.ts';
import { Chance } from '../fuzz/chance.ts';
import { SimulatedCluster } from './cluster.ts';
import { describeFaults, faultsOf, isGentle } from './faults.ts';
import type { Change } from './history.ts';
import { History } from './history.ts';
import type { Invariant } from './invariants/invariant.ts';
import { invariants } from './invariants/registry.ts';
import { ProblemLogger } from './problem-logger.ts';
import { Workload } from './workload.ts';
import { counterName } from './workloads/cluster.ts';
import { repair } from './workloads/repair.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** How long things go wrong, simulated. Default five minutes. */
  readonly faultMs?: number;
  /** How long is watched, afterwards, that nobody writes. Default half an hour. */
  readonly idleMs?: number;
  /** The storm alone: nothing is healed, nothing must find its rest. */
  readonly stormOnly?: boolean;
  /** Receives what happens as it happens. */
  readonly onNote?: (line: string) => void;
  /** Receives every write. */
  readonly onChange?: (change: Change) => void;
}

export interface SimulationReport {
  readonly seed: number;
  readonly faults: string;
  /** Empty: all held. */
  readonly problems: readonly string[];
  /** What happened last, before the first problem. */
  readonly trace: readonly string[];
  /** A hash of every write: the same for the same seed. */
  readonly digest: string;
  readonly writes: number;
  readonly operations: number;
  readonly simulatedMs: number;
}

await selectorsReady([{}]);

const nodes = 4;
const settleLimitMs = 60 * 60_000;
const stepMs = 1000;
const traceLines = 120;
const maxProblems = 20;

/** One run of the whole control plane: users and faults, then peace, and what must hold during it all. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const { seed } = options;
  const run = new Run(options);
  try {
    await run.storm(options.faultMs ?? 5 * 60_000);
    if (run.problems.length === 0 && options.stormOnly !== true) await run.settle();
    if (run.problems.length === 0 && options.stormOnly !== true) await run.idle(options.idleMs ?? 30 * 60_000);
  } catch (error) {
    run.problem(`the simulation itself failed: ${error instanceof Error ? error.stack : String(error)}`);
  } finally {
    await run.end();
  }
  const { history, workload } = run;
  return { seed, faults: describeFaults(run.rates), problems: run.problems, trace: run.trace, digest: history.digest, writes: history.writes, operations: workload?.started ?? 0, simulatedMs: run.time.monotonicMs() };
}

class Run {
  readonly time = new VirtualClock();
  readonly history = new History(() => this.time.monotonicMs());
  readonly problems: string[] = [];
  trace: readonly string[] = [];
  readonly rates;
  workload: Workload | undefined;
  readonly #seed: number;
  readonly #invariants: readonly Invariant[];
  #cluster: SimulatedCluster | undefined;

  constructor({ seed, onNote, onChange }: SimulationOptions) {
    this.#seed = seed;
    this.rates = faultsOf(seed);
    this.#invariants = invariants({ gentle: isGentle(seed) });
    if (onNote !== undefined) this.history.onNote = onNote;
    if (onChange !== undefined) this.history.observe(onChange);
    for (const invariant of this.#invariants) {
      this.history.observe((change) => {
        const wrong = invariant.observe?.(change, this.history);
        if (wrong !== undefined) this.problem(`${invariant.name}: ${wrong}`);
      });
    }
  }

  problem(text: string): void {
    if (this.problems.length >= maxProblems) return;
    this.history.note(`!! ${text}`);
    this.problems.push(text);
    if (this.problems.length === 1) this.trace = this.history.tail(traceLines, text);
  }

  /** Users do things while things go wrong. */
  async storm(lengthMs: number): Promise<void> {
    const { history, time } = this;
    const cluster = this.#cluster = await SimulatedCluster.start({
      seed: this.#seed, nodes, rates: this.rates, time, history,
      logger: new ProblemLogger((line) => this.problem(line)), acknowledged: (request, answer) => this.#acknowledged(request, answer),
      causeless: (component, { method, path, user }) => this.problem(`every write says what it reacts to: ${component} (${user.name}) does not with ${method} ${path}`),
    });
    const workload = this.workload = new Workload(this.#seed, { client: cluster.user, clock: time, chance: new Chance(this.#seed ^ 0x05e5), history, nodes });
    await drive(time, workload.prepare());
    cluster.unleash();
    history.note('== faults begin');
    const users = workload.run();
    const over = this.#disasters(cluster, time.monotonicMs() + lengthMs);
    for (let passedMs = 0; passedMs < lengthMs && this.problems.length === 0; passedMs += stepMs) {
      await time.advance(stepMs);
      const running = await cluster.running();
      for (const { name, look } of this.#invariants) {
        const wrong = look?.(running);
        if (wrong !== undefined) this.problem(`${name}: ${wrong}`);
      }
    }
    workload.stop();
    history.note('== faults end');
    await cluster.heal();
    await drive(time, Promise.all([users, over]));
  }

  async #disasters(cluster: SimulatedCluster, untilMs: number): Promise<void> {
    const { disasterMs } = this.rates;
    if (disasterMs === 0) return;
    const chance = new Chance(this.#seed ^ 0xd15a);
    while (this.problems.length === 0) {
      await this.time.sleep(1 + chance.int(2 * disasterMs));
      if (this.time.monotonicMs() >= untilMs) return;
      cluster.disaster();
    }
  }

  /** Everything finds its rest, within a time. */
  async settle(): Promise<void> {
    const { history, time } = this;
    const cluster = this.#cluster!;
    const context = { client: cluster.user, clock: time, chance: new Chance(this.#seed ^ 0x4ea1), history, nodes };
    // What was asked for in the storm is answered first.
    await time.advance(60_000);
    await drive(time, repair(context));
    const deadlineMs = time.monotonicMs() + settleLimitMs;
    for (;;) {
      await time.advance(30_000);
      const unsettled = this.#unsettled();
      if (this.problems.length > 0 || unsettled.length === 0) break;
      if (time.monotonicMs() < deadlineMs) continue;
      for (const text of unsettled) this.problem(text);
      return;
    }
    const counter = await cluster.user.get(configmaps, { namespace: 'default', name: counterName });
    const count = Number(counter.data?.['count']);
    const { surely, perhaps } = this.workload!.counted;
    if (count < surely || count > surely + perhaps) this.problem(`${surely} increments of a counter were acknowledged, ${perhaps} may have happened, and it stands at ${count}`);
  }

  #unsettled(): readonly string[] {
    return this.#invariants.flatMap(({ name, settled }) => (settled?.(this.history) ?? []).map((wrong) => `${name}: ${wrong}`));
  }

  /** Nothing is left to do, so nobody writes but those who say that they live. */
  async idle(lengthMs: number): Promise<void> {
    const { history, time } = this;
    // Events of the last changes, and what waits for them to grow old.
    await time.advance(5 * 60_000);
    const writes: string[] = [];
    let lives = true;
    history.observe(({ resource, key, before, after, revision }) => {
      if (!lives || resource === 'core/nodes') return;
      writes.push(`nobody writes at rest: #${revision} ${before === undefined ? 'create' : after === undefined ? 'delete' : 'update'} ${key}`);
    });
    await time.advance(lengthMs);
    lives = false;
    for (const text of [...writes, ...this.#unsettled()]) this.problem(text);
  }

  /** What somebody was told to be written must be written. */
  #acknowledged({ method, path }: LocalRequest, answer: unknown): void {
    if (method === 'DELETE' || path.includes('dryRun=') || /\/(leases|events)\b/.test(path) || typeof answer !== 'object' || answer === null) return;
    const { metadata } = answer as { readonly metadata?: { readonly resourceVersion?: string; readonly uid?: string } };
    if (metadata?.resourceVersion === undefined || metadata.uid === undefined) return;
    const written = this.history.writtenAt(Number(metadata.resourceVersion));
    if (written?.uid !== metadata.uid) this.problem(`acknowledged writes are there: ${method} ${path} was answered with revision ${metadata.resourceVersion}, which wrote ${written?.key ?? 'nothing'}`);
  }

  async end(): Promise<void> {
    await this.#cluster?.[Symbol.asyncDispose]();
  }
}
