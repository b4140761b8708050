import { keyOf, splitKey, uidOf } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import { jobs } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Job } from '../../api/types/batch/v1.ts';
import type { ReconcileResult } from '../../client/controller.ts';
import { runController } from '../../client/controller.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import type { ControllerContext } from '../common/context.ts';

/** Deletes finished jobs, with their pods, when their time to live is over. */
export async function startTtlAfterFinishedController(context: ControllerContext): Promise<void> {
  const { clock, logger, signal } = context;
  const client = context.clientFor('ttl-after-finished-controller');
  const informer = context.informers.informer(jobs);
  const queue = new WorkQueue({ clock });
  const enqueue = (job: Job): void => { if (expiresAtMs(job) !== undefined) queue.add(keyOf(job)); };
  informer.addHandler({ add: enqueue, update: (_old, job) => enqueue(job) });

  const remainingMs = (job: Job): number | undefined => {
    const atMs = expiresAtMs(job);
    return atMs === undefined ? undefined : atMs - clock.now();
  };
  const reconcile = async (key: string): Promise<ReconcileResult> => {
    const cached = informer.lister.getByKey(key);
    const leftMs = cached === undefined ? undefined : remainingMs(cached);
    if (leftMs === undefined) return undefined;
    if (leftMs > 0) return { requeueAfterMs: leftMs };
    try {
      // The time to live may have been changed while the cache was behind.
      const fresh = await client.get(jobs, splitKey(key));
      const stillMs = remainingMs(fresh);
      if (stillMs === undefined) return undefined;
      if (stillMs > 0) return { requeueAfterMs: stillMs };
      await client.delete(jobs, splitKey(key), { propagationPolicy: 'Foreground', preconditions: { uid: uidOf(fresh) } });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
    return undefined;
  };
  runController({ name: 'ttl-after-finished-controller', clock, logger, signal, informers: [informer], queue, reconcile });
}

/** When the job is to be deleted, epoch milliseconds; undefined for one that has not finished, is being deleted or lives on. */
export function expiresAtMs({ metadata, spec, status }: Job): number | undefined {
  const seconds = spec?.ttlSecondsAfterFinished;
  const finished = status?.conditions?.find((condition) => (condition.type === 'Complete' || condition.type === 'Failed') && condition.status === 'True');
  if (seconds === undefined || finished === undefined || metadata.deletionTimestamp !== undefined) return undefined;
  const finishedMs = parseTime(finished.lastTransitionTime ?? '');
  return finishedMs === undefined ? undefined : finishedMs + seconds * 1000;
}
