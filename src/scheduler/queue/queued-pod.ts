import type { PodInfo } from '../cache/pod-info.ts';
import type { Diagnosis } from '../framework/diagnosis.ts';
import type { Profile } from '../framework/profile.ts';

/** One pod that waits for a node. */
export interface QueuedPod {
  info: PodInfo;
  readonly profile: Profile;
  attempts: number;
  /** How often plug-ins refused it, and how often in a row something else went wrong: the back-off grows with them. */
  unschedulableCount: number;
  errorCount: number;
  /** When it was last added; first come, first served. */
  timestampMs: number;
  /** Tells apart those of the same millisecond. */
  order: number;
  /** When it was first ready to be tried. */
  initialAttemptMs: number | undefined;
  /** The plug-ins that refused it at the last attempt: only their events wake it. */
  refusedBy: ReadonlySet<string>;
  /** The plug-in that does not let it in. */
  gatedBy: string | undefined;
  /** Tried again after five minutes though no event called for it. */
  flushed: boolean;
  /** Why the last attempt failed, node by node. */
  diagnosis: Diagnosis | undefined;
}

export function queuedPod(info: PodInfo, profile: Profile, nowMs: number): QueuedPod {
  return { info, profile, attempts: 0, unschedulableCount: 0, errorCount: 0, timestampMs: nowMs, order: 0, initialAttemptMs: undefined, refusedBy: new Set(), gatedBy: undefined, flushed: false, diagnosis: undefined };
}

/** Highest priority first, then who came first (PrioritySort). */
export function comesBefore(a: QueuedPod, b: QueuedPod): boolean {
  if (a.info.priority !== b.info.priority) return a.info.priority > b.info.priority;
  return a.timestampMs < b.timestampMs || (a.timestampMs === b.timestampMs && a.order < b.order);
}
