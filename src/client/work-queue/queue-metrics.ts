import type { Clock } from '../../base/clock.ts';
import type { Gauge } from '../../base/metrics.ts';
import { exponentialBounds, Histogram, histogramFamily, labelled } from '../../base/metrics.ts';

const bounds = exponentialBounds(1e-8, 10, 10);

/** What a queue says of itself when somebody asks. */
interface Counted {
  readonly depth: number;
  workingSinceMs(): readonly number[];
}

/** What is counted of the queues of one name. */
export class QueueStats {
  readonly name: string;
  readonly #clock: Clock;
  readonly #queues = new Set<Counted>();
  readonly waited = new Histogram(bounds);
  readonly worked = new Histogram(bounds);
  added = 0;
  retried = 0;

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.#clock = clock;
  }

  /** Counts what waits in this queue too, and what is worked on. */
  count(queue: Counted): void {
    this.#queues.add(queue);
  }

  /** The queue has been shut down. */
  forget(queue: Counted): void {
    this.#queues.delete(queue);
  }

  get depth(): number {
    let sum = 0;
    for (const queue of this.#queues) sum += queue.depth;
    return sum;
  }

  /** Seconds that the keys which are worked on have taken until now. */
  get underWay(): readonly number[] {
    const nowMs = this.#clock.monotonicMs();
    return [...this.#queues].flatMap((queue) => queue.workingSinceMs().map((sinceMs) => (nowMs - sinceMs) / 1000));
  }
}

/** All queues of one cluster that have a name, under client-go's names. */
export class QueueMetrics {
  readonly #clock: Clock;
  readonly #queues = new Map<string, QueueStats>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Queues that share a name are counted together. */
  of(name: string): QueueStats {
    let stats = this.#queues.get(name);
    if (stats === undefined) this.#queues.set(name, (stats = new QueueStats(name, this.#clock)));
    return stats;
  }

  get families(): readonly Gauge[] {
    const each = (name: string, type: 'counter' | 'gauge', help: string, read: (stats: QueueStats) => number): Gauge => ({ name: `workqueue_${name}`, type, help: `[BETA] ${help}`, read: () => Array.from(this.#queues.values(), (stats) => [{ name: stats.name }, read(stats)] as const) });
    const times = (name: string, help: string, read: (stats: QueueStats) => Histogram): Gauge => histogramFamily(`workqueue_${name}`, `[BETA] ${help}`, () => Array.from(this.#queues.values(), (stats) => labelled({ name: stats.name }, read(stats))));
    return [
      each('depth', 'gauge', 'Current depth of workqueue', ({ depth }) => depth),
      each('adds_total', 'counter', 'Total number of adds handled by workqueue', ({ added }) => added),
      each('retries_total', 'counter', 'Total number of retries handled by workqueue', ({ retried }) => retried),
      each('unfinished_work_seconds', 'gauge', 'How many seconds of work has done that is in progress and hasn\'t been observed by work_duration. Large values indicate stuck threads. One can deduce the number of stuck threads by observing the rate at which this increases.', ({ underWay }) => underWay.reduce((sum, seconds) => sum + seconds, 0)),
      each('longest_running_processor_seconds', 'gauge', 'How many seconds has the longest running processor for workqueue been running.', ({ underWay }) => Math.max(0, ...underWay)),
      times('queue_duration_seconds', 'How long in seconds an item stays in workqueue before being requested.', ({ waited }) => waited),
      times('work_duration_seconds', 'How long in seconds processing an item from workqueue takes.', ({ worked }) => worked),
    ];
  }
}

/** A cluster is told from others in this process by its clock. */
const clusters = new WeakMap<Clock, QueueMetrics>();

/** What is counted of the queues that run on this clock. */
export function queueMetricsOf(clock: Clock): QueueMetrics {
  let metrics = clusters.get(clock);
  if (metrics === undefined) clusters.set(clock, (metrics = new QueueMetrics(clock)));
  return metrics;
}
