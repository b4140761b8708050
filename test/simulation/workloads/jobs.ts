import { cronjobs, jobs } from '../../../src/api/resources.ts';
import type { CronJob, JobSpec, Job } from '../../../src/api/types/batch/v1.ts';
import type { Chance } from '../../fuzz/chance.ts';
import type { Operation } from './operation.ts';
import { edit, one, remove, someName, somewhere, template } from './operation.ts';

export function jobSpec(chance: Chance): JobSpec {
  const completions = chance.int(5) + 1;
  const indexed = chance.happens(0.4);
  const fails = chance.happens(0.3);
  const restartPolicy = chance.pick(['Never', 'OnFailure']);
  return {
    completions, parallelism: chance.int(4) + 1, completionMode: indexed ? 'Indexed' : 'NonIndexed', backoffLimit: chance.pick([0, 2, 6]),
    ...(indexed && restartPolicy === 'Never' && chance.happens(0.3) && { backoffLimitPerIndex: 1, maxFailedIndexes: 2 }),
    ...(chance.happens(0.2) && { ttlSecondsAfterFinished: chance.int(60) }),
    ...(chance.happens(0.15) && { suspend: true }),
    ...(chance.happens(0.1) && { activeDeadlineSeconds: 60 + chance.int(100) }),
    ...(restartPolicy === 'Never' && chance.happens(0.15) && { podReplacementPolicy: 'Failed' }),
    template: template(chance, { app: 'job' }, { restartPolicy }, { 'coxswain.io/exit-after': chance.pick(['1s', '8s', '40s']), ...(fails && { 'coxswain.io/exit-code': chance.pick(['1', '1,0', '1,1,0']) }) }),
  };
}

export const jobOperations: readonly Operation[] = [
  { name: 'create a job', weight: 6, run: async (context) => {
    const { client, chance } = context;
    await client.create(jobs, { apiVersion: 'batch/v1', kind: 'Job', metadata: { namespace: somewhere(context), name: someName(chance, 'job', 12) }, spec: jobSpec(chance) });
  } },
  { name: 'suspend or resume a job', weight: 2, run: async (context) => {
    const found = one<Job>(context, 'batch/jobs');
    if (found !== undefined) await edit(context, jobs, found, ({ spec }) => { spec!.suspend = spec!.suspend !== true; });
  } },
  { name: 'change the parallelism of a job', weight: 1, run: async (context) => {
    const { chance } = context;
    const found = one<Job>(context, 'batch/jobs');
    const parallelism = chance.int(5);
    if (found !== undefined) await edit(context, jobs, found, ({ spec }) => { spec!.parallelism = parallelism; });
  } },
  { name: 'delete a job', weight: 1, run: async (context) => {
    const found = one<Job>(context, 'batch/jobs');
    if (found !== undefined) await remove(context, jobs, found);
  } },
  { name: 'create a cron job', weight: 1, run: async (context) => {
    const { client, chance } = context;
    await client.create(cronjobs, {
      apiVersion: 'batch/v1', kind: 'CronJob', metadata: { namespace: somewhere(context), name: someName(chance, 'cron', 2) },
      spec: {
        schedule: chance.pick(['* * * * *', '*/2 * * * *', '*/5 * * * *']), concurrencyPolicy: chance.pick(['Allow', 'Forbid', 'Replace']),
        successfulJobsHistoryLimit: chance.int(3), failedJobsHistoryLimit: chance.int(2),
        jobTemplate: { spec: jobSpec(chance) },
      },
    });
  } },
  { name: 'delete a cron job', weight: 1, run: async (context) => {
    const found = one<CronJob>(context, 'batch/cronjobs');
    if (found !== undefined) await remove(context, cronjobs, found);
  } },
];
