import type { QueuedPod } from './queued-pod.ts';

export interface BackoffOptions {
  readonly initialMs: number;
  /** 0: no back-off at all. */
  readonly maxMs: number;
}

export const usualBackoff: BackoffOptions = { initialMs: 1000, maxMs: 10_000 };

/** Pods whose back-off ends within the same second are ordered by priority (KEP-5142). */
const windowMs = 1000;

const startOfWindow = (ms: number): number => Math.floor(ms / windowMs) * windowMs;

/** The second in which the pod's back-off ends; -Infinity for a pod that need not wait. */
export function backoffEnd({ unschedulableCount, errorCount, timestampMs }: QueuedPod, { initialMs, maxMs }: BackoffOptions): number {
  const count = errorCount > 0 ? errorCount : unschedulableCount;
  if (maxMs === 0 || count === 0) return -Infinity;
  return startOfWindow(timestampMs + Math.min(maxMs, initialMs * 2 ** (count - 1)));
}

export const isBackingOff = (endMs: number, nowMs: number): boolean => endMs >= startOfWindow(nowMs);

/** When a back-off that ends in the second `endMs` is over. */
export const backoffOverMs = (endMs: number): number => endMs + windowMs;
