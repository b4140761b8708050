/** What a job's status may say. A part that did not change is let be, so that jobs of older servers can go on. */
import type { FieldError } from '../../field-error.ts';
import { duplicate, invalid, invalidOmitted, required } from '../../field-error.ts';
import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import { immutableMessage } from '../../meta/object-meta.ts';
import type { Job, JobStatus } from '../../types/batch/v1.ts';
import { addCounters } from '../apps/validation.ts';
import { timeOf } from '../columns.ts';
import { countIndexes, overlappingIndex } from './job-policies.ts';

type Errors = FieldError[];
type Status = Loose<JobStatus>;

const has = ({ conditions }: Status, type: string, status = 'True'): boolean => conditions?.some((one) => one.type === type && one.status === status) === true;
const isFinished = (status: Status): boolean => has(status, 'Complete') || has(status, 'Failed');

/** What is true of a status, and whether it was so before. */
function compare(status: Status, before: Status) {
  const changed = (...types: readonly string[]): boolean => types.some((type) => has(status, type) !== has(before, type));
  const differs = (...fields: readonly (keyof Status)[]): boolean => fields.some((field) => !semanticEqual(status[field] ?? undefined, before[field] ?? undefined));
  return { changed, differs, finishedChanged: isFinished(status) !== isFinished(before) };
}

type Comparison = ReturnType<typeof compare>;

function addUncounted(errors: Errors, { uncountedTerminatedPods: pods }: Status): void {
  const seen = new Set<string>();
  for (const list of ['succeeded', 'failed'] as const) {
    pods?.[list]?.forEach((uid, i) => {
      const at = `status.uncountedTerminatedPods.${list}[${i}]`;
      if (uid === '') errors.push(invalid(at, uid, 'must not be empty'));
      else if (seen.has(uid)) errors.push(duplicate(at, uid));
      seen.add(uid);
    });
  }
}

function addTimes(errors: Errors, status: Status, { changed, differs }: Comparison): void {
  const path = 'status.completionTime';
  const [started, completed] = [timeOf(status.startTime ?? undefined), timeOf(status.completionTime ?? undefined)];
  const isComplete = has(status, 'Complete');
  if (changed('Complete') || differs('completionTime')) {
    if (completed !== undefined && !isComplete) errors.push(invalid(path, status.completionTime, 'cannot set completionTime when there is no Complete=True condition'));
    if (completed === undefined && isComplete) errors.push(required(path, 'completionTime is required for Complete jobs'));
  }
  if (differs('startTime', 'completionTime') && started !== undefined && completed !== undefined && completed < started) errors.push(invalid(path, status.completionTime, 'must be equal to or after `startTime`'));
}

function addFinished(errors: Errors, status: Status, { spec = {} }: Loose<Job>, { differs, finishedChanged }: Comparison): void {
  if (!isFinished(status)) return;
  const { active = 0, uncountedTerminatedPods: uncounted } = status;
  if ((finishedChanged || differs('active')) && active > 0) errors.push(invalid('status.active', active, 'active>0 is invalid for finished job'));
  const isEmpty = spec.suspend === true && spec.completions === 0;
  if ((finishedChanged || differs('startTime')) && !isEmpty && (status.startTime ?? null) === null) errors.push(required('status.startTime', 'startTime is required for finished job'));
  if ((finishedChanged || differs('uncountedTerminatedPods')) && (uncounted?.failed ?? []).length + (uncounted?.succeeded ?? []).length > 0) {
    errors.push(invalid('status.uncountedTerminatedPods', { Succeeded: uncounted?.succeeded ?? null, Failed: uncounted?.failed ?? null }, 'must be empty for finished job'));
  }
}

function addIndexes(errors: Errors, status: Status, { spec = {} }: Loose<Job>, { differs }: Comparison): void {
  const { completedIndexes: completed = '', failedIndexes: failed } = status;
  const { completions, backoffLimitPerIndex, completionMode } = spec;
  const [completedChanged, failedChanged] = [differs('completedIndexes'), differs('failedIndexes')];
  const addParsed = (name: 'completedIndexes' | 'failedIndexes', text: string): void => {
    const counted = countIndexes(text, completions!);
    if (typeof counted !== 'number') errors.push(invalid(`status.${name}`, text, `error parsing ${name}: ${counted.wrong}`));
  };
  if (completedChanged && completions !== undefined) addParsed('completedIndexes', completed);
  if (failedChanged && completions !== undefined && backoffLimitPerIndex !== undefined && failed !== undefined) addParsed('failedIndexes', failed);
  if (completedChanged && completed !== '' && completionMode !== 'Indexed') errors.push(invalid('status.completedIndexes', completed, 'cannot set non-empty completedIndexes when non-indexed completion mode'));
  if (failed === undefined) return;
  if (failedChanged && backoffLimitPerIndex === undefined) errors.push(invalid('status.failedIndexes', failed, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'));
  if (!(failedChanged || completedChanged) || completions === undefined) return;
  const overlap = overlappingIndex(completed, failed, completions);
  if (overlap !== undefined) errors.push(invalid('status.failedIndexes', failed, `failedIndexes and completedIndexes overlap at index: ${overlap}`));
}

/** Conditions that exclude one another, or that need another one. */
function addConditions(errors: Errors, rules: readonly (readonly [boolean, string])[]): void {
  for (const [broken, detail] of rules) if (broken) errors.push(invalidOmitted('status.conditions', detail));
}

function validateStatus(job: Loose<Job>, status: Status, before: Status): FieldError[] {
  const errors: FieldError[] = [];
  const comparison = compare(status, before);
  const { changed, differs, finishedChanged } = comparison;
  const [complete, failed, met, target] = [has(status, 'Complete'), has(status, 'Failed'), has(status, 'SuccessCriteriaMet'), has(status, 'FailureTarget')];
  addCounters(errors, status, ['active', 'succeeded', 'failed', 'ready', 'terminating']);
  addUncounted(errors, status);
  addConditions(errors, [
    [changed('Complete', 'Failed') && complete && failed, 'cannot set Complete=True and Failed=true conditions'],
    [changed('Complete', 'FailureTarget') && complete && target, 'cannot set Complete=True and FailureTarget=true conditions'],
  ]);
  addTimes(errors, status, comparison);
  addConditions(errors, [
    [(changed('Failed') || differs('failedIndexes')) && failed && !target, 'cannot set Failed=True condition without the FailureTarget=true condition'],
    [changed('Complete', 'SuccessCriteriaMet') && complete && !met, 'cannot set Complete=True condition without the SuccessCriteriaMet=true condition'],
  ]);
  addFinished(errors, status, job, comparison);
  addIndexes(errors, status, job, comparison);
  const { terminating = 0, ready, active = 0 } = status;
  if ((finishedChanged || differs('terminating')) && terminating > 0 && (complete || failed)) errors.push(invalid('status.terminating', terminating, 'terminating>0 is invalid for finished job'));
  if (differs('ready', 'active') && ready !== undefined && ready > active) errors.push(invalid('status.ready', ready, 'cannot set more ready pods than active'));
  addConditions(errors, [
    [met && failed, 'cannot set SuccessCriteriaMet=True and Failed=true conditions'],
    [met && target, 'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions'],
    [job.spec?.successPolicy !== undefined && !met && complete, 'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True'],
  ]);
  return errors;
}

/** Everything that is wrong with a job's new status (upstream's ValidateJobStatusUpdate with the options of its strategy). */
export function validateJobStatusUpdate(job: Loose<Job>, old: Loose<Job>): FieldError[] {
  const { status = {}, spec = {} } = job;
  const before = old.status ?? {};
  const errors = validateStatus(job, status, before);
  for (const type of ['Failed', 'Complete', 'FailureTarget']) {
    if (has(before, type) && !has(status, type)) errors.push(invalidOmitted('status.conditions', `cannot disable the terminal ${type}=True condition`));
  }
  if ((status.failed ?? 0) < (before.failed ?? 0)) errors.push(invalid('status.failed', status.failed ?? 0, 'cannot decrease the failed counter'));
  // An indexed job may be made smaller, and then forgets what it did beyond its new end.
  const isElastic = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism;
  if (!isElastic && (status.succeeded ?? 0) < (before.succeeded ?? 0)) errors.push(invalid('status.succeeded', status.succeeded ?? 0, 'cannot decrease the succeeded counter'));
  const [completed, completedBefore] = [status.completionTime ?? undefined, before.completionTime ?? undefined];
  if (completed !== undefined && completedBefore !== undefined && completed !== completedBefore) errors.push(invalid('status.completionTime', completed, immutableMessage));
  const [started, startedBefore] = [status.startTime ?? undefined, before.startTime ?? undefined];
  const resumes = has(before, 'Suspended') && has(status, 'Suspended', 'False');
  if (startedBefore !== undefined && started !== startedBefore && !resumes && spec.suspend !== true) errors.push(invalid('status.startTime', started ?? null, 'field is immutable for unsuspended job once set'));
  const [met, metBefore] = [has(status, 'SuccessCriteriaMet'), has(before, 'SuccessCriteriaMet')];
  if (metBefore && !met) errors.push(invalidOmitted('status.conditions', 'cannot disable the SuccessCriteriaMet=True condition'));
  if (has(before, 'Complete') && !metBefore && met) errors.push(invalidOmitted('status.conditions', 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'));
  return errors;
}
