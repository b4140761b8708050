/** What a job must say, and what an update may change about it. */
import type { FieldError } from '../../field-error.ts';
import { invalid, notSupported, required, tooLong } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { immutableMessage, validateImmutable, validateLabelSelector } from '../../meta/object-meta.ts';
import { byteLength, dns1123Label } from '../../meta/validation.ts';
import { addDomainPrefixedPath, addNonNegative } from '../../pod/validation/rules.ts';
import { validatePodTemplateSpec } from '../../pod/validation/validate-pod.ts';
import type { Job, JobSpec } from '../../types/batch/v1.ts';
import type { Affinity, Container } from '../../types/core/v1.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';
import { readSelector, selectorMismatch, sortedLabels } from '../apps/validation.ts';
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
  else if (spec.podFailurePolicy !== undefined && restartPolicy !== 'Never') errors.push(invalid(at, restartPolicy, 'only "Never" is supported when podFailurePolicy is specified'));
}

/** What is let pass because it stood before. */
interface JobOptions {
  /** The selector had label values that cannot be. */
  readonly allowInvalidValues?: boolean;
  /** The pods have only the labels without a domain. */
  readonly legacyLabels?: boolean;
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

function validateSpec(spec: Spec, errors: Errors, options: JobOptions): void {
  validateJobSpecParts(spec, 'spec', errors);
  const { selector } = spec;
  if (selector === undefined) errors.push(required('spec.selector'));
  else errors.push(...validateLabelSelector(selector as LabelSelector, 'spec.selector', { allowInvalidValues: options.allowInvalidValues === true }));
  const labels = spec.template?.metadata?.labels;
  if (readSelector(selector)?.matches(labels) === false) errors.push(invalid('spec.template.metadata.labels', sortedLabels(labels), selectorMismatch));
}

/** Labels and selector were generated, so they must be those of this job and no other's. */
function validateGenerated({ metadata = {}, spec = {} }: Loose<Job>, errors: Errors, { legacyLabels }: JobOptions): void {
  if (spec.manualSelector === true || spec.selector === undefined) return;
  const { name = '', uid = '' } = metadata;
  if (uid === '') errors.push(required('metadata.uid'));
  const labels = spec.template?.metadata?.labels;
  const expected = { [legacyControllerUidLabel]: uid, [legacyJobNameLabel]: name, ...(legacyLabels !== true && { [controllerUidLabel]: uid, [jobNameLabel]: name }) };
  for (const [key, value] of Object.entries(expected)) {
    const at = `spec.template.metadata.labels[${key}]`;
    if (labels?.[key] === undefined) errors.push(required(at, `must be '${value}'`));
    else if (labels[key] !== value) errors.push(invalid(at, sortedLabels(labels), `must be '${value}'`));
  }
  if (readSelector(spec.selector)?.matches(expected) === false) errors.push(invalid('spec.selector', spec.selector, '`selector` not auto-generated'));
}

/** Everything that is wrong with a job. */
export function validateJob(job: Loose<Job>, _context?: unknown, options: JobOptions = {}): FieldError[] {
  const errors: FieldError[] = [];
  const { metadata = {}, spec = {} } = job;
  validateGenerated(job, errors, options);
  validateSpec(spec, errors, options);
  if (spec.completionMode === 'Indexed' && (spec.completions ?? 0) > 0) {
    // Pods of an indexed job are called after their index.
    const hostname = `${metadata.name ?? ''}-${spec.completions! - 1}`;
    if (dns1123Label(hostname).length > 0) errors.push(invalid('metadata.name', metadata.name ?? '', `will not able to create pod with invalid DNS label: ${hostname}`));
  }
  return errors;
}

/** Completions change only together with parallelism, and only where pods have indexes. */
function validateCompletions(spec: Spec, old: Spec): FieldError[] {
  if (spec.completionMode !== 'Indexed') return validateImmutable('spec.completions', spec.completions, old.completions);
  // That none are given has been said before.
  if (spec.completions === undefined || spec.completions === old.completions) return [];
  return spec.completions === spec.parallelism ? [] : [invalid('spec.completions', spec.completions, 'can only be modified in tandem with spec.parallelism')];
}

/** A suspended job whose pods are gone: its queue may say where pods will run and what they get (KEP-2926, KEP-5440). */
function isMalleable({ spec = {}, status = {} }: Loose<Job>): boolean {
  const isSuspended = status.conditions?.some(({ type, status: holds }) => type === 'Suspended' && holds === 'True') === true;
  return spec.suspend === true && ((status.startTime ?? null) === null || isSuspended) && (status.active ?? 0) === 0;
}

type Containers = readonly Loose<Container>[] | undefined;

/** The old containers with the resources of the new ones, as far as they are the same containers. */
function withResources(old: Containers, containers: Containers): Containers {
  if (old?.length !== containers?.length) return old;
  return old?.map((container, i) => (container.name === containers![i]!.name ? { ...container, resources: containers![i]!.resources } : container));
}

function withNodeAffinity(old: Loose<Affinity> | undefined, affinity: Loose<Affinity> | undefined): Loose<Affinity> | undefined {
  const merged = { ...old, nodeAffinity: affinity?.nodeAffinity };
  return affinity === undefined && merged.podAffinity === undefined && merged.podAntiAffinity === undefined ? undefined : merged;
}

function validateTemplateUpdate({ template = {} }: Spec, old: Loose<Job>): FieldError[] {
  const before = old.spec?.template ?? {};
  if (!isMalleable(old)) return semanticEqual(template, before) ? [] : [invalid('spec.template', template, immutableMessage)];
  const spec = template.spec ?? {};
  const { affinity, containers, initContainers, ...rest } = before.spec ?? {};
  const allowed = {
    ...rest, nodeSelector: spec.nodeSelector, tolerations: spec.tolerations, schedulingGates: spec.schedulingGates,
    affinity: withNodeAffinity(affinity, spec.affinity), containers: withResources(containers, spec.containers), initContainers: withResources(initContainers, spec.initContainers),
  };
  return semanticEqual(spec, allowed) ? [] : [invalid('spec.template.spec', spec, immutableMessage)];
}

/** Everything that is wrong with a changed job. */
export function validateJobUpdate(job: Loose<Job>, old: Loose<Job>): FieldError[] {
  const { spec = {} } = job;
  const { spec: oldSpec = {} } = old;
  const labels = oldSpec.template?.metadata?.labels ?? {};
  const options: JobOptions = {
    allowInvalidValues: validateLabelSelector(oldSpec.selector as LabelSelector | undefined, '').length > 0,
    legacyLabels: !Object.hasOwn(labels, jobNameLabel) || !Object.hasOwn(labels, controllerUidLabel),
  };
  // The spec is checked as a part of the whole job, and once more as what changed.
  const errors = validateJob(job, undefined, options);
  validateSpec(spec, errors, options);
  errors.push(...validateCompletions(spec, oldSpec), ...validateImmutable('spec.selector', spec.selector, oldSpec.selector), ...validateTemplateUpdate(spec, old));
  for (const field of ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const) errors.push(...validateImmutable(`spec.${field}`, spec[field], oldSpec[field]));
  return errors;
}
