import type { Gauge, HistogramValues, Labels } from '../base/metrics.ts';
import { exponentialBounds, Histogram, histogramFamily, labelled } from '../base/metrics.ts';
import type { ClusterCache } from './cache/cluster-cache.ts';
import type { SchedulingQueue } from './queue/scheduling-queue.ts';

type Result = 'scheduled' | 'unschedulable' | 'error';

/** Of an attempt at a pod group. */
type GroupResult = Result | 'waiting_on_preemption';

const milliseconds = exponentialBounds(0.001, 2, 15);

/** Series of one family, found by their labels' values. */
class Series<T> {
  readonly #names: readonly string[];
  readonly #make: () => T;
  readonly #series = new Map<string, { readonly labels: Labels; value: T }>();

  constructor(names: readonly string[], make: () => T) {
    this.#names = names;
    this.#make = make;
  }

  for(...values: readonly string[]): { value: T } {
    const key = values.join('\0');
    let one = this.#series.get(key);
    if (one === undefined) this.#series.set(key, (one = { labels: Object.fromEntries(this.#names.map((name, i) => [name, values[i] ?? ''])), value: this.#make() }));
    return one;
  }

  *[Symbol.iterator](): Iterator<readonly [Labels, T]> {
    for (const { labels, value } of this.#series.values()) yield [labels, value];
  }
}

function* histograms(series: Iterable<readonly [Labels, Histogram]>): Iterable<HistogramValues> {
  for (const [labels, histogram] of series) yield labelled(labels, histogram);
}

/** What the scheduler counts, under upstream's names; read when somebody scrapes. */
export class SchedulerMetrics {
  readonly #attempts = new Series(['result', 'profile'], () => 0);
  readonly #attemptSeconds = new Series(['result', 'profile'], () => new Histogram(milliseconds));
  readonly #sliSeconds = new Series(['attempts'], () => new Histogram(exponentialBounds(0.01, 2, 20)));
  readonly #incoming = new Series(['queue', 'event'], () => 0);
  readonly #algorithmSeconds = new Histogram(milliseconds);
  readonly #podAttempts = new Histogram(exponentialBounds(1, 2, 5));
  readonly #victims = new Histogram(exponentialBounds(1, 2, 7));
  readonly #groupAttempts = new Series(['result', 'profile'], () => 0);
  readonly #groupAttemptSeconds = new Series(['result', 'profile'], () => new Histogram(milliseconds));
  readonly #groupAlgorithmSeconds = new Histogram(milliseconds);
  #preemptions = 0;
  #afterFlush = 0;

  attempted(result: Result, profile: string, seconds: number): void {
    this.#attempts.for(result, profile).value++;
    this.#attemptSeconds.for(result, profile).value.observe(seconds);
  }

  groupAttempted(result: GroupResult, profile: string, seconds: number): void {
    this.#groupAttempts.for(result, profile).value++;
    this.#groupAttemptSeconds.for(result, profile).value.observe(seconds);
  }

  groupAlgorithm(seconds: number): void {
    this.#groupAlgorithmSeconds.observe(seconds);
  }

  algorithm(seconds: number): void {
    this.#algorithmSeconds.observe(seconds);
  }

  scheduled(pod: { readonly attempts: number; readonly seconds: number; readonly flushed: boolean }): void {
    this.#podAttempts.observe(pod.attempts);
    this.#sliSeconds.for(pod.attempts >= 15 ? '15+' : String(pod.attempts)).value.observe(pod.seconds);
    if (pod.flushed) this.#afterFlush++;
  }

  entered(queue: string, event: string): void {
    this.#incoming.for(queue, event).value++;
  }

  preempted(victims: number): void {
    this.#victims.observe(victims);
  }

  triedToPreempt(): void {
    this.#preemptions++;
  }

  /** Everything that can be scraped. */
  families({ queue, cache, podGroups }: { readonly queue: SchedulingQueue; readonly cache: ClusterCache; readonly podGroups: boolean }): Gauge[] {
    const histogram = (name: string, help: string, one: Histogram): Gauge => histogramFamily(`scheduler_${name}`, help, () => [labelled({}, one)]);
    const single = (name: string, help: string, type: 'counter' | 'gauge', value: () => number): Gauge => ({ name: `scheduler_${name}`, help, type, read: () => [[{}, value()]] });
    const ofGroups = (): Gauge[] => [
      { name: 'scheduler_podgroup_schedule_attempts_total', type: 'counter', help: 'Attempts to schedule pod groups by result.', read: () => this.#groupAttempts },
      histogramFamily('scheduler_podgroup_scheduling_attempt_duration_seconds', 'Time of an attempt to schedule a pod group.', () => histograms(this.#groupAttemptSeconds)),
      histogram('podgroup_scheduling_algorithm_duration_seconds', 'Time to find nodes for a pod group.', this.#groupAlgorithmSeconds),
    ];
    return [
      ...(podGroups ? ofGroups() : []),
      { name: 'scheduler_schedule_attempts_total', type: 'counter', help: 'Attempts to schedule pods by result.', read: () => this.#attempts },
      histogramFamily('scheduler_scheduling_attempt_duration_seconds', 'Time from the start of an attempt to its end, binding included.', () => histograms(this.#attemptSeconds)),
      histogram('scheduling_algorithm_duration_seconds', 'Time to find a node.', this.#algorithmSeconds),
      histogramFamily('scheduler_pod_scheduling_sli_duration_seconds', 'Time from when a pod was first ready to be tried until it was bound.', () => histograms(this.#sliSeconds)),
      histogram('pod_scheduling_attempts', 'Attempts until a pod was scheduled.', this.#podAttempts),
      single('pod_scheduled_after_flush_total', 'Pods scheduled after they were tried again though no event called for it.', 'counter', () => this.#afterFlush),
      histogram('preemption_victims', 'Victims of a preemption.', this.#victims),
      single('preemption_attempts_total', 'Attempts to preempt.', 'counter', () => this.#preemptions),
      { name: 'scheduler_pending_pods', help: 'Pods that wait, by queue.', read: () => Object.entries(queue.sizes).map(([name, size]) => [{ queue: name }, size] as const) },
      { name: 'scheduler_queue_incoming_pods_total', type: 'counter', help: 'Pods that entered a queue, by what caused it.', read: () => this.#incoming },
      { name: 'scheduler_unschedulable_pods', help: 'Pods that wait, by who refused them.', read: () => queue.refusals() },
      { name: 'scheduler_cache_size', help: 'Nodes, pods and pods being bound that the scheduler knows.', read: () => [[{ type: 'nodes' }, cache.nodes.length], [{ type: 'pods' }, cache.podCount], [{ type: 'assumed_pods' }, cache.assumedCount]] },
    ];
  }
}
