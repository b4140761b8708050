import type { FieldError } from '../../field-error.ts';
import { invalid, notSupported, required } from '../../field-error.ts';
import { formatLabelSelector } from '../../meta/labels.ts';
import type { Loose } from '../../meta/loose.ts';
import { ageOf } from '../../meta/time.ts';
import { addEnum, addNonNegative } from '../../pod/validation/rules.ts';
import { cronjobs } from '../../resources.ts';
import type { CronJob, CronJobSpec, JobTemplateSpec } from '../../types/batch/v1.ts';
import { podNameWarnings } from '../apps/warnings.ts';
import { ageColumn, column, containerColumns, nameColumn, orNone } from '../columns.ts';
import { applyPodTemplateDefaults } from '../core/pod-defaults.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';
import { CronError, isTimeZone, parseCronSchedule } from './cron-schedule.ts';
import { jobSpecWarnings } from './job.ts';
import { validateJobSpecParts } from './job-validation.ts';

/** Fills in what a cron job leaves out, in place. The job's own defaults wait until the job is made. */
export function applyCronJobDefaults(object: Loose<CronJob>): void {
  const spec = (object.spec ??= {});
  spec.concurrencyPolicy ||= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  applyPodTemplateDefaults((((spec.jobTemplate ??= {}).spec ??= {}).template ??= {}));
}

/** Jobs are called after their cron job, a dash and ten digits; their names may have 63 characters. */
const maxNameLength = 52;

function validateSchedule({ schedule = '', timeZone }: Loose<CronJobSpec>, old: CronJobSpec | undefined, errors: FieldError[]): void {
  const path = 'spec.schedule';
  if (schedule === '') return void errors.push(required(path));
  try {
    parseCronSchedule(schedule);
  } catch (error) {
    if (!(error instanceof CronError)) throw error;
    errors.push(invalid(path, schedule, error.message));
  }
  if (!schedule.includes('TZ')) return;
  // Where it stood before this was refused, it may stay.
  if (old?.schedule.includes('TZ') !== true) errors.push(invalid(path, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  else if (timeZone !== undefined) errors.push(invalid(path, schedule, 'cannot use both timeZone field and TZ or CRON_TZ in schedule'));
}

function validateTimeZone({ timeZone }: Loose<CronJobSpec>, old: CronJobSpec | undefined, errors: FieldError[]): void {
  if (timeZone === undefined || timeZone === old?.timeZone) return;
  const path = 'spec.timeZone';
  if (timeZone === '') return void errors.push(invalid(path, timeZone, 'timeZone must be nil or non-empty string'));
  const wrongPart = timeZone.split('/').some((part) => part === '.' || part === '..' || part.startsWith('-') || !/^[A-Za-z.\-_0-9+]{1,14}$/.test(part));
  if (wrongPart) return void errors.push(invalid(path, timeZone, `unknown time zone ${timeZone}`));
  if (timeZone.toLowerCase() === 'local') errors.push(invalid(path, timeZone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'));
  if (timeZone !== 'Local' && !isTimeZone(timeZone)) errors.push(invalid(path, timeZone, `unknown time zone ${timeZone}`));
}

function validateTemplate({ spec = {} }: Loose<JobTemplateSpec>, path: string, errors: FieldError[]): void {
  validateJobSpecParts(spec, `${path}.spec`, errors);
  if (spec.selector !== undefined) errors.push(invalid(`${path}.spec.selector`, spec.selector, '`selector` will be auto-generated'));
  if (spec.manualSelector === true) errors.push(notSupported(`${path}.spec.manualSelector`, true, ['nil', 'false']));
}

function validateSpec(spec: Loose<CronJobSpec>, old: CronJobSpec | undefined): FieldError[] {
  const errors: FieldError[] = [];
  validateSchedule(spec, old, errors);
  addNonNegative(errors, 'spec.startingDeadlineSeconds', spec.startingDeadlineSeconds);
  validateTimeZone(spec, old, errors);
  addEnum(errors, 'spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']);
  validateTemplate(spec.jobTemplate ?? {}, 'spec.jobTemplate', errors);
  addNonNegative(errors, 'spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit);
  addNonNegative(errors, 'spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit);
  return errors;
}

function validateCronJob({ metadata = {}, spec = {} }: Loose<CronJob>): FieldError[] {
  const errors = validateSpec(spec, undefined);
  const { name = '' } = metadata;
  if (name.length > maxNameLength) errors.push(invalid('metadata.name', name, `must be no more than ${maxNameLength} characters`));
  return errors;
}

const rules = standardRules<CronJob>({ status: true, generation: true });

const suspendText = (suspend: boolean | undefined): string => (suspend === undefined ? '<unset>' : suspend ? 'True' : 'False');

export const cronJobDefinition: ResourceDefinition<CronJob> = {
  type: cronjobs,
  allowUnconditionalUpdate: true,
  ...rules,
  applyDefaults: applyCronJobDefaults,
  prepareForCreate(object) {
    object.status = {};
    object.metadata.generation = 1;
  },
  validate: validateCronJob,
  update: { ...rules.update, validateUpdate: ({ spec = {} }: Loose<CronJob>, old) => validateSpec(spec, old.spec) },
  warnings(object, old) {
    const { metadata, spec } = object;
    const path = 'spec.jobTemplate.spec';
    if (old === undefined) return [...podNameWarnings(object), ...jobSpecWarnings(spec.jobTemplate?.spec, path)];
    const warnings = metadata.generation === old.metadata.generation ? [] : jobSpecWarnings(spec.jobTemplate.spec, path);
    // Upstream's path says `spec` twice.
    if (spec.schedule.includes('TZ')) warnings.push('cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details');
    return warnings;
  },
  columns: [
    nameColumn,
    column('Schedule', ({ spec }) => spec.schedule),
    column('Timezone', ({ spec }) => orNone(spec.timeZone)),
    column('Suspend', ({ spec }) => suspendText(spec.suspend), { type: 'boolean' }),
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
