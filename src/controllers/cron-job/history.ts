import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import { jobs } from '../../api/resources.ts';
import type { Job } from '../../api/types/batch/v1.ts';
import { messageOf } from '../common/errors.ts';
import type { CronJobSync } from './cron-job-parts.ts';
import { endOf, forget } from './cron-job-parts.ts';

/** Deletes the oldest jobs that have ended, until there are no more than the limits allow. */
export async function clearHistory(sync: CronJobSync, children: readonly Job[]): Promise<void> {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = sync.cronJob.spec;
  const complete: Job[] = [];
  const failed: Job[] = [];
  for (const job of children) {
    const end = endOf(job);
    if (end !== undefined) (end === 'Complete' ? complete : failed).push(job);
  }
  for (const [ended, limit = Infinity] of [[complete, successfulJobsHistoryLimit], [failed, failedJobsHistoryLimit]] as const) {
    if (ended.length > limit) for (const job of ended.sort(byStartTime).slice(0, ended.length - limit)) await deleteJob(sync, job);
  }
}

/** Jobs that never started come last; equal ones by name. */
function byStartTime(a: Job, b: Job): number {
  const started = ({ status }: Job): number => parseTime(status?.startTime ?? '') ?? Infinity;
  const [startedA, startedB] = [started(a), started(b)];
  if (startedA !== startedB) return startedA < startedB ? -1 : 1;
  return nameOf(a) < nameOf(b) ? -1 : 1;
}

/** Deletes a job with its pods, and takes it off the list of active ones. Resolves with whether that was possible. */
export async function deleteJob(sync: CronJobSync, job: Job): Promise<boolean> {
  const { client, recorder } = sync.parts;
  try {
    await client.delete(jobs, { namespace: namespaceOf(job), name: nameOf(job) }, { propagationPolicy: 'Background' });
  } catch (error) {
    recorder.event(sync.cronJob, 'Warning', 'FailedDelete', `Deleted job: ${messageOf(error)}`);
    return false;
  }
  forget(sync, job.metadata.uid);
  recorder.event(sync.cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${nameOf(job)}`);
  return true;
}
