import { labelSelectorAsSelector } from '../../../../api/meta/labels.ts';
import type { CronJob } from '../../../../api/types/batch/v1.ts';
import { describer } from '../describer.ts';
import { boolText, longTime, orUnset } from '../page.ts';
import { writePodTemplate } from '../pod-template.ts';

export default describer<CronJob>('batch/v1', async ({ metadata, spec, status = {} }, { page, events }) => {
  page.field('Name', metadata.name);
  page.field('Namespace', metadata.namespace);
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.field('Schedule', spec?.schedule);
  page.field('Concurrency Policy', spec?.concurrencyPolicy);
  page.field('Suspend', spec?.suspend === undefined ? '<unset>' : boolText(spec.suspend));
  page.field('Time Zone', orUnset(spec?.timeZone));
  page.field('Successful Job History Limit', orUnset(spec?.successfulJobsHistoryLimit));
  page.field('Failed Job History Limit', orUnset(spec?.failedJobsHistoryLimit));
  page.field('Starting Deadline Seconds', spec?.startingDeadlineSeconds === undefined ? '<unset>' : `${spec.startingDeadlineSeconds}s`);
  const job = spec?.jobTemplate.spec;
  page.field('Selector', job?.selector === undefined ? '<unset>' : labelSelectorAsSelector(job.selector).toString());
  page.field('Parallelism', orUnset(job?.parallelism));
  page.field('Completions', orUnset(job?.completions));
  if (job?.activeDeadlineSeconds !== undefined) page.field('Active Deadline Seconds', `${job.activeDeadlineSeconds}s`);
  writePodTemplate(page, job?.template);
  page.field('Last Schedule Time', status.lastScheduleTime === undefined ? '<unset>' : longTime(status.lastScheduleTime));
  page.field('Active Jobs', (status.active ?? []).length === 0 ? '<none>' : status.active!.map(({ name }) => name).join(', '));
  await events();
});
