import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../testing/kind.ts';
import { kindOf } from '../testing/kind.ts';
import { jobDefinition } from './job.ts';

const job = kindOf(jobDefinition, { metadata: { uid: 'u-1' }, spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x:1' }] } } } });
const spec = (fields: Fields): Fields => ({ spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x:1' }] } }, ...fields } });

const holding = (...types: string[]): Fields[] => types.map((type) => ({ type, status: 'True' }));
const [started, later] = ['2026-01-01T00:00:00Z', '2026-01-01T00:01:00Z'];
const done = { startTime: started, completionTime: later, conditions: holding('SuccessCriteriaMet', 'Complete') };
const omitted = (detail: string): string => `status.conditions: Invalid value: ${detail}`;
const indexed = { completionMode: 'Indexed', completions: 5, parallelism: 5 };

test('status of a job', () => {
  const table: [string, Fields, Fields, string[], Fields?][] = [
    ['nothing', {}, {}, []],
    ['counters', {}, { active: -1, succeeded: -1, failed: -1, ready: -1, terminating: -1 }, [
      ...['active', 'succeeded', 'failed', 'ready', 'terminating'].map((field) => `status.${field}: Invalid value: -1: must be greater than or equal to 0`),
      'status.failed: Invalid value: -1: cannot decrease the failed counter', 'status.succeeded: Invalid value: -1: cannot decrease the succeeded counter']],
    ['pods not counted yet', {}, { uncountedTerminatedPods: { succeeded: ['a', ''], failed: ['a'] } }, ['status.uncountedTerminatedPods.succeeded[1]: Invalid value: "": must not be empty', 'status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"']],
    ['done', {}, done, []],
    ['done, but', {}, { active: 1, terminating: 1, conditions: holding('Complete'), uncountedTerminatedPods: { failed: ['a'] } }, [
      'status.completionTime: Required value: completionTime is required for Complete jobs', omitted('cannot set Complete=True condition without the SuccessCriteriaMet=true condition'), 'status.active: Invalid value: 1: active>0 is invalid for finished job',
      'status.startTime: Required value: startTime is required for finished job', 'status.uncountedTerminatedPods: Invalid value: {"Succeeded":null,"Failed":["a"]}: must be empty for finished job', 'status.terminating: Invalid value: 1: terminating>0 is invalid for finished job']],
    ['done before, and no better', { conditions: holding('Complete') }, { conditions: holding('Complete') }, []],
    ['failed', {}, { startTime: started, conditions: holding('FailureTarget', 'Failed') }, []],
    ['failed without a reason', {}, { startTime: started, conditions: holding('Failed') }, [omitted('cannot set Failed=True condition without the FailureTarget=true condition')]],
    ['done and failed', {}, { ...done, conditions: holding('SuccessCriteriaMet', 'Complete', 'FailureTarget', 'Failed') }, [
      omitted('cannot set Complete=True and Failed=true conditions'), omitted('cannot set Complete=True and FailureTarget=true conditions'), omitted('cannot set SuccessCriteriaMet=True and Failed=true conditions'), omitted('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions')]],
    ['not done any more', { ...done }, { startTime: started, completionTime: later }, [
      `status.completionTime: Invalid value: "${later}": cannot set completionTime when there is no Complete=True condition`, omitted('cannot disable the terminal Complete=True condition'), omitted('cannot disable the SuccessCriteriaMet=True condition')]],
    ['times', { ...done }, { ...done, completionTime: '2025-12-31T00:00:00Z' }, ['status.completionTime: Invalid value: "2025-12-31T00:00:00Z": must be equal to or after `startTime`', 'status.completionTime: Invalid value: "2025-12-31T00:00:00Z": field is immutable']],
    ['another start', { startTime: started }, { startTime: later }, [`status.startTime: Invalid value: "${later}": field is immutable for unsuspended job once set`]],
    ['another start of a suspended job', { startTime: started }, {}, [], { suspend: true }],
    ['another start of a job that resumes', { startTime: started, conditions: holding('Suspended') }, { startTime: later, conditions: [{ type: 'Suspended', status: 'False' }] }, []],
    ['fewer', { failed: 2, succeeded: 2 }, { failed: 1, succeeded: 1 }, ['status.failed: Invalid value: 1: cannot decrease the failed counter', 'status.succeeded: Invalid value: 1: cannot decrease the succeeded counter']],
    ['fewer, as the job got smaller', { succeeded: 2 }, { succeeded: 1 }, [], indexed],
    ['more ready than there are', {}, { active: 1, ready: 2 }, ['status.ready: Invalid value: 2: cannot set more ready pods than active']],
    ['indexes', {}, { completedIndexes: '0-2', failedIndexes: '3' }, [], { ...indexed, backoffLimitPerIndex: 1 }],
    ['indexes that overlap', {}, { completedIndexes: '0,2-4', failedIndexes: '1,3' }, ['status.failedIndexes: Invalid value: "1,3": failedIndexes and completedIndexes overlap at index: 3'], { ...indexed, backoffLimitPerIndex: 1 }],
    ['indexes that cannot be read', {}, { completedIndexes: '2-1', failedIndexes: '9' }, [
      'status.completedIndexes: Invalid value: "2-1": error parsing completedIndexes: non-increasing order, previous: 2, current: 1', 'status.failedIndexes: Invalid value: "9": error parsing failedIndexes: too large index: "9"'], { ...indexed, backoffLimitPerIndex: 1 }],
    ['indexes of a job without any', {}, { completedIndexes: '0', failedIndexes: '' }, ['status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode', 'status.failedIndexes: Invalid value: "": cannot set non-null failedIndexes when backoffLimitPerIndex is null']],
    ['a success policy that was not met', {}, { ...done, conditions: holding('Complete') }, [omitted('cannot set Complete=True condition without the SuccessCriteriaMet=true condition'), omitted('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True')], { ...indexed, successPolicy: { rules: [{ succeededCount: 1 }] } }],
    ['success afterwards', { ...done, conditions: holding('Complete') }, done, [omitted('cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions')]],
    ['nothing to do', {}, { completionTime: started, conditions: done.conditions }, [], { suspend: true, completions: 0 }],
  ];
  for (const [what, before, after, expected, fields = {}] of table) {
    assert.deepEqual(job.update({ ...spec(fields), status: before }, { ...spec(fields), status: after }, 'status'), expected, what);
  }
});
