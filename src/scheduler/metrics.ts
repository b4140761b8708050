import type { Clock } from '../base/clock.ts';
import type { LabelNames } from '../base/metric-vector.ts';
import { counterVector, countersFamily, histogramsFamily, Vector } from '../base/metric-vector.ts';
import type { Gauge } from '../base/metrics.ts';
import { exponentialBounds, Histogram, histogramFamily, labelled } from '../base/metrics.ts';
import type { ClusterCache } from './cache/cluster-cache.ts';
import type { Profile } from './framework/profile.ts';
import type { Code } from './profile-metrics.ts';
import { ProfileMetrics } from './profile-metrics.ts';
import type { SchedulingQueue } from './queue/scheduling-queue.ts';

type Result = 'scheduled' | 'unschedulable' | 'error';

/** Of an attempt at a pod group. */
type GroupResult = Result | 'waiting_on_preemption';

const milliseconds = exponentialBounds(0.001, 2, 15);

const timed = (...names: LabelNames): Vector<Histogram> => new Vector(names, () => new Histogram(milliseconds));

/** What the scheduler counts, under upstream's names; read when somebody scrapes. */
export class SchedulerMetrics {
  readonly #attempts = counterVector('result', 'profile');
  readonly #attemptSeconds = timed('result', 'profile');
  readonly #sliSeconds = new Vector(['attempts'], () => new Histogram(exponentialBounds(0.01, 2, 20)));
  readonly #incoming = counterVector('queue', 'event');
  readonly #evaluations = counterVector('plugin', 'extension_point', 'profile');
  readonly #pointSeconds = new Vector(['extension_point', 'status', 'profile'], () => new Histogram(exponentialBounds(0.0001, 2, 12)));
  readonly #permitSeconds = timed('result');
  readonly #algorithmSeconds = new Histogram(milliseconds);
  readonly #podAttempts = new Histogram(exponentialBounds(1, 2, 5));
  readonly #victims = new Histogram(exponentialBounds(1, 2, 7));
  readonly #groupAttempts = counterVector('result', 'profile');
  readonly #groupAttemptSeconds = timed('result', 'profile');
  readonly #groupAlgorithmSeconds = new Histogram(milliseconds);
  readonly #profiles = new Map<Profile, ProfileMetrics>();
  readonly #clock: Clock;
  #preemptions = 0;
  #afterFlush = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is counted of the pods of a profile. */
  of(profile: Profile): ProfileMetrics {
    let known = this.#profiles.get(profile);
    if (known === undefined) this.#profiles.set(profile, (known = new ProfileMetrics(profile, { clock: this.#clock, evaluations: this.#evaluations, durations: this.#pointSeconds })));
    return known;
  }

  /** A pod that had its place has waited for plug-ins. */
  waitedForPermission(result: Extract<Code, 'Success' | 'Unschedulable' | 'Error'>, seconds: number): void {
    this.#permitSeconds.with(result).observe(seconds);
  }

  attempted(result: Result, profile: string, seconds: number): void {
    this.#attempts.with(result, profile).value += 1;
    this.#attemptSeconds.with(result, profile).observe(seconds);
  }

  groupAttempted(result: GroupResult, profile: string, seconds: number): void {
    this.#groupAttempts.with(result, profile).value += 1;
    this.#groupAttemptSeconds.with(result, profile).observe(seconds);
  }

  groupAlgorithm(seconds: number): void {
    this.#groupAlgorithmSeconds.observe(seconds);
  }

  algorithm(seconds: number): void {
    this.#algorithmSeconds.observe(seconds);
  }

  scheduled(pod: { readonly attempts: number; readonly seconds: number; readonly flushed: boolean }): void {
    this.#podAttempts.observe(pod.attempts);
    this.#sliSeconds.with(pod.attempts >= 15 ? '15+' : String(pod.attempts)).observe(pod.seconds);
    if (pod.flushed) this.#afterFlush++;
  }

  entered(queue: string, event: string): void {
    this.#incoming.with(queue, event).value += 1;
  }

  /** Whether a gate keeps the pod out is not told: upstream always says that all went well. */
  gated(profile: Profile, sinceMs: number): void {
    this.of(profile).passed('PreEnqueue', 'Success', sinceMs);
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
      countersFamily('scheduler_podgroup_schedule_attempts_total', 'Attempts to schedule pod groups by result.', this.#groupAttempts),
      histogramsFamily('scheduler_podgroup_scheduling_attempt_duration_seconds', 'Time of an attempt to schedule a pod group.', this.#groupAttemptSeconds),
      histogram('podgroup_scheduling_algorithm_duration_seconds', 'Time to find nodes for a pod group.', this.#groupAlgorithmSeconds),
    ];
    return [
      ...(podGroups ? ofGroups() : []),
      countersFamily('scheduler_schedule_attempts_total', '[STABLE] Attempts to schedule pods by result.', this.#attempts),
      histogramsFamily('scheduler_scheduling_attempt_duration_seconds', '[STABLE] Time from the start of an attempt to its end, binding included.', this.#attemptSeconds),
      histogram('scheduling_algorithm_duration_seconds', 'Time to find a node.', this.#algorithmSeconds),
      histogramsFamily('scheduler_pod_scheduling_sli_duration_seconds', '[BETA] Time from when a pod was first ready to be tried until it was bound.', this.#sliSeconds),
      histogramsFamily('scheduler_framework_extension_point_duration_seconds', '[STABLE] Time that all plug-ins of one extension point took together.', this.#pointSeconds),
      countersFamily('scheduler_plugin_evaluation_total', '[BETA] How often plug-ins were asked; about nodes, once for each.', this.#evaluations),
      histogramsFamily('scheduler_permit_wait_duration_seconds', '[BETA] Time that pods with a place waited until plug-ins let them go on.', this.#permitSeconds),
      histogram('pod_scheduling_attempts', '[STABLE] Attempts until a pod was scheduled.', this.#podAttempts),
      single('pod_scheduled_after_flush_total', 'Pods scheduled after they were tried again though no event called for it.', 'counter', () => this.#afterFlush),
      histogram('preemption_victims', '[STABLE] Victims of a preemption.', this.#victims),
      single('preemption_attempts_total', '[STABLE] Attempts to preempt.', 'counter', () => this.#preemptions),
      { name: 'scheduler_pending_pods', help: '[STABLE] Pods that wait, by queue.', read: () => Object.entries(queue.sizes).map(([name, size]) => [{ queue: name }, size] as const) },
      countersFamily('scheduler_queue_incoming_pods_total', '[STABLE] Pods that entered a queue, by what caused it.', this.#incoming),
      { name: 'scheduler_unschedulable_pods', help: '[BETA] Pods that wait, by who refused them.', read: () => queue.refusals() },
      { name: 'scheduler_cache_size', help: 'Nodes, pods and pods being bound that the scheduler knows.', read: () => [[{ type: 'nodes' }, cache.nodes.length], [{ type: 'pods' }, cache.podCount], [{ type: 'assumed_pods' }, cache.assumedCount]] },
    ];
  }
}
