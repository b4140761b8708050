/**
 * Counts finished pods exactly once: their uids go to the status, then their finalizers go, then the numbers in the
 * status take the place of the uids. A crash in between repeats a step, and counts nothing twice.
 */
import { uidOf } from '../../api/meta/object.ts';
import { jobs } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { JobCondition } from '../../api/types/batch/v1.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { byCompletionIndex, completionIndex, validIndex } from './completion-index.ts';
import type { JobSync } from './evaluate.ts';
import { hasMetCriteria } from './evaluate.ts';
import { countIndexes, formatIntervals, hasIndex, withIndexes } from './intervals.ts';
import type { JobParts } from './job-parts.ts';
import { removeTrackingFinalizer } from './job-parts.ts';
import { hasTrackingFinalizer, isIndexed, isLimitedPerIndex, isPodFailed, newCondition, withCondition, workingStatus, writtenStatus } from './job-state.ts';
import type { FailureVerdict } from './pod-failure-policy.ts';
import { judgeFailure } from './pod-failure-policy.ts';

/** The most uids in a status, which is to stay below about 20 KB. */
const maxUncounted = 500;

/** Writes what the sync found. `changed`: something in the status did that is not about counting. */
export async function trackPods(parts: JobParts, sync: JobSync, changed: boolean): Promise<void> {
  const { key } = sync;
  const withFinalizer = new Set(sync.pods.filter((pod) => isTracked(sync, pod)).map(uidOf));
  const settled = settleCounts(sync, withFinalizer);
  const tally = tallyPods(sync);
  const indexed = isIndexed(sync.job) && writeIndexes(sync, tally.newIndexes);
  const announced = announceEnd(sync, parts.clock.now());
  let dirty = changed || settled || tally.changed || indexed || announced;
  if (dirty) {
    await writeStatus(parts, sync);
    parts.backoffs.set(key, sync.backoff);
    dirty = false;
  }
  parts.metrics.handledByPolicy(tally.handled);
  const failure = tally.countable.length === 0 ? undefined : await removeFinalizers(parts, sync, tally.countable, withFinalizer);
  dirty = settleCounts(sync, withFinalizer);
  if (failure !== undefined) {
    if (dirty) await writeStatus(parts, sync);
    throw failure;
  }
  const ended = tally.full ? undefined : enactEnd(sync, parts.clock.now());
  if (!dirty && ended === undefined) return;
  await writeStatus(parts, sync);
  if (ended === undefined) return;
  recordEnd(parts, sync, ended);
  parts.finished.add(uidOf(sync.job));
}

const isTracked = ({ removed }: JobSync, pod: Pod): boolean => hasTrackingFinalizer(pod) && !removed.has(uidOf(pod));

async function writeStatus({ client, written, jobs: informer, metrics }: JobParts, sync: JobSync): Promise<void> {
  const before = sync.job.status ?? {};
  sync.job = await client.update(jobs, { ...sync.job, status: writtenStatus(sync.status) }, { subresource: 'status' });
  written.wrote(sync.key, informer, sync.job);
  sync.status = workingStatus(sync.job.status);
  metrics.statusWritten(sync.job, before, sync.status);
}

/** Uids of pods whose finalizer is gone become numbers. */
function settleCounts({ status }: JobSync, withFinalizer: ReadonlySet<string>): boolean {
  let settled = false;
  for (const outcome of ['succeeded', 'failed'] as const) {
    const uids = status.uncountedTerminatedPods[outcome];
    const left = uids.filter((uid) => withFinalizer.has(uid));
    if (left.length === uids.length) continue;
    status[outcome] += uids.length - left.length;
    status.uncountedTerminatedPods[outcome] = left;
    settled = true;
  }
  return settled;
}

interface Tally {
  /** Pods whose finalizer may go. */
  readonly countable: readonly Pod[];
  readonly newIndexes: readonly number[];
  /** Actions of the failure policy's rules that decided about pods. */
  readonly handled: readonly string[];
  readonly changed: boolean;
  /** There is more to count in a later sync. */
  readonly full: boolean;
}

/** Adds pods that have finished to the uncounted ones. Succeeded indexes need no uids: an index is counted once. */
function tallyPods(sync: JobSync): Tally {
  const { status: { uncountedTerminatedPods: uncounted }, job } = sync;
  const countable: Pod[] = [];
  const newIndexes: number[] = [];
  const handled: string[] = [];
  let changed = false;
  for (const pod of isIndexed(job) ? sync.pods.toSorted(byCompletionIndex) : sync.pods) {
    if (!isTracked(sync, pod) || !mayLoseFinalizer(sync, pod)) continue;
    countable.push(pod);
    const { outcome, action } = outcomeOf(sync, pod);
    if (action !== undefined) handled.push(action);
    if (outcome !== undefined) {
      changed = true;
      if (outcome === 'succeeded' && isIndexed(job)) newIndexes.push(completionIndex(pod)!);
      else uncounted[outcome].push(uidOf(pod));
    }
    if (newIndexes.length + uncounted.succeeded.length + uncounted.failed.length >= maxUncounted) return { countable, newIndexes, handled, changed, full: true };
  }
  return { countable, newIndexes, handled, changed, full: false };
}

/** What a pod is to be counted as; undefined when it was counted, or counts as nothing. And what a rule said of it. */
interface Outcome { readonly outcome?: 'succeeded' | 'failed'; readonly action?: FailureVerdict['action'] }

const nothing: Outcome = {};
const success: Outcome = { outcome: 'succeeded' };

function outcomeOf(sync: JobSync, pod: Pod): Outcome {
  const { job, uncounted, finishing } = sync;
  const uid = uidOf(pod);
  const index = isIndexed(job) ? validIndex(pod, job) : undefined;
  const misplaced = isIndexed(job) && index === undefined;
  if (pod.status?.phase === 'Succeeded' && !uncounted.failed.has(uid)) {
    const known = index === undefined ? uncounted.succeeded.has(uid) : hasIndex(sync.succeededBefore, index);
    return misplaced || known ? nothing : success;
  }
  // Once the job is to fail, every pod that has not ended counts as failed.
  const failed = isPodFailed(pod, job) || (finishing !== undefined && finishing.type !== 'SuccessCriteriaMet');
  if (!failed || misplaced || uncounted.failed.has(uid)) return nothing;
  const { counts, action } = judgeFailure(job.spec?.podFailurePolicy, pod);
  return counts ? { outcome: 'failed', action } : { action };
}

function mayLoseFinalizer({ job, finishing, replaced }: JobSync, pod: Pod): boolean {
  if (job.metadata.deletionTimestamp !== undefined || finishing !== undefined || pod.status?.phase === 'Succeeded') return true;
  if (!isPodFailed(pod, job)) return false;
  const index = isLimitedPerIndex(job) ? completionIndex(pod) : undefined;
  return index === undefined || replaced.get(index)?.metadata.uid !== pod.metadata.uid;
}

function writeIndexes({ status, succeededIndexes, failedIndexes }: JobSync, newIndexes: readonly number[]): boolean {
  const succeeded = withIndexes(succeededIndexes, newIndexes);
  const [completed, failed] = [formatIntervals(succeeded), failedIndexes === undefined ? undefined : formatIntervals(failedIndexes)];
  const changed = completed !== status.completedIndexes || failed !== status.failedIndexes;
  status.succeeded = countIndexes(succeeded);
  status.completedIndexes = completed;
  if (failed === undefined) delete status.failedIndexes;
  else status.failedIndexes = failed;
  return changed;
}

/** Says that the job is going to end, before its pods lose their finalizers, and what its last condition will be. */
function announceEnd(sync: JobSync, nowMs: number): boolean {
  const { finishing, status } = sync;
  const final = (type: string, { reason = '', message = '' }: JobCondition): JobCondition => newCondition(type, reason, message, nowMs);
  switch (finishing?.type) {
    case 'FailureTarget':
      status.conditions.push(finishing);
      sync.finishing = final('Failed', finishing);
      return true;
    case 'SuccessCriteriaMet': {
      const known = hasMetCriteria(status);
      if (!known) status.conditions.push(finishing);
      sync.finishing = final('Complete', finishing);
      return !known;
    }
    default:
      return false;
  }
}

/** Takes off the finalizers; what succeeds leaves the set. Returns the first error. */
async function removeFinalizers(parts: JobParts, { key }: JobSync, pods: readonly Pod[], withFinalizer: Set<string>): Promise<unknown> {
  const { client, removals, written } = parts;
  removals.expect(key, pods.map(uidOf));
  const results = await Promise.allSettled(pods.map(async (pod) => {
    try {
      const patched = await removeTrackingFinalizer(client, pod);
      if (patched !== undefined) written.wrote(key, parts.pods, patched);
    } catch (error) {
      removals.observed(key, uidOf(pod));
      if (!isReason(error, 'NotFound')) throw error;
    }
    withFinalizer.delete(uidOf(pod));
  }));
  return results.find((result) => result.status === 'rejected')?.reason;
}

/** The last condition, when nothing is left to count and to wait for. Answers it. */
function enactEnd({ finishing, status, terminating }: JobSync, nowMs: number): JobCondition | undefined {
  const { succeeded, failed } = status.uncountedTerminatedPods;
  if (finishing === undefined || succeeded.length + failed.length > 0 || terminating > 0) return undefined;
  const { type, reason = '', message = '', lastTransitionTime } = finishing;
  status.conditions = withCondition(status.conditions, newCondition(type, reason, message, nowMs)) ?? status.conditions;
  if (type === 'Complete' && lastTransitionTime !== undefined) status.completionTime = lastTransitionTime;
  return finishing;
}

function recordEnd({ recorder, metrics }: JobParts, { job, status }: JobSync, ended: JobCondition): void {
  const { type, reason = '', message = '' } = ended;
  metrics.jobFinished(job, ended);
  if (type !== 'Complete') return recorder.event(job, 'Warning', reason, message);
  const completions = job.spec?.completions;
  if (completions !== undefined && status.succeeded > completions) recorder.event(job, 'Warning', 'TooManySucceededPods', 'Too many succeeded pods running after completion count reached');
  recorder.event(job, 'Normal', 'Completed', 'Job completed');
}
