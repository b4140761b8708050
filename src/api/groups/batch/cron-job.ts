import { formatLabelSelector } from '../../meta/labels.ts';
import type { Loose } from '../../meta/loose.ts';
import { ageOf } from '../../meta/time.ts';
import { cronjobs } from '../../resources.ts';
import type { CronJob } from '../../types/batch/v1.ts';
import { ageColumn, column, containerColumns, nameColumn, orNone } from '../columns.ts';
import { applyPodTemplateDefaults } from '../core/pod-defaults.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';

/** Fills in what a cron job leaves out, in place. The job's own defaults wait until the job is made. */
export function applyCronJobDefaults(object: Loose<CronJob>): void {
  const spec = (object.spec ??= {});
  spec.concurrencyPolicy ||= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  applyPodTemplateDefaults((((spec.jobTemplate ??= {}).spec ??= {}).template ??= {}));
}

const suspendText = (suspend: boolean | undefined): string => (suspend === undefined ? '<unset>' : suspend ? 'True' : 'False');

export const cronJobDefinition: ResourceDefinition<CronJob> = {
  type: cronjobs,
  allowUnconditionalUpdate: true,
  ...standardRules<CronJob>({ status: true, generation: true }),
  applyDefaults: applyCronJobDefaults,
  prepareForCreate(object) {
    object.status = {};
    object.metadata.generation = 1;
  },
  columns: [
    nameColumn,
    column('Schedule', ({ spec }) => spec.schedule),
    column('Timezone', ({ spec }) => orNone(spec.timeZone)),
    column('Suspend', ({ spec }) => suspendText(spec.suspend)),
    column('Active', ({ status }) => status?.active?.length ?? 0, { type: 'integer' }),
    column('Last Schedule', ({ status }, { nowMs }) => {
      const time = status?.lastScheduleTime;
      return time === undefined || time === null ? '<none>' : ageOf(time, nowMs);
    }),
    ageColumn,
    ...containerColumns<CronJob>(({ spec }) => spec.jobTemplate.spec?.template.spec?.containers),
    column('Selector', ({ spec }) => formatLabelSelector(spec.jobTemplate.spec?.selector), { wide: true }),
  ],
};
