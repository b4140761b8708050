/** What a job must say, what an update may change about it, and what its status may say. */
import type { FieldError } from '../../field-error.ts';
import { invalid, notSupported, required, tooLong } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { immutableMessage, validateImmutable, validateLabelSelector } from '../../meta/object-meta.ts';
import { byteLength, dns1123Label } from '../../meta/validation.ts';
import { addDomainPrefixedPath, addNonNegative } from '../../pod/validation/rules.ts';
import { validatePodTemplateSpec } from '../../pod/validation/validate-pod.ts';
import type { Job, JobSpec, JobStatus } from '../../types/batch/v1.ts';
import type { PodTemplateSpec } from '../../types/core/v1.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';
import { addCounters, readSelector, selectorMismatch, sortedLabels } from '../apps/validation.ts';
import { controllerUidLabel, jobNameLabel, legacyControllerUidLabel, legacyJobNameLabel } from './job-labels.ts';
import { validatePodFailurePolicy, validateSuccessPolicy } from './job-policies.ts';

type Errors = FieldError[];
type Spec = Loose<JobSpec>;

const maxParallelism = 100_000;
const maxFailedIndexes = 100_000;
const manyCompletions = 100_000;
const limitForManyCompletions = 10_000;
const maxManagedByBytes = 63;

function validateIndexed(spec: Spec, path: string, errors: Errors): void {
  const { completions, parallelism, backoffLimitPerIndex, maxFailedIndexes: maxFailed } = spec;
  if (completions === undefined) errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
  if (parallelism !== undefined && parallelism > maxParallelism) errors.push(invalid(`${path}.parallelism`, parallelism, `must be less than or equal to ${maxParallelism} when completion mode is Indexed`));
  if (completions !== undefined && maxFailed !== undefined && maxFailed > completions) errors.push(invalid(`${path}.maxFailedIndexes`, maxFailed, 'must be less than or equal to completions'));
  if (maxFailed !== undefined && maxFailed > maxFailedIndexes) errors.push(invalid(`${path}.maxFailedIndexes`, maxFailed, `must be less than or equal to ${maxFailedIndexes}`));
  if (completions === undefined || completions <= manyCompletions || backoffLimitPerIndex === undefined) return;
  const detail = `must be less than or equal to ${limitForManyCompletions} when completions are above ${manyCompletions} and used with backoff limit per index`;
  if (maxFailed === undefined) errors.push(required(`${path}.maxFailedIndexes`, `must be specified when completions is above ${manyCompletions}`));
  if (parallelism !== undefined && parallelism > limitForManyCompletions) errors.push(invalid(`${path}.parallelism`, parallelism, detail));
  if (maxFailed !== undefined && maxFailed > limitForManyCompletions) errors.push(invalid(`${path}.maxFailedIndexes`, maxFailed, detail));
}

function validateNotIndexed({ backoffLimitPerIndex, maxFailedIndexes: maxFailed }: Spec, path: string, errors: Errors): void {
  if (backoffLimitPerIndex !== undefined) errors.push(invalid(`${path}.backoffLimitPerIndex`, backoffLimitPerIndex, 'requires indexed completion mode'));
  if (maxFailed !== undefined) errors.push(invalid(`${path}.maxFailedIndexes`, maxFailed, 'requires indexed completion mode'));
}

function validateRestartPolicy(spec: Spec, path: string, errors: Errors): void {
  const { restartPolicy = '' } = spec.template?.spec ?? {};
  const at = `${path}.template.spec.restartPolicy`;
  if (restartPolicy === '' || restartPolicy === 'Always') errors.push(required(at, 'valid values: "OnFailure", "Never"'));
  else if (restartPolicy !== 'OnFailure' && restartPolicy !== 'Never') errors.push(notSupported(at, restartPolicy, ['OnFailure', 'Never']));
  if (spec.podFailurePolicy !== undefined && restartPolicy !== 'Never') errors.push(invalid(at, restartPolicy, 'only "Never" is supported when podFailurePolicy is specified'));
}

/** A job's spec without its selector, which the template of a cron job lacks; `path` is that of the spec. */
export function validateJobSpecParts(spec: Spec, path: string, errors: Errors): void {
  for (const field of ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished', 'backoffLimitPerIndex', 'maxFailedIndexes'] as const) addNonNegative(errors, `${path}.${field}`, spec[field]);
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  const { managedBy, completionMode, podReplacementPolicy } = spec;
  if (managedBy !== undefined) {
    addDomainPrefixedPath(errors, `${path}.managedBy`, managedBy);
    if (byteLength(managedBy) > maxManagedByBytes) errors.push(tooLong(`${path}.managedBy`, maxManagedByBytes));
  }
  if (completionMode === 'Indexed') validateIndexed(spec, path, errors);
  else if (completionMode !== undefined && completionMode !== 'NonIndexed') errors.push(notSupported(`${path}.completionMode`, completionMode, ['NonIndexed', 'Indexed']));
  else validateNotIndexed(spec, path, errors);
  validatePodFailurePolicy(spec, `${path}.podFailurePolicy`, errors);
  validateSuccessPolicy(spec, `${path}.successPolicy`, errors);
  if (podReplacementPolicy !== undefined) {
    const supported = spec.podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed'];
    if (!supported.includes(podReplacementPolicy)) errors.push(notSupported(`${path}.podReplacementPolicy`, podReplacementPolicy, supported));
  }
  validatePodTemplateSpec(spec.template ?? {}, `${path}.template`, errors);
  validateRestartPolicy(spec, path, errors);
}

function validateSpec(spec: Spec, errors: Errors): void {
  validateJobSpecParts(spec, 'spec', errors);
  const { selector } = spec;
  if (selector === undefined) errors.push(required('spec.selector'));
  else errors.push(...validateLabelSelector(selector as LabelSelector, 'spec.selector'));
  const labels = spec.template?.metadata?.labels;
  if (readSelector(selector)?.matches(labels) === false) errors.push(invalid('spec.template.metadata.labels', sortedLabels(labels), selectorMismatch));
}

/** Labels and selector were generated, so they must be those of this job and no other's. */
function validateGenerated({ metadata = {}, spec = {} }: Loose<Job>, errors: Errors): void {
  if (spec.manualSelector === true || spec.selector === undefined) return;
  const { name = '', uid = '' } = metadata;
  if (uid === '') errors.push(required('metadata.uid'));
  const labels = spec.template?.metadata?.labels;
  const expected = { [controllerUidLabel]: uid, [jobNameLabel]: name, [legacyControllerUidLabel]: uid, [legacyJobNameLabel]: name };
  for (const [key, value] of Object.entries(expected)) {
    const at = `spec.template.metadata.labels[${key}]`;
    if (labels?.[key] === undefined) errors.push(required(at, `must be '${value}'`));
    else if (labels[key] !== value) errors.push(invalid(at, sortedLabels(labels), `must be '${value}'`));
  }
  if (readSelector(spec.selector)?.matches(expected) === false) errors.push(invalid('spec.selector', spec.selector, '`selector` not auto-generated'));
}

/** Everything that is wrong with a job. */
export function validateJob(job: Loose<Job>): FieldError[] {
  const errors: FieldError[] = [];
  const { metadata = {}, spec = {} } = job;
  validateGenerated(job, errors);
  validateSpec(spec, errors);
  if (spec.completionMode === 'Indexed' && (spec.completions ?? 0) > 0) {
    // Pods of an indexed job are called after their index.
    const hostname = `${metadata.name ?? ''}-${spec.completions! - 1}`;
    if (dns1123Label(hostname).length > 0) errors.push(invalid('metadata.name', metadata.name ?? '', `will not able to create pod with invalid DNS label: ${hostname}`));
  }
  return errors;
}

/** Completions change only together with parallelism, and only where pods have indexes. */
function validateCompletions(spec: Spec, old: Spec): FieldError[] {
  if (semanticEqual(spec.completions, old.completions)) return [];
  if (old.completionMode !== 'Indexed' || spec.completions === undefined) return [invalid('spec.completions', spec.completions ?? null, immutableMessage)];
  return spec.completions === spec.parallelism ? [] : [invalid('spec.completions', spec.completions, 'can only be modified in tandem with spec.parallelism')];
}

/** Of a suspended job that never started, its queue may still say where pods run and what they get (KEP-2926). */
function frozenTemplate(spec: Spec, old: Loose<Job>): Loose<PodTemplateSpec> {
  const { template = {} } = spec;
  const before = old.spec?.template ?? {};
  if (old.spec?.suspend !== true || (old.status?.startTime ?? null) !== null) return template;
  const { affinity, nodeSelector, tolerations, schedulingGates } = before.spec ?? {};
  const containers = template.spec?.containers?.map((container, i) => ({ ...container, resources: before.spec?.containers?.[i]?.resources }));
  const initContainers = template.spec?.initContainers?.map((container, i) => ({ ...container, resources: before.spec?.initContainers?.[i]?.resources }));
  const own = template.spec?.affinity;
  const others = own?.podAffinity !== undefined || own?.podAntiAffinity !== undefined;
  return {
    ...template,
    metadata: { ...template.metadata, labels: before.metadata?.labels, annotations: before.metadata?.annotations },
    spec: { ...template.spec, containers, initContainers, nodeSelector, tolerations, schedulingGates, affinity: affinity === undefined && !others ? undefined : { ...own, nodeAffinity: affinity?.nodeAffinity } },
  };
}

/** Everything that is wrong with a changed job. */
export function validateJobUpdate(job: Loose<Job>, old: Loose<Job>): FieldError[] {
  const { spec = {} } = job;
  const { spec: oldSpec = {} } = old;
  const errors = validateJob(job);
  errors.push(...validateCompletions(spec, oldSpec), ...validateImmutable('spec.selector', spec.selector, oldSpec.selector));
  if (!semanticEqual(frozenTemplate(spec, old), oldSpec.template)) errors.push(invalid('spec.template', spec.template, immutableMessage));
  for (const field of ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const) errors.push(...validateImmutable(`spec.${field}`, spec[field], oldSpec[field]));
  return errors;
}

const holds = ({ conditions }: Loose<JobStatus>, type: string): boolean => conditions?.some((one) => one.type === type && one.status === 'True') === true;
const omitted = (path: string, detail: string): FieldError => ({ reason: 'FieldValueInvalid', field: path, message: `Invalid value: ${detail}` });

/** Everything that is wrong with a job's new status. What was wrong before may stay. */
export function validateJobStatusUpdate({ status = {}, spec = {} }: Loose<Job>, old: Loose<Job>): FieldError[] {
  const errors: FieldError[] = [];
  const before = old.status ?? {};
  addCounters(errors, status, ['active', 'succeeded', 'failed', 'ready', 'terminating']);
  const [complete, failed] = [holds(status, 'Complete'), holds(status, 'Failed')];
  const finished = complete || failed;
  const changed = finished !== (holds(before, 'Complete') || holds(before, 'Failed'));
  if (finished && (changed || status.active !== before.active) && (status.active ?? 0) > 0) errors.push(invalid('status.active', status.active, 'active>0 is invalid for finished job'));
  if (finished && changed && (status.startTime ?? null) === null) errors.push(required('status.startTime', 'startTime is required for finished job'));
  if (complete && (status.completionTime ?? null) === null && changed) errors.push(required('status.completionTime', 'completionTime is required for Complete jobs'));
  if (!complete && (status.completionTime ?? null) !== null && status.completionTime !== before.completionTime) errors.push(invalid('status.completionTime', status.completionTime, 'cannot set completionTime when there is no Complete=True condition'));
  if (complete && failed && changed) errors.push(omitted('status.conditions', 'cannot set Complete=True and Failed=True conditions'));
  for (const type of ['Failed', 'Complete', 'FailureTarget', 'SuccessCriteriaMet']) {
    if (holds(before, type) && !holds(status, type)) errors.push(omitted('status.conditions', `cannot disable the ${type === 'Failed' || type === 'Complete' ? 'terminal ' : ''}${type}=True condition`));
  }
  if (failed && changed && !holds(status, 'FailureTarget')) errors.push(omitted('status.conditions', 'cannot set Failed=True condition without the FailureTarget=true condition'));
  if (spec.suspend === false && before.startTime !== undefined && (status.startTime ?? null) === null) errors.push(required('status.startTime', 'startTime cannot be removed for unsuspended job'));
  return errors;
}
