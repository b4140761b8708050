import { formatLabelSelector } from '../../meta/labels.ts';
import type { Loose } from '../../meta/loose.ts';
import { humanDuration } from '../../meta/time.ts';
import { podTemplateWarnings } from '../../pod/pod-warnings.ts';
import { jobs } from '../../resources.ts';
import type { Job, JobSpec } from '../../types/batch/v1.ts';
import { podNameWarnings } from '../apps/warnings.ts';
import { ageColumn, column, containerColumns, nameColumn, timeOf } from '../columns.ts';
import { applyPodTemplateDefaults } from '../core/pod-defaults.ts';
import type { ResourceDefinition, RuleContext } from '../definition.ts';
import { standardRules, statusRules } from '../strategy.ts';
import { controllerUidLabel, jobNameLabel, legacyControllerUidLabel, legacyJobNameLabel } from './job-labels.ts';
import { validateJobStatusUpdate } from './job-status.ts';
import { validateJob, validateJobUpdate } from './job-validation.ts';

const maxInt32 = 2 ** 31 - 1;

function applyJobSpecDefaults(spec: Loose<JobSpec>): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : maxInt32;
  spec.completionMode ??= 'NonIndexed';
  spec.suspend ??= false;
  for (const rule of spec.podFailurePolicy?.rules ?? []) for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  spec.manualSelector ??= false;
}

/** Fills in what a job leaves out, in place (upstream's SetDefaults_Job). */
export function applyJobDefaults(object: Loose<Job>): void {
  const spec = (object.spec ??= {});
  applyJobSpecDefaults(spec);
  const template = (spec.template ??= {});
  const labels = template.metadata?.labels;
  const metadata = (object.metadata ??= {});
  if (labels !== undefined && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
  applyPodTemplateDefaults(template);
}

/**
 * Labels the pods with the job's name and uid, and selects them by the uid. What the user wrote stays, and is refused
 * by validation where it contradicts.
 */
function generateSelector({ metadata, spec }: Job): void {
  if (spec === undefined) return;
  const { name = '', uid = '' } = metadata;
  const template = (spec.template.metadata ??= {});
  template.labels = { [legacyJobNameLabel]: name, [jobNameLabel]: name, [legacyControllerUidLabel]: uid, [controllerUidLabel]: uid, ...template.labels };
  spec.selector = { ...spec.selector, matchLabels: { [controllerUidLabel]: uid, ...spec.selector?.matchLabels } };
}

/** In the order in which one condition hides another. */
const shownConditions = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'] as const;

function statusText({ metadata, status }: Job): string {
  const holds = (type: string): boolean => status?.conditions?.some((one) => one.type === type && one.status === 'True') === true;
  if (holds('Complete')) return 'Complete';
  if (holds('Failed')) return 'Failed';
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  return shownConditions.find(holds) ?? 'Running';
}

function completionsText({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText({ status }: Job, { nowMs }: RuleContext): string {
  const started = timeOf(status?.startTime ?? undefined);
  if (started === undefined) return '';
  return humanDuration((timeOf(status?.completionTime ?? undefined) ?? nowMs) - started);
}

const maxPreciseCompletions = 100_000;
const maxPreciseParallelism = 10_000;

/** Warnings for a job's spec, or for that of a cron job's template; `path` is that of the spec. */
export function jobSpecWarnings(spec: JobSpec | undefined, path: string): string[] {
  const warnings: string[] = [];
  if (spec?.completionMode === 'Indexed' && (spec.completions ?? 0) > maxPreciseCompletions && (spec.parallelism ?? 0) > maxPreciseParallelism) {
    warnings.push(`${path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`);
  }
  return [...warnings, ...podTemplateWarnings(spec?.template, `${path}.template`)];
}

const rules = standardRules<Job>({ status: true, generation: true });

export const jobDefinition: ResourceDefinition<Job> = {
  type: jobs,
  allowUnconditionalUpdate: true,
  ...rules,
  applyDefaults: applyJobDefaults,
  prepareForCreate(object) {
    if (object.spec?.manualSelector !== true) generateSelector(object);
    object.status = {};
    object.metadata.generation = 1;
  },
  validate: validateJob,
  update: { ...rules.update, validateUpdate: validateJobUpdate },
  subresources: { status: statusRules<Job>(validateJobStatusUpdate) },
  warnings(object, old) {
    const { metadata, spec } = object;
    if (old !== undefined) return metadata.generation === old.metadata.generation ? [] : jobSpecWarnings(spec, 'spec');
    return [...podNameWarnings(object), ...jobSpecWarnings(spec, 'spec')];
  },
  columns: [
    nameColumn,
    column('Status', statusText),
    column('Completions', completionsText),
    column('Duration', durationText),
    ageColumn,
    ...containerColumns<Job>(({ spec }) => spec?.template.spec?.containers),
    column('Selector', ({ spec }) => formatLabelSelector(spec?.selector), { wide: true }),
  ],
  selectableFields: ({ status }) => ({ 'status.successful': String(status?.succeeded ?? 0) }),
  defaultPropagation: 'orphan',
};
