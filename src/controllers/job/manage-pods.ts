import { uidOf } from '../../api/meta/object.ts';
import { isReason } from '../../api/status.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { isNamespaceTerminating } from '../common/errors.ts';
import { activePodOrder } from '../common/pod-order.ts';
import { isReady, isTerminating } from '../common/pods.ts';
import { slowStartBatches } from '../common/slow-start.ts';
import { backoffRemainingMs, finishedMs } from './backoff.ts';
import { allIndexFailures, generateNameFor, indexesOf, misplacedPods, podTemplateOf, templateForIndex } from './completion-index.ts';
import type { JobSync } from './evaluate.ts';
import { firstMissing, mergeIntervals, withIndexes } from './intervals.ts';
import type { JobParts } from './job-parts.ts';
import { removeTrackingFinalizer } from './job-parts.ts';
import { isIndexed, isLimitedPerIndex, isSuspended, replacesOnlyFailed } from './job-state.ts';

/** The most pods that one sync creates or deletes. */
const maxPodsPerSync = 500;

/** How many pods are active afterwards, and the first error. */
export interface Managed { readonly active: number; readonly error?: unknown }

interface Deleted { readonly count: number; readonly ready: number; readonly error?: unknown }

/** Deletes the active pods of a job that is to end. Their finalizers stay until they are counted. */
export async function deleteActivePods(parts: JobParts, sync: JobSync): Promise<Deleted> {
  const results = await Promise.allSettled(sync.active.map(async (pod) => {
    try {
      await parts.podControl.delete(sync.job, pod);
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
  }));
  const failed = results.filter((result) => result.status === 'rejected');
  return { count: results.length - failed.length, ready: sync.active.filter(isReady).length, ...(failed.length > 0 && { error: failed[0]!.reason as unknown }) };
}

/** Creates or deletes pods, never both, so that as many are active as the job asks for. */
export async function managePods(parts: JobParts, sync: JobSync): Promise<Managed> {
  const { job, active: { length: active } } = sync;
  const wanted = isSuspended(job) ? 0 : wantedActive(sync);
  const surplus = podsToRemove(sync, Math.max(0, active - wanted)).slice(0, isSuspended(job) ? Infinity : maxPodsPerSync);
  const missing = wanted - active - (replacesOnlyFailed(job) ? sync.terminating : 0);
  sync.action = isSuspended(job) || surplus.length > 0 ? 'pods_deleted' : missing > 0 ? 'pods_created' : 'tracking';
  if (surplus.length > 0) {
    const { count, ready, error } = await deletePods(parts, sync, surplus);
    sync.terminating += count;
    sync.ready -= ready;
    return { active: active - count, error };
  }
  return missing > 0 ? createPods(parts, sync, missing) : { active };
}

function wantedActive({ job, active, succeeded }: JobSync): number {
  const { completions, parallelism = 1 } = job.spec ?? {};
  // Without completions, the first success means that the work is done: what runs may end, nothing new is started.
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism;
  return Math.max(0, Math.min(completions - succeeded, parallelism));
}

function podsToRemove({ job, active }: JobSync, atLeast: number): Pod[] {
  const { misplaced, rest } = isIndexed(job) ? misplacedPods(active, job.spec?.completions ?? 0) : { misplaced: [], rest: active };
  return misplaced.length >= atLeast ? misplaced : [...misplaced, ...rest.toSorted(activePodOrder()).slice(0, atLeast - misplaced.length)];
}

/** Deletes pods that are too many; they do not count, so that their finalizers go first. */
async function deletePods(parts: JobParts, { key, job }: JobSync, doomed: readonly Pod[]): Promise<Deleted> {
  const { client, podControl, expectations, written } = parts;
  let ready = 0;
  expectations.expectDeletions(key, doomed.map(uidOf));
  const results = await Promise.allSettled(doomed.map(async (pod) => {
    try {
      const patched = await removeTrackingFinalizer(client, pod);
      if (patched !== undefined) written.wrote(key, parts.pods, patched);
      if (isReady(pod)) ready++;
      await podControl.delete(job, pod);
    } catch (error) {
      expectations.deletionObserved(key, uidOf(pod));
      if (!isReason(error, 'NotFound')) throw error;
    }
  }));
  const failed = results.filter((result) => result.status === 'rejected');
  return { count: results.length - failed.length, ready, ...(failed.length > 0 && { error: failed[0]!.reason as unknown }) };
}

async function createPods(parts: JobParts, sync: JobSync, missing: number): Promise<Managed> {
  const { key, job, active: { length: active } } = sync;
  const plan = planCreations(sync, Math.min(missing, maxPodsPerSync), parts.clock.now());
  if (plan.waitMs > 0) {
    parts.syncAfter(key, plan.waitMs);
    // Upstream reports no active pod at all meanwhile, which its own validation refuses where one is ready.
    return { active };
  }
  const { count, indexes } = plan;
  parts.expectations.expectCreations(key, count);
  const template = podTemplateOf(job);
  const tried = { succeeded: 0, failed: 0 };
  const { successes, error } = await slowStartBatches(count, async (i) => {
    const index = indexes?.[i];
    try {
      const pod = index === undefined
        ? await parts.podControl.create(job, template)
        : await parts.podControl.create(job, templateForIndex(job, template, index, sync.replaced.get(index)), { generateName: generateNameFor(job, index) });
      parts.written.wrote(key, parts.pods, pod);
      tried.succeeded++;
    } catch (cause) {
      // In a namespace that is being deleted every creation fails, and trying again would not help.
      if (!isNamespaceTerminating(cause)) {
        tried.failed++;
        throw cause;
      }
      // The failed pod whose place it was to take has nothing to be kept for: the namespace waits for it to go.
      if (index !== undefined) sync.replaced.delete(index);
    }
  });
  parts.metrics.podsCreated(job, { ...tried, before: sync });
  for (let i = successes; i < count; i++) parts.expectations.creationObserved(key);
  return { active: active + successes, error };
}

/** How many pods may be made now, of which indexes, or how long to wait because of failures. */
function planCreations(sync: JobSync, count: number, nowMs: number): { readonly waitMs: number; readonly count: number; readonly indexes?: readonly number[] } {
  const { job, backoff } = sync;
  if (!isLimitedPerIndex(job)) {
    const waitMs = backoffRemainingMs(backoff, nowMs);
    if (waitMs > 0 || !isIndexed(job)) return { waitMs, count };
    const indexes = pendingIndexes(sync, count);
    return { waitMs: 0, count: indexes.length, indexes };
  }
  const waits = pendingIndexes(sync, count).map((index) => ({ index, waitMs: indexWaitMs(sync.replaced.get(index), nowMs) }));
  const indexes = waits.filter(({ waitMs }) => waitMs === 0).map(({ index }) => index);
  const waitMs = indexes.length > 0 || waits.length === 0 ? 0 : Math.min(...waits.map((wait) => wait.waitMs));
  return { waitMs, count: indexes.length, indexes };
}

function indexWaitMs(replaced: Pod | undefined, nowMs: number): number {
  return replaced === undefined ? 0 : backoffRemainingMs({ failures: allIndexFailures(replaced) + 1, lastFailureMs: finishedMs(replaced) }, nowMs);
}

/** The first indexes that nothing is done about, neither done nor failed. */
function pendingIndexes({ job, pods, active, succeededIndexes, failedIndexes = [] }: JobSync, count: number): number[] {
  const busy = [...active, ...(replacesOnlyFailed(job) ? pods.filter(isTerminating) : [])];
  const taken = withIndexes(mergeIntervals(succeededIndexes, failedIndexes), indexesOf(busy));
  return firstMissing(taken, count, job.spec?.completions ?? 0);
}
