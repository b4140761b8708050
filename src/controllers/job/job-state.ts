import { isConditionTrue } from '../../api/meta/conditions.ts';
import type { Job, JobCondition, JobStatus, UncountedTerminatedPods } from '../../api/types/batch/v1.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';

export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';

export const hasTrackingFinalizer = (pod: Pod): boolean => pod.metadata.finalizers?.includes(trackingFinalizer) === true;

/** Complete or failed: nothing is done for the job any more. */
export function isFinished({ status }: Job): boolean {
  return isConditionTrue(status?.conditions, 'Complete') || isConditionTrue(status?.conditions, 'Failed');
}

export const isSuspended = ({ spec }: Job): boolean => spec?.suspend === true;
export const isIndexed = ({ spec }: Job): boolean => spec?.completionMode === 'Indexed';
/** Are failures limited for each index alone? */
export const isLimitedPerIndex = ({ spec }: Job): boolean => spec?.backoffLimitPerIndex !== undefined;

/** Does another controller than this one look after the job? */
export function isManagedElsewhere({ spec }: Job): boolean {
  return spec?.managedBy !== undefined && spec.managedBy !== 'kubernetes.io/job-controller';
}

/** Are pods replaced only when they have failed for good, not already while they terminate? */
export function replacesOnlyFailed({ spec }: Job): boolean {
  return spec?.podReplacementPolicy === 'Failed' || spec?.podFailurePolicy !== undefined;
}

/** Deleted pods count as failed where they are replaced at once: orphans never get to the Failed phase. */
export function isPodFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true;
  return !replacesOnlyFailed(job) && pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded';
}

/** A condition that is true from now on, or that has the status given. */
export function newCondition(type: string, reason: string, message: string, nowMs: number, status = 'True'): JobCondition {
  const now = formatTime(nowMs);
  return { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message };
}

/** The conditions with this one; undefined when that changes nothing. One that is false is only ever changed, never added. */
export function withCondition(conditions: readonly JobCondition[], condition: JobCondition): JobCondition[] | undefined {
  const index = conditions.findIndex(({ type }) => type === condition.type);
  const old = conditions[index];
  if (old === undefined) return condition.status === 'False' ? undefined : [...conditions, condition];
  const same = old.status === condition.status && old.reason === condition.reason && old.message === condition.message;
  return same ? undefined : conditions.with(index, condition);
}

/** A status that is being worked on: what the API leaves out is there. */
export interface WorkingStatus extends JobStatus {
  active: number;
  succeeded: number;
  failed: number;
  completedIndexes: string;
  conditions: JobCondition[];
  uncountedTerminatedPods: Required<UncountedTerminatedPods>;
}

export function workingStatus(status: JobStatus | undefined): WorkingStatus {
  return {
    ...status,
    active: status?.active ?? 0,
    succeeded: status?.succeeded ?? 0,
    failed: status?.failed ?? 0,
    completedIndexes: status?.completedIndexes ?? '',
    conditions: [...(status?.conditions ?? [])],
    uncountedTerminatedPods: { succeeded: [...(status?.uncountedTerminatedPods?.succeeded ?? [])], failed: [...(status?.uncountedTerminatedPods?.failed ?? [])] },
  };
}

/** The status as the API shows it: what is zero or empty is left out. */
export function writtenStatus({ active, succeeded, failed, completedIndexes, conditions, uncountedTerminatedPods: uncounted, ...rest }: WorkingStatus): JobStatus {
  const written: JobStatus = rest;
  if (conditions.length > 0) written.conditions = conditions;
  if (active > 0) written.active = active;
  if (succeeded > 0) written.succeeded = succeeded;
  if (failed > 0) written.failed = failed;
  if (completedIndexes !== '') written.completedIndexes = completedIndexes;
  const uids: UncountedTerminatedPods = {};
  if (uncounted.succeeded.length > 0) uids.succeeded = uncounted.succeeded;
  if (uncounted.failed.length > 0) uids.failed = uncounted.failed;
  written.uncountedTerminatedPods = uids;
  return written;
}
