import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import { jobs } from '../../api/resources.ts';
import type { CronJob, Job } from '../../api/types/batch/v1.ts';
import { messageOf } from '../common/errors.ts';
import type { CronJobSync } from './cron-job-parts.ts';
import { endOf, forget } from './cron-job-parts.ts';

/** The oldest jobs that have ended, where there are more than the limits allow. */
export function surplusJobs({ spec }: CronJob, children: readonly Job[]): readonly Job[] {
  const { successfulJobsHistoryLimit = Infinity, failedJobsHistoryLimit = Infinity } = spec;
  const complete: Job[] = [];
  const failed: Job[] = [];
  for (const job of children) {
    const end = endOf(job);
    if (end !== undefined) (end === 'Complete' ? complete : failed).push(job);
  }
  if (complete.length <= successfulJobsHistoryLimit && failed.length <= failedJobsHistoryLimit) return [];
  return [...oldest(complete, successfulJobsHistoryLimit), ...oldest(failed, failedJobsHistoryLimit)];
}

const oldest = (ended: Job[], kept: number): Job[] => ended.sort(byStartTime).slice(0, Math.max(0, ended.length - kept));

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
