import type { ConditionLike } from '../../api/meta/conditions.ts';
import { findCondition, setCondition } from '../../api/meta/conditions.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import { nameOf } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { Condition, LabelSelector } from '../../api/types/meta/v1.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../api/types/policy/v1.ts';
import { isReady } from '../common/pods.ts';

const conditionType = 'DisruptionAllowed';
/** A pod whose eviction was granted is expected to be deleted within this time. */
const deletionTimeoutMs = 2 * 60_000;

export interface Disrupted {
  /** Pods whose eviction was granted and that are not being deleted yet, with the time when it was. */
  readonly pods: Readonly<Record<string, string>>;
  /** When the next of them is late, epoch milliseconds. */
  readonly recheckAtMs: number | undefined;
  /** Those that were granted an eviction so long ago that nobody will delete them. */
  readonly forgotten: readonly Pod[];
}

export function disruptedPods(budget: PodDisruptionBudget, pods: readonly Pod[], nowMs: number): Disrupted {
  const granted = budget.status?.disruptedPods ?? {};
  const kept: Record<string, string> = {};
  const forgotten: Pod[] = [];
  let recheckAtMs: number | undefined;
  for (const pod of pods) {
    const at = granted[nameOf(pod)];
    if (at === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
    const lateMs = (parseTime(at) ?? 0) + deletionTimeoutMs;
    if (lateMs < nowMs) {
      forgotten.push(pod);
      continue;
    }
    kept[nameOf(pod)] = at;
    recheckAtMs = Math.min(lateMs, recheckAtMs ?? lateMs);
  }
  return { pods: kept, recheckAtMs, forgotten };
}

/** Ready pods that are not on their way out. */
export function countHealthy(pods: readonly Pod[], disrupted: Readonly<Record<string, string>>, nowMs: number): number {
  return pods.filter((pod) => {
    const at = disrupted[nameOf(pod)];
    const leaving = pod.metadata.deletionTimestamp !== undefined || (at !== undefined && (parseTime(at) ?? 0) + deletionTimeoutMs > nowMs);
    return !leaving && isReady(pod);
  }).length;
}

export interface Counts { readonly currentHealthy: number; readonly desiredHealthy: number; readonly expectedPods: number }

/** The status to be written; undefined when the budget has it already. */
export function nextStatus(budget: PodDisruptionBudget, counts: Counts, disrupted: Readonly<Record<string, string>>, nowMs: number): PodDisruptionBudgetStatus | undefined {
  const { status = {}, metadata: { generation = 0 } } = budget;
  // Nothing is allowed while no pod is expected: the first ones may appear before this controller sees them.
  const disruptionsAllowed = counts.expectedPods <= 0 ? 0 : Math.max(0, counts.currentHealthy - counts.desiredHealthy);
  const wanted = { disruptionsAllowed, ...counts };
  const condition = { type: conditionType, ...(disruptionsAllowed > 0 ? { status: 'True', reason: 'SufficientPods' } : { status: 'False', reason: 'InsufficientPods' }), message: '', observedGeneration: generation };
  const known = findCondition(status.conditions, conditionType);
  const same = Object.entries(wanted).every(([field, value]) => (status[field as keyof typeof wanted] ?? 0) === value);
  if (same && semanticEqual(status.disruptedPods ?? {}, disrupted) && status.observedGeneration === generation && known?.status === condition.status && known.reason === condition.reason) return undefined;
  return {
    ...(generation !== 0 && { observedGeneration: generation }),
    ...(Object.keys(disrupted).length > 0 && { disruptedPods: { ...disrupted } }),
    ...wanted,
    conditions: withCondition(status.conditions, condition, nowMs),
  };
}

/** The status of a budget that could not be worked out: nothing may be disrupted, and the condition says why. */
export function failedStatus({ status = {} }: PodDisruptionBudget, message: string, nowMs: number): PodDisruptionBudgetStatus {
  const { observedGeneration = 0 } = status;
  return { ...status, disruptionsAllowed: 0, conditions: withCondition(status.conditions, { type: conditionType, status: 'False', reason: 'SyncFailed', message, observedGeneration }, nowMs) };
}

function withCondition(conditions: readonly Condition[] | undefined, condition: ConditionLike, nowMs: number): Condition[] {
  return [...setCondition<ConditionLike>(conditions, condition, nowMs)] as Condition[];
}

/** A selector as upstream prints it in events. */
export function printSelector(selector: LabelSelector | undefined): string {
  if (selector === undefined) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}: ${value},`).join('');
  const expressions = (selector.matchExpressions ?? []).map(({ key, operator, values = [] }) => `{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`).join('');
  return `&LabelSelector{MatchLabels:map[string]string{${labels}},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`;
}
