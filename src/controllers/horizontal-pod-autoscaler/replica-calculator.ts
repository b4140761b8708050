/** How many replicas a metric asks for. Values are in thousandths of the metric's unit; errors say what upstream's say. */
import { findCondition } from '../../api/meta/conditions.ts';
import { nameOf } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { isReady } from '../common/pods.ts';
import type { PodMetric, PodMetrics } from './metrics-client.ts';

const maxInt32 = 2 ** 31 - 1;

/** How far the usage may be from its target without anything being done. */
export interface Tolerances { readonly up: number; readonly down: number }

const within = ({ up, down }: Tolerances, ratio: number): boolean => 1 - down <= ratio && ratio <= 1 + up;

export interface Timing {
  readonly nowMs: number;
  /** A pod that started so recently may use much CPU only because it starts. */
  readonly cpuInitializationPeriodMs: number;
  /** A pod whose readiness last changed within this time of its start has never been ready. */
  readonly initialReadinessDelayMs: number;
}

interface Groups {
  readonly readyCount: number;
  /** Pods whose metrics say nothing yet. */
  readonly unready: readonly string[];
  /** Pods that should have metrics, and have none. */
  readonly missing: readonly string[];
  /** Pods that do not count. */
  readonly ignored: readonly string[];
}

/** Sorts pods by what their metrics are worth. */
export function groupPods(pods: readonly Pod[], metrics: PodMetrics, resource: string | undefined, timing: Timing): Groups {
  const [unready, missing, ignored]: [string[], string[], string[]] = [[], [], []];
  let readyCount = 0;
  for (const pod of pods) {
    const name = nameOf(pod);
    const metric = metrics.get(name);
    if (pod.metadata.deletionTimestamp !== undefined || pod.status?.phase === 'Failed') ignored.push(name);
    else if (pod.status?.phase === 'Pending') unready.push(name);
    else if (metric === undefined) missing.push(name);
    else if (resource === 'cpu' && isCpuUnsettled(pod, metric, timing)) unready.push(name);
    else readyCount++;
  }
  return { readyCount, unready, missing, ignored };
}

function isCpuUnsettled({ status }: Pod, metric: PodMetric, { nowMs, cpuInitializationPeriodMs, initialReadinessDelayMs }: Timing): boolean {
  const ready = findCondition(status?.conditions, 'Ready');
  const startMs = parseTime(status?.startTime ?? '');
  if (ready === undefined || startMs === undefined) return true;
  const changedMs = parseTime(ready.lastTransitionTime ?? '') ?? 0;
  // The pod may still be starting: a whole window since it became ready must have been measured.
  if (startMs + cpuInitializationPeriodMs > nowMs) return ready.status === 'False' || metric.timestampMs < changedMs + metric.windowMs;
  return ready.status === 'False' && startMs + initialReadinessDelayMs > changedMs;
}

export interface PodUsage {
  readonly replicas: number;
  /** The average over the pods that have metrics. */
  readonly average: number;
  /** Percent of what the pods request, where that is the measure. */
  readonly utilization?: number;
}

export interface PodMetricOptions {
  readonly pods: readonly Pod[];
  readonly metrics: PodMetrics;
  /** Only of resource metrics. */
  readonly resource?: string;
  readonly current: number;
  readonly tolerances: Tolerances;
  readonly timing: Timing;
  /** Measures what is there. Called again with guesses for what is missing. */
  readonly measure: (metrics: PodMetrics) => { readonly ratio: number; readonly average: number; readonly utilization?: number };
  /** What a pod without metrics is taken to use, when there are too many pods. */
  readonly fallback: (podName: string) => number;
}

/**
 * The replicas that bring the pods' usage to its target. Pods without metrics are taken to use what makes the change
 * smaller, so that nothing is done on what is not known; a change of direction by that is no change.
 */
export function podMetricReplicas(options: PodMetricOptions): PodUsage {
  const { pods, current, tolerances, measure } = options;
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count');
  const { readyCount, unready, missing, ignored } = groupPods(pods, options.metrics, options.resource, options.timing);
  const metrics = new Map(options.metrics);
  for (const name of [...ignored, ...unready]) metrics.delete(name);
  if (metrics.size === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)');
  const { ratio, ...usage } = measure(metrics);
  const upWithUnready = unready.length > 0 && ratio > 1;
  if (!upWithUnready && missing.length === 0) return { replicas: within(tolerances, ratio) ? current : Math.ceil(ratio * readyCount), ...usage };
  const guess = (name: string, value: number): void => { metrics.set(name, { value, timestampMs: 0, windowMs: 0 }); };
  if (ratio < 1) for (const name of missing) guess(name, options.fallback(name));
  else if (ratio > 1) for (const name of missing) guess(name, 0);
  if (upWithUnready) for (const name of unready) guess(name, 0);
  const { ratio: guessed } = measure(metrics);
  const replicas = Math.ceil(guessed * metrics.size);
  const turns = (ratio < 1 && guessed > 1) || (ratio > 1 && guessed < 1) || (guessed < 1 && replicas > current) || (guessed > 1 && replicas < current);
  return { replicas: within(tolerances, guessed) || turns ? current : replicas, ...usage };
}

/** Measures the average against a target. */
export function averageAgainst(target: number): PodMetricOptions['measure'] {
  return (metrics) => {
    const average = Math.trunc(totalOf(metrics.values()) / metrics.size);
    return { ratio: average / target, average };
  };
}

/** Measures the usage as a percentage of what the pods request. */
export function utilizationAgainst(target: number, requests: ReadonlyMap<string, number>): PodMetricOptions['measure'] {
  return (metrics) => {
    const known = [...metrics].filter(([name]) => requests.has(name));
    const total = totalOf(known.map(([, metric]) => metric));
    const requested = known.reduce((sum, [name]) => sum + requests.get(name)!, 0);
    if (requested === 0) throw new Error('no metrics returned matched known pods');
    const utilization = Math.trunc((total * 100) / requested);
    return { ratio: utilization / target, utilization, average: Math.trunc(total / known.length) };
  };
}

function totalOf(metrics: Iterable<PodMetric>): number {
  let total = 0;
  for (const { value } of metrics) total += value;
  return total;
}

/** Replicas for a value that all pods share. From zero, pods and tolerance do not matter. */
export function sharedReplicas(options: { readonly usage: number; readonly target: number; readonly current: number; readonly tolerances: Tolerances; readonly pods: readonly Pod[] }): number {
  const ratio = options.usage / options.target;
  if (options.current === 0) return Math.ceil(ratio);
  if (within(options.tolerances, ratio)) return options.current;
  if (options.pods.length === 0) throw new Error('unable to calculate ready pods: no pods returned by selector while calculating replica count');
  const ready = options.pods.filter((pod) => pod.status?.phase === 'Running' && isReady(pod)).length;
  return Math.min(maxInt32, Math.ceil(ratio * ready));
}

/** Replicas for a value that is divided among the pods, and the part of each. */
export function dividedReplicas(options: { readonly usage: number; readonly target: number; readonly current: number; readonly tolerances: Tolerances }): { readonly replicas: number; readonly average: number } {
  const { usage, target, current } = options;
  const ratio = usage / (target * current);
  return { replicas: within(options.tolerances, ratio) ? current : Math.min(maxInt32, Math.ceil(usage / target)), average: Math.ceil(usage / current) };
}
