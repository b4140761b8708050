import type { Clock } from '../../base/clock.ts';
import type { Gauge } from '../../base/metrics.ts';
import { exponentialBounds, Histogram, histogramFamily, labelled } from '../../base/metrics.ts';

const bounds = exponentialBounds(1e-8, 10, 10);

/** What is counted of the queues of one name. */
export class QueueStats {
  readonly name: string;
  readonly #clock: Clock;
  readonly waited = new Histogram(bounds);
  readonly worked = new Histogram(bounds);
  added = 0;
  retried = 0;
  /** Since when each key waits, and is worked on; monotonic milliseconds. */
  readonly #waiting = new Map<string, number>();
  readonly #working = new Map<string, number>();

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.#clock = clock;
  }

  add(key: string): void {
    this.added += 1;
    if (!this.#waiting.has(key)) this.#waiting.set(key, this.#clock.monotonicMs());
  }

  take(key: string): void {
    const nowMs = this.#clock.monotonicMs();
    const sinceMs = this.#waiting.get(key);
    this.#working.set(key, nowMs);
    if (sinceMs === undefined) return;
    this.#waiting.delete(key);
    this.waited.observe((nowMs - sinceMs) / 1000);
  }

  done(key: string): void {
    const sinceMs = this.#working.get(key);
    if (sinceMs === undefined) return;
    this.#working.delete(key);
    this.worked.observe((this.#clock.monotonicMs() - sinceMs) / 1000);
  }

  /** Nobody waits any more. */
  clear(): void {
    this.#waiting.clear();
  }

  get depth(): number {
    return this.#waiting.size;
  }

  /** Seconds that the keys which are worked on have taken until now. */
  get underWay(): readonly number[] {
    const nowMs = this.#clock.monotonicMs();
    return Array.from(this.#working.values(), (sinceMs) => (nowMs - sinceMs) / 1000);
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
