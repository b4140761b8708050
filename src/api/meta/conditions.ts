import { formatTime } from '../../base/clock.ts';

/** What all condition types share: metav1.Condition, PodCondition, NodeCondition … */
export interface ConditionLike {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  observedGeneration?: number;
}

/** The condition of this type, if any. */
export function findCondition<C extends { readonly type: string }>(conditions: readonly C[] | undefined, type: string): C | undefined {
  if (conditions !== undefined) for (const condition of conditions) if (condition.type === type) return condition;
  return undefined;
}

/** Is the condition there, and `True`? */
export function isConditionTrue(conditions: readonly { readonly type: string; readonly status: string }[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/**
 * The conditions with this one in its place or at the end. `lastTransitionTime` moves only when the status does
 * (`meta.SetStatusCondition`). Returns the very same list when nothing changes.
 */
export function setCondition<C extends ConditionLike>(conditions: readonly C[] | undefined, condition: C, nowMs: number): readonly C[] {
  const list = conditions ?? [];
  const index = list.findIndex(({ type }) => type === condition.type);
  const old = list[index];
  if (old === undefined) return [...list, { ...condition, lastTransitionTime: condition.lastTransitionTime ?? formatTime(nowMs) }];
  const moved = old.status !== condition.status;
  const same = !moved && old.reason === condition.reason && old.message === condition.message && old.observedGeneration === condition.observedGeneration;
  if (same) return list;
  const lastTransitionTime = moved ? (condition.lastTransitionTime ?? formatTime(nowMs)) : old.lastTransitionTime;
  return list.with(index, { ...condition, ...(lastTransitionTime !== undefined && { lastTransitionTime }) });
}

