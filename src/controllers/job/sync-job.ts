import { labelSelectorAsSelector } from '../../api/meta/labels.ts';
import { namespaceOf, splitKey, uidOf } from '../../api/meta/object.ts';
import { jobs, pods as podType } from '../../api/resources.ts';
import type { Job } from '../../api/types/batch/v1.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import { StaleCacheError } from '../common/written-versions.ts';
import { claim } from '../common/claim.ts';
import type { indexByController } from '../common/indexes.ts';
import { noFailures } from './backoff.ts';
import type { JobSync } from './evaluate.ts';
import { evaluate, isComplete, remainingActiveMs } from './evaluate.ts';
import type { JobParts } from './job-parts.ts';
import { isFinished, isManagedElsewhere, isSuspended, newCondition, trackingFinalizer, withCondition } from './job-state.ts';
import { deleteActivePods, managePods } from './manage-pods.ts';
import { trackPods } from './track-pods.ts';

/** Brings a job's pods, and then its status, nearer to what the job asks for. */
export async function syncJob(parts: JobParts, podIndex: ReturnType<typeof indexByController<Pod>>, key: string): Promise<void> {
  const { expectations, removals, backoffs, written, finished } = parts;
  // While what was written is not seen, what is read would be acted on twice.
  try {
    written.ensureSeen(key);
  } catch (error) {
    if (error instanceof StaleCacheError) parts.metrics.skippedStale(error.cache === parts.jobs ? 'jobs' : 'pods');
    throw error;
  }
  const { namespace, name } = splitKey(key);
  const job = parts.jobs.lister.get(namespace, name);
  if (job === undefined) {
    for (const memory of [expectations, removals, written]) memory.forget(key);
    backoffs.delete(key);
    return;
  }
  if (isManagedElsewhere(job)) return;
  if (isFinished(job)) {
    backoffs.delete(key);
    written.forget(key);
    finished.delete(uidOf(job));
    return;
  }
  if (finished.has(uidOf(job))) return;
  if (!['Indexed', 'NonIndexed'].includes(job.spec?.completionMode ?? 'NonIndexed')) {
    parts.recorder.event(job, 'Warning', 'UnknownCompletionMode', 'Skipped Job sync because completion mode is unknown');
    return;
  }
  await measured(parts, job, async (started) => {
    // Asked before pods are read: what is seen in between is not missing from them.
    const waitMs = expectations.remainingMs(key);
    if (waitMs > 0) parts.syncAfter(key, waitMs);
    const pods = await claimPods(parts, podIndex, job);
    const sync = evaluate({ key, job, pods, removed: removals.of(key), backoff: backoffs.get(key) ?? noFailures, nowMs: parts.clock.now() });
    started(sync);
    await actOn(parts, sync, waitMs === 0);
  });
}

/** Counts what a sync did in the end, and how long it took. */
async function measured({ clock, metrics }: JobParts, job: Job, work: (started: (sync: JobSync) => void) => Promise<void>): Promise<void> {
  const startMs = clock.monotonicMs();
  let sync: JobSync | undefined;
  let failed = true;
  try {
    await work((started) => { sync = started; });
    failed = false;
  } finally {
    metrics.synced(job, sync?.action ?? 'reconciling', { failed, seconds: (clock.monotonicMs() - startMs) / 1000 });
  }
}

function claimPods({ client }: JobParts, podIndex: ReturnType<typeof indexByController<Pod>>, job: Job): Promise<Pod[]> {
  return claim({
    client, owner: job, ownerType: jobs, type: podType, selector: labelSelectorAsSelector(job.spec?.selector), finalizer: trackingFinalizer,
    candidates: [...podIndex.dependents(uidOf(job)), ...podIndex.orphans(namespaceOf(job))],
  });
}

async function actOn(parts: JobParts, sync: JobSync, satisfied: boolean): Promise<void> {
  const { job, status } = sync;
  let active = sync.active.length;
  let failure: unknown;
  let suspensionChanged = false;
  if (sync.finishing === undefined) {
    const remainingMs = remainingActiveMs(job, status, parts.clock.now());
    if (remainingMs !== undefined) parts.syncAfter(sync.key, remainingMs);
    const mayManage = satisfied && job.metadata.deletionTimestamp === undefined;
    if (mayManage) ({ active, error: failure } = await managePods(parts, sync));
    if (isComplete(sync, active)) sync.finishing = newCondition('SuccessCriteriaMet', 'CompletionsReached', 'Reached expected number of succeeded pods', parts.clock.now());
    else if (mayManage) suspensionChanged = updateSuspension(parts, sync);
  } else {
    const { count, ready, error } = active === 0 ? { count: 0, ready: 0 } : await deleteActivePods(parts, sync);
    // Pods may be left that could not be deleted, or that are not seen yet.
    if (count !== active || !satisfied) sync.finishing = undefined;
    active -= count;
    sync.terminating += count;
    sync.ready -= ready;
    failure = error;
  }
  const changed = suspensionChanged || active !== status.active || sync.ready !== status.ready || sync.terminating !== status.terminating;
  Object.assign(status, { active, ready: sync.ready, terminating: sync.terminating });
  await trackPods(parts, sync, changed);
  if (failure !== undefined) throw failure;
}

/** Says whether the job is suspended. Its active time starts anew when it is resumed. */
function updateSuspension({ clock, recorder }: JobParts, { job, status }: JobSync): boolean {
  const nowMs = clock.now();
  const suspended = isSuspended(job);
  const condition = suspended ? newCondition('Suspended', 'JobSuspended', 'Job suspended', nowMs) : newCondition('Suspended', 'JobResumed', 'Job resumed', nowMs, 'False');
  const conditions = withCondition(status.conditions, condition);
  if (conditions === undefined) return false;
  status.conditions = conditions;
  if (suspended) delete status.startTime;
  else status.startTime = formatTime(nowMs);
  recorder.event(job, 'Normal', suspended ? 'Suspended' : 'Resumed', suspended ? 'Job suspended' : 'Job resumed');
  return true;
}
