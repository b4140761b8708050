import { findCondition } from '../../api/meta/conditions.ts';
import { parseTime } from '../../api/meta/time.ts';
import type { ContainerStatus, Pod } from '../../api/types/core/v1.ts';

const initialBackoffMs = 10_000;
const maxBackoffMs = 600_000;

/** How often a job's pods failed since one of them succeeded, and when last. */
export interface BackoffRecord {
  readonly failures: number;
  readonly lastFailureMs?: number;
}

export const noFailures: BackoffRecord = { failures: 0 };

/** The record with what has finished since. */
export function nextBackoff(record: BackoffRecord, succeeded: readonly Pod[], failed: readonly Pod[]): BackoffRecord {
  if (succeeded.length === 0 && failed.length === 0) return record;
  const failures = failed.map(finishedMs);
  if (succeeded.length === 0) return { failures: record.failures + failures.length, lastFailureMs: Math.max(...failures) };
  const lastSuccessMs = Math.max(...succeeded.map(finishedMs));
  const since = failures.filter((timeMs) => timeMs > lastSuccessMs);
  return since.length === 0 ? noFailures : { failures: since.length, lastFailureMs: Math.max(...since) };
}

/** How long to wait before a failed pod is replaced: 10 s, doubled with each failure up to 10 minutes, since the last. */
export function backoffRemainingMs({ failures, lastFailureMs }: BackoffRecord, nowMs: number): number {
  if (failures === 0 || lastFailureMs === undefined) return 0;
  const backoffMs = Math.min(initialBackoffMs * 2 ** Math.min(failures - 1, 30), maxBackoffMs);
  return Math.max(0, backoffMs - (nowMs - lastFailureMs));
}

/**
 * When a pod finished, epoch milliseconds: when its last container did; else when it was no longer ready; else when it
 * was deleted (its deletion timestamp is a grace period later); else when it was made.
 */
export function finishedMs(pod: Pod): number {
  const { metadata, status } = pod;
  const ended = containersFinishedMs(pod);
  if (ended !== undefined) return ended;
  const ready = findCondition(status?.conditions, 'Ready');
  const unreadyMs = ready?.status === 'False' ? timeMs(ready.lastTransitionTime) : undefined;
  if (unreadyMs !== undefined) return unreadyMs;
  const deletedMs = timeMs(metadata.deletionTimestamp);
  if (deletedMs !== undefined) return deletedMs - (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  return timeMs(metadata.creationTimestamp) ?? 0;
}

const timeMs = (time: string | null | undefined): number | undefined => (time === undefined || time === null ? undefined : parseTime(time));

/**
 * When the last container ended; also init containers that go on running are looked at, as they end last. Undefined
 * while one runs.
 */
function containersFinishedMs({ spec, status }: Pod): number | undefined {
  const sidecars = new Set(spec?.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name }) => name));
  const latest = (initial: number | undefined, statuses: readonly ContainerStatus[]): number | undefined => {
    let last = initial;
    for (const { state } of statuses) {
      const endedMs = timeMs(state?.terminated?.finishedAt);
      if (endedMs === undefined) return undefined;
      last = last === undefined ? endedMs : Math.max(last, endedMs);
    }
    return last;
  };
  // As upstream does it: what init containers say counts even where a regular container still runs.
  return latest(latest(undefined, status?.containerStatuses ?? []), (status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)));
}
