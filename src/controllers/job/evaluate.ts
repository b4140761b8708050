/** What a job and its pods add up to. No I/O: everything is decided from what the caches show. */
import { findCondition, isConditionTrue } from '../../api/meta/conditions.ts';
import { parseTime } from '../../api/meta/time.ts';
import type { Job, JobCondition, JobSpec } from '../../api/types/batch/v1.ts';
import { uidOf } from '../../api/meta/object.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import { isActive, isReady, isTerminating } from '../common/pods.ts';
import type { BackoffRecord } from './backoff.ts';
import { finishedMs, nextBackoff } from './backoff.ts';
import { allIndexFailures, completionIndex, indexesOf, indexFailures, validIndex } from './completion-index.ts';
import type { Intervals } from './intervals.ts';
import { countIndexes, hasIndex, parseIntervals, withIndexes } from './intervals.ts';
import type { SyncAction } from './job-metrics.ts';
import type { WorkingStatus } from './job-state.ts';
import { hasTrackingFinalizer, isIndexed, isLimitedPerIndex, isPodFailed, isSuspended, newCondition, workingStatus } from './job-state.ts';
import { judgeFailure } from './pod-failure-policy.ts';
import { successPolicyMet } from './success-policy.ts';

/** One sync of a job, from what is seen to what is written. */
export interface JobSync {
  readonly key: string;
  /** As it was last written. */
  job: Job;
  readonly pods: readonly Pod[];
  readonly active: readonly Pod[];
  /** Pods whose finalizer was taken away already, although the cache shows it. */
  readonly removed: ReadonlySet<string>;
  /** What has been counted in the status by uid, and not yet by number. */
  readonly uncounted: { readonly succeeded: ReadonlySet<string>; readonly failed: ReadonlySet<string> };
  readonly succeeded: number;
  /** Failed pods that count, those included that are not counted in the status yet. */
  readonly failed: number;
  readonly backoff: BackoffRecord;
  /** Of indexed jobs: what the status said, and with what has finished since. */
  readonly succeededBefore: Intervals;
  readonly succeededIndexes: Intervals;
  /** Undefined where failures are not limited by index. */
  readonly failedIndexes: Intervals | undefined;
  /** The failed pod of each index that is kept until its replacement has its count of failures. */
  readonly replaced: Map<number, Pod>;
  status: WorkingStatus;
  action: SyncAction;
  /** Why the job is to end, when it is. */
  finishing: JobCondition | undefined;
  ready: number;
  terminating: number;
}

export interface SyncInput {
  readonly key: string;
  readonly job: Job;
  readonly pods: readonly Pod[];
  readonly removed: ReadonlySet<string>;
  readonly backoff: BackoffRecord;
  readonly nowMs: number;
}

/** Looks at everything, and decides whether the job is to end. */
export function evaluate({ key, job, pods, removed, backoff, nowMs }: SyncInput): JobSync {
  const status = workingStatus(job.status);
  if (status.startTime === undefined && !isSuspended(job)) status.startTime = formatTime(nowMs);
  const uncounted = { succeeded: new Set(status.uncountedTerminatedPods.succeeded), failed: new Set(status.uncountedTerminatedPods.failed) };
  const tracked = trackedPods(job, pods, removed);
  // One that was counted as failed while it was on its way out stays so, even if it ends well: it would be waited for as a completion that never comes.
  const newSucceeded = tracked.filter((pod) => pod.status?.phase === 'Succeeded' && !uncounted.succeeded.has(uidOf(pod)) && !uncounted.failed.has(uidOf(pod)));
  const newFailed = tracked.filter((pod) => isPodFailed(pod, job) && !uncounted.failed.has(uidOf(pod)));
  const policy = job.spec?.podFailurePolicy;
  const failed = status.failed + uncounted.failed.size + newFailed.filter((pod) => judgeFailure(policy, pod).counts).length;
  const active = pods.filter(isActive);
  const { succeededBefore, succeededIndexes, failedIndexes } = isIndexed(job) ? evaluateIndexes(job, status, pods) : withoutIndexes;
  return {
    key, job, pods, active, removed, uncounted, status, failed, action: 'reconciling',
    succeeded: isIndexed(job) ? countIndexes(succeededIndexes) : status.succeeded + newSucceeded.length + uncounted.succeeded.size,
    backoff: nextBackoff(backoff, newSucceeded, newFailed),
    succeededBefore, succeededIndexes, failedIndexes,
    replaced: failedIndexes === undefined ? new Map() : keptPods(job, tracked, active, [succeededIndexes, failedIndexes]),
    finishing: ending(job, pods, { status, failed, succeededIndexes, failedIndexes, nowMs }),
    ready: active.filter(isReady).length,
    terminating: pods.filter(isTerminating).length,
  };
}

/** Pods that are not counted yet; of indexed jobs only those with an index that the job has. */
function trackedPods(job: Job, pods: readonly Pod[], removed: ReadonlySet<string>): Pod[] {
  return pods.filter((pod) => hasTrackingFinalizer(pod) && !removed.has(uidOf(pod)) && (!isIndexed(job) || validIndex(pod, job) !== undefined));
}

type Indexes = Pick<JobSync, 'succeededBefore' | 'succeededIndexes' | 'failedIndexes'>;

const withoutIndexes: Indexes = { succeededBefore: [], succeededIndexes: [], failedIndexes: undefined };

function evaluateIndexes(job: Job, status: WorkingStatus, pods: readonly Pod[]): Indexes {
  const completions = job.spec?.completions ?? 0;
  const indexesWhere = (holds: (pod: Pod) => boolean): number[] => pods.filter((pod) => hasTrackingFinalizer(pod) && holds(pod)).map((pod) => validIndex(pod, job)).filter((index) => index !== undefined);
  const succeededBefore = parseIntervals(status.completedIndexes, completions);
  return {
    succeededBefore,
    succeededIndexes: withIndexes(succeededBefore, indexesWhere((pod) => pod.status?.phase === 'Succeeded')),
    failedIndexes: isLimitedPerIndex(job) ? withIndexes(parseIntervals(status.failedIndexes ?? '', completions), indexesWhere((pod) => isIndexFailed(job, pod))) : undefined,
  };
}

function isIndexFailed(job: Job, pod: Pod): boolean {
  if (!isPodFailed(pod, job)) return false;
  const { counts, action } = judgeFailure(job.spec?.podFailurePolicy, pod);
  return action === 'FailIndex' || (counts && indexFailures(pod) >= (job.spec?.backoffLimitPerIndex ?? 0));
}

/** Of each index that is neither active nor decided, the last pod that failed. */
function keptPods(job: Job, tracked: readonly Pod[], active: readonly Pod[], decided: readonly Intervals[]): Map<number, Pod> {
  const busy = indexesOf(active);
  const kept = new Map<number, Pod>();
  for (const pod of tracked) {
    const index = completionIndex(pod);
    if (index === undefined || !isPodFailed(pod, job) || busy.has(index) || decided.some((intervals) => hasIndex(intervals, index))) continue;
    const other = kept.get(index);
    if (other === undefined || (allIndexFailures(other) <= allIndexFailures(pod) && finishedMs(pod) >= finishedMs(other))) kept.set(index, pod);
  }
  return kept;
}

interface Findings {
  readonly status: WorkingStatus;
  readonly failed: number;
  readonly succeededIndexes: Intervals;
  readonly failedIndexes: Intervals | undefined;
  readonly nowMs: number;
}

/**
 * The condition that ends the job, if it is to end. Several may hold at once, so the order is fixed: what an earlier
 * sync decided, failures, successes.
 */
function ending(job: Job, pods: readonly Pod[], findings: Findings): JobCondition | undefined {
  const { status, nowMs } = findings;
  const met = findCondition(status.conditions, 'SuccessCriteriaMet');
  if (met?.status === 'True') return met;
  const target = findCondition(status.conditions, 'FailureTarget');
  if (target?.status === 'True') return newCondition('Failed', target.reason ?? '', target.message ?? '', nowMs);
  const failure = failureOf(job, pods, findings);
  if (failure !== undefined) return newCondition('FailureTarget', failure.reason, failure.message, nowMs);
  const message = isIndexed(job) ? successPolicyMet(job.spec?.successPolicy, job.spec?.completions ?? 0, findings.succeededIndexes) : undefined;
  return message === undefined ? undefined : newCondition('SuccessCriteriaMet', 'SuccessPolicy', message, nowMs);
}

function failureOf(job: Job, pods: readonly Pod[], { status, failed, succeededIndexes, failedIndexes, nowMs }: Findings): { readonly reason: string; readonly message: string } | undefined {
  const { podFailurePolicy, backoffLimit = 6, maxFailedIndexes, completions = 0 } = job.spec ?? {};
  if (podFailurePolicy !== undefined) {
    for (const pod of pods) {
      const message = isPodFailed(pod, job) ? judgeFailure(podFailurePolicy, pod).message : undefined;
      if (message !== undefined) return { reason: 'PodFailurePolicy', message };
    }
  }
  if (failed > backoffLimit || restartsExceed(job.spec, pods)) return { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  if (remainingActiveMs(job, status, nowMs) === 0) return { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  if (failedIndexes === undefined) return undefined;
  const failures = countIndexes(failedIndexes);
  if (maxFailedIndexes !== undefined && failures > maxFailedIndexes) return { reason: 'MaxFailedIndexesExceeded', message: 'Job has exceeded the specified maximal number of failed indexes' };
  if (failures > 0 && failures + countIndexes(succeededIndexes) >= completions) return { reason: 'FailedIndexes', message: 'Job has failed indexes' };
  return undefined;
}

/** Milliseconds until the job has been active for too long, at least 0; undefined without a deadline, or while the job is suspended. */
export function remainingActiveMs(job: Job, status: Pick<WorkingStatus, 'startTime'>, nowMs: number): number | undefined {
  const seconds = job.spec?.activeDeadlineSeconds;
  const startMs = parseTime(status.startTime ?? '');
  return seconds === undefined || startMs === undefined || isSuspended(job) ? undefined : Math.max(0, startMs + seconds * 1000 - nowMs);
}

/** Where containers are restarted in place, their restarts count as failures. */
function restartsExceed(spec: JobSpec | undefined, pods: readonly Pod[]): boolean {
  if (spec?.template.spec?.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const { status } of pods) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue;
    for (const { restartCount } of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) restarts += restartCount;
  }
  const limit = spec.backoffLimit ?? 6;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/** Has every completion been reached that the job asks for? `active`: pods that still run. */
export function isComplete({ job, succeeded }: JobSync, active: number): boolean {
  const completions = job.spec?.completions;
  return active === 0 && (completions === undefined ? succeeded > 0 : succeeded >= completions);
}

/** Is the condition there that says the job has succeeded, or will when its pods are gone? */
export function hasMetCriteria(status: WorkingStatus): boolean {
  return isConditionTrue(status.conditions, 'SuccessCriteriaMet');
}
