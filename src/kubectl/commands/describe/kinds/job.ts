import { labelSelectorAsSelector } from '../../../../api/meta/labels.ts';
import { humanDuration, parseTime } from '../../../../api/meta/time.ts';
import type { Job } from '../../../../api/types/batch/v1.ts';
import { describer } from '../describer.ts';
import { longTime, orUnset } from '../page.ts';
import { writePodTemplate } from '../pod-template.ts';

/** Indexes are shown up to about here. */
const maxIndexesText = 50;

function indexesText(indexes: string): string {
  if (indexes === '') return '<none>';
  const comma = indexes.indexOf(',', maxIndexesText);
  return comma < 0 ? indexes : `${indexes.slice(0, comma + 1)}...`;
}

export default describer<Job>('batch/v1', async ({ metadata, spec, status = {} }, { page, events }) => {
  page.field('Name', metadata.name);
  page.field('Namespace', metadata.namespace);
  page.field('Selector', labelSelectorAsSelector(spec?.selector).toString());
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.controlledBy(metadata.ownerReferences);
  if (spec?.parallelism !== undefined) page.field('Parallelism', spec.parallelism);
  page.field('Completions', orUnset(spec?.completions));
  if (spec?.completionMode !== undefined) page.field('Completion Mode', spec.completionMode);
  if (spec?.suspend !== undefined) page.field('Suspend', spec.suspend);
  if (spec?.backoffLimit !== undefined) page.field('Backoff Limit', spec.backoffLimit);
  if (spec?.ttlSecondsAfterFinished !== undefined) page.field('TTL Seconds After Finished', spec.ttlSecondsAfterFinished);
  if (status.startTime !== undefined) page.field('Start Time', longTime(status.startTime));
  if (status.completionTime !== undefined) page.field('Completed At', longTime(status.completionTime));
  if (status.startTime !== undefined && status.completionTime !== undefined) page.field('Duration', humanDuration((parseTime(status.completionTime) ?? 0) - (parseTime(status.startTime) ?? 0)));
  if (spec?.activeDeadlineSeconds !== undefined) page.field('Active Deadline Seconds', `${spec.activeDeadlineSeconds}s`);
  page.field('Pods Statuses', `${status.active ?? 0} Active${status.ready === undefined ? '' : ` (${status.ready} Ready)`} / ${status.succeeded ?? 0} Succeeded / ${status.failed ?? 0} Failed`);
  if (spec?.completionMode === 'Indexed') page.field('Completed Indexes', indexesText(status.completedIndexes ?? ''));
  writePodTemplate(page, spec?.template);
  await events();
});
