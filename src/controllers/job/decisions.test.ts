import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Job, JobSpec, JobStatus, PodFailurePolicyRule } from '../../api/types/batch/v1.ts';
import type { Pod, PodStatus } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import { backoffRemainingMs, finishedMs, nextBackoff, noFailures } from './backoff.ts';
import { generateNameFor, misplacedPods, podTemplateOf, templateForIndex } from './completion-index.ts';
import { evaluate } from './evaluate.ts';
import { countCommon, firstMissing, formatIntervals, hasIndex, parseIntervals, withIndexes } from './intervals.ts';
import { trackingFinalizer } from './job-state.ts';
import { judgeFailure } from './pod-failure-policy.ts';
import { successPolicyMet } from './success-policy.ts';

const nowMs = Date.UTC(2026, 0, 2);
const ago = (ms: number): string => formatTime(nowMs - ms);

interface Traits { index?: number; failures?: string; deleted?: boolean; counted?: boolean; exitCode?: number; endedAgoMs?: number; restarts?: number; conditions?: PodStatus['conditions'] }

function pod(name: string, phase: string, traits: Traits = {}): Pod {
  const { index, failures, deleted = false, counted = false, exitCode, endedAgoMs = 60_000, restarts = 0, conditions } = traits;
  const terminated = exitCode === undefined ? {} : { state: { terminated: { exitCode, finishedAt: ago(endedAgoMs) } } };
  return {
    metadata: {
      namespace: 'ns', name, uid: name, creationTimestamp: ago(3_600_000),
      annotations: { ...(index !== undefined && { 'batch.kubernetes.io/job-completion-index': `${index}` }), ...(failures !== undefined && { 'batch.kubernetes.io/job-index-failure-count': failures }) },
      ...(deleted && { deletionTimestamp: ago(0), deletionGracePeriodSeconds: 30 }),
      ...(!counted && { finalizers: [trackingFinalizer] }),
    },
    spec: { containers: [{ name: 'c' }], nodeName: 'n' },
    status: { phase, ...(conditions !== undefined && { conditions }), containerStatuses: [{ name: 'c', image: '', imageID: '', ready: false, restartCount: restarts, ...terminated }] },
  };
}

const jobOf = (spec: Partial<JobSpec> = {}, status: JobStatus = {}): Job => ({
  metadata: { namespace: 'ns', name: 'job', uid: 'job' },
  spec: { parallelism: 2, completions: 4, backoffLimit: 6, completionMode: 'NonIndexed', podReplacementPolicy: 'TerminatingOrFailed', template: { spec: { containers: [{ name: 'c' }], restartPolicy: 'Never' } }, ...spec },
  status: { startTime: ago(600_000), ...status },
});

describe('intervals', () => {
  it('are written with a comma between neighbours, and with a dash over more', () => {
    assert.equal(formatIntervals(withIndexes([], [7, 3, 4, 0, 9, 8])), '0,3,4,7-9');
    assert.equal(formatIntervals(withIndexes(parseIntervals('1-3', 10), [4, 0])), '0-4');
  });
  it('are read as far as the completions go, without what cannot be read', () => {
    assert.deepEqual(parseIntervals('0,1,x,3-5,7-9,12', 9), [[0, 1], [3, 5], [7, 8]]);
    assert.deepEqual(parseIntervals('', 9), []);
  });
  it('answer what is in them, in both, and in none', () => {
    const intervals = parseIntervals('0-2,5', 10);
    assert.deepEqual([0, 2, 3, 5, 6].map((index) => hasIndex(intervals, index)), [true, true, false, true, false]);
    assert.equal(countCommon(intervals, parseIntervals('2-9', 10)), 2);
    assert.deepEqual(firstMissing(intervals, 3, 8), [3, 4, 6]);
    assert.deepEqual(firstMissing(intervals, 9, 4), [3]);
  });
});

describe('what a policy says of a failed pod', () => {
  const exit = (action: string, operator: string, values: number[], containerName?: string): PodFailurePolicyRule => ({ action, onExitCodes: { operator, values, ...(containerName !== undefined && { containerName }) } });
  const disrupted: PodFailurePolicyRule = { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] };
  const failed = pod('p', 'Failed', { exitCode: 42 });
  const cases: [string, PodFailurePolicyRule[], Pod, object][] = [
    ['nothing', [], failed, { counts: true }],
    ['ignores by exit code', [exit('Ignore', 'In', [42])], failed, { counts: false, action: 'Ignore' }],
    ['fails the job, in words', [exit('Count', 'In', [1]), exit('FailJob', 'NotIn', [1])], failed, { counts: true, action: 'FailJob', message: 'Container c for pod ns/p failed with exit code 42 matching FailJob rule at index 1' }],
    ['looks at one container only', [exit('FailJob', 'In', [42], 'other')], failed, { counts: true }],
    ['never at success', [exit('FailJob', 'NotIn', [1])], pod('p', 'Failed', { exitCode: 0 }), { counts: true }],
    ['the first that matches wins', [exit('FailIndex', 'In', [42]), exit('Ignore', 'In', [42])], failed, { counts: true, action: 'FailIndex' }],
    ['by condition', [disrupted], pod('p', 'Failed', { conditions: [{ type: 'DisruptionTarget', status: 'True' }] }), { counts: false, action: 'Ignore' }],
    ['fails the job by condition', [{ ...disrupted, action: 'FailJob' }], pod('p', 'Failed', { conditions: [{ type: 'DisruptionTarget', status: 'True' }] }), { counts: true, action: 'FailJob', message: 'Pod ns/p has condition DisruptionTarget matching FailJob rule at index 0' }],
  ];
  for (const [title, rules, subject, verdict] of cases) it(title, () => assert.deepEqual(judgeFailure({ rules }, subject), verdict));
});

describe('a success policy', () => {
  const cases: [string, { succeededIndexes?: string; succeededCount?: number }[], string, string | undefined][] = [
    ['by count', [{ succeededCount: 2 }], '0,4', 'Matched rules at index 0'],
    ['by indexes, all of them', [{ succeededIndexes: '0-2' }], '0,1,5', undefined],
    ['by a number of some indexes', [{ succeededIndexes: '0-2', succeededCount: 2 }], '0,1,5', 'Matched rules at index 0'],
    ['by the first rule that matches', [{ succeededIndexes: '9' }, { succeededIndexes: '5' }], '5', 'Matched rules at index 1'],
    ['nothing done, nothing met', [{ succeededCount: 0 }], '', undefined],
  ];
  for (const [title, rules, done, message] of cases) it(title, () => assert.equal(successPolicyMet({ rules }, 10, parseIntervals(done, 10)), message));
});

describe('back-off', () => {
  it('doubles with failures and starts anew with a success', () => {
    const failedAt = (endedAgoMs: number): Pod => pod('f', 'Failed', { exitCode: 1, endedAgoMs });
    const two = nextBackoff(noFailures, [], [failedAt(5000), failedAt(4000)]);
    assert.deepEqual(two, { failures: 2, lastFailureMs: nowMs - 4000 });
    assert.equal(backoffRemainingMs(two, nowMs), 16_000);
    assert.equal(backoffRemainingMs({ failures: 20, lastFailureMs: nowMs }, nowMs), 600_000);
    assert.deepEqual(nextBackoff(two, [pod('s', 'Succeeded', { exitCode: 0, endedAgoMs: 2000 })], [failedAt(3000), failedAt(1000)]), { failures: 1, lastFailureMs: nowMs - 1000 });
    assert.deepEqual(nextBackoff(two, [pod('s', 'Succeeded', { exitCode: 0, endedAgoMs: 2000 })], []), noFailures);
    assert.equal(nextBackoff(two, [], []), two);
  });
  it('counts from the end of the containers, else from readiness, else from the deletion, else from the start', () => {
    assert.equal(finishedMs(pod('p', 'Failed', { exitCode: 1, endedAgoMs: 7000 })), nowMs - 7000);
    assert.equal(finishedMs(pod('p', 'Failed', { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: ago(8000) }] })), nowMs - 8000);
    assert.equal(finishedMs(pod('p', 'Pending', { deleted: true })), nowMs - 30_000);
    assert.equal(finishedMs(pod('p', 'Failed')), nowMs - 3_600_000);
  });
});

describe('why a job ends', () => {
  const failures = (count: number, traits: Traits = {}): Pod[] => Array.from({ length: count }, (_, i) => pod(`f${i}`, 'Failed', { exitCode: 1, ...traits }));
  const indexed = { completionMode: 'Indexed' };
  const cases: [string, Job, Pod[], [string, string] | undefined][] = [
    ['it does not while it has failures left', jobOf({ backoffLimit: 2 }), failures(2), undefined],
    ['too many failures', jobOf({ backoffLimit: 2 }), failures(3), ['FailureTarget', 'BackoffLimitExceeded']],
    ['too many with those of before', jobOf({ backoffLimit: 2 }, { failed: 2, uncountedTerminatedPods: { failed: ['x'] } }), [], ['FailureTarget', 'BackoffLimitExceeded']],
    ['failures that were counted do not count again', jobOf({ backoffLimit: 2 }, { failed: 2 }), failures(2, { counted: true }), undefined],
    ['pods being deleted count where they are replaced at once', jobOf({ backoffLimit: 0 }), [pod('p', 'Running', { deleted: true })], ['FailureTarget', 'BackoffLimitExceeded']],
    ['and not where only failed ones are replaced', jobOf({ backoffLimit: 0, podReplacementPolicy: 'Failed' }), [pod('p', 'Running', { deleted: true })], undefined],
    ['restarts in place', jobOf({ backoffLimit: 3, template: { spec: { containers: [{ name: 'c' }], restartPolicy: 'OnFailure' } } }), [pod('p', 'Running', { restarts: 3 })], ['FailureTarget', 'BackoffLimitExceeded']],
    ['the deadline', jobOf({ activeDeadlineSeconds: 600 }), [], ['FailureTarget', 'DeadlineExceeded']],
    ['not while suspended', jobOf({ activeDeadlineSeconds: 600, suspend: true }), [], undefined],
    ['an index that failed too often is no reason yet', jobOf({ ...indexed, backoffLimitPerIndex: 1 }), failures(1, { index: 0, failures: '1' }), undefined],
    ['too many indexes failed', jobOf({ ...indexed, backoffLimitPerIndex: 1, maxFailedIndexes: 0 }), failures(1, { index: 0, failures: '1' }), ['FailureTarget', 'MaxFailedIndexesExceeded']],
    ['every index is decided, and one failed', jobOf({ ...indexed, backoffLimitPerIndex: 1 }, { completedIndexes: '1-3' }), failures(1, { index: 0, failures: '1' }), ['FailureTarget', 'FailedIndexes']],
    ['the success policy', jobOf({ ...indexed, successPolicy: { rules: [{ succeededCount: 1 }] } }), [pod('s', 'Succeeded', { index: 2, exitCode: 0 })], ['SuccessCriteriaMet', 'SuccessPolicy']],
    ['failure before success', jobOf({ ...indexed, backoffLimit: 0, successPolicy: { rules: [{ succeededCount: 1 }] } }), [pod('s', 'Succeeded', { index: 2, exitCode: 0 }), ...failures(1, { index: 0 })], ['FailureTarget', 'BackoffLimitExceeded']],
    ['what was decided stays', jobOf({ backoffLimit: 0 }, { conditions: [{ type: 'SuccessCriteriaMet', status: 'True', reason: 'SuccessPolicy' }] }), failures(3), ['SuccessCriteriaMet', 'SuccessPolicy']],
    ['a target becomes a failure', jobOf({}, { conditions: [{ type: 'FailureTarget', status: 'True', reason: 'DeadlineExceeded', message: 'm' }] }), [], ['Failed', 'DeadlineExceeded']],
  ];
  for (const [title, job, pods, end] of cases) {
    it(title, () => {
      const { finishing } = evaluate({ key: 'ns/job', job, pods, removed: new Set(), backoff: noFailures, nowMs });
      assert.deepEqual(finishing === undefined ? undefined : [finishing.type, finishing.reason], end);
    });
  }

  it('regression: a pod that was counted as failed on its way out is no completion when it ends well after all', () => {
    const job = jobOf({ completions: 3 }, { succeeded: 2, uncountedTerminatedPods: { failed: ['late'] } });
    const sync = evaluate({ key: 'ns/job', job, pods: [pod('late', 'Succeeded', { deleted: true, exitCode: 0 }), pod('next', 'Running')], removed: new Set(), backoff: noFailures, nowMs });
    assert.equal(sync.succeeded, 2);
  });

  it('knows each index, and keeps the last failed pod of one that is to be tried again', () => {
    const pods = [pod('done', 'Succeeded', { index: 0, exitCode: 0 }), pod('old', 'Failed', { index: 1, failures: '0', exitCode: 1, endedAgoMs: 9000 }), pod('new', 'Failed', { index: 1, failures: '1', exitCode: 1, endedAgoMs: 5000 }), pod('beyond', 'Succeeded', { index: 9, exitCode: 0 })];
    const sync = evaluate({ key: 'ns/job', job: jobOf({ ...indexed, backoffLimitPerIndex: 5 }, { completedIndexes: '3' }), pods, removed: new Set(), backoff: noFailures, nowMs });
    assert.equal(formatIntervals(sync.succeededIndexes), '0,3');
    assert.equal(sync.succeeded, 2);
    assert.deepEqual([...sync.replaced].map(([index, { metadata }]) => [index, metadata.name]), [[1, 'new']]);
  });
});

describe('pods of an indexed job', () => {
  it('are named after their index, in 58 characters', () => {
    assert.equal(generateNameFor(jobOf(), 3), 'job-3-');
    assert.equal(generateNameFor({ metadata: { name: 'x'.repeat(63) } }, 12), `${'x'.repeat(54)}-12-`);
  });
  it('carry their index and the failures of those before them', () => {
    const job = jobOf({ completionMode: 'Indexed', backoffLimitPerIndex: 3, podFailurePolicy: { rules: [{ action: 'Ignore', onExitCodes: { operator: 'In', values: [42] } }] } });
    const template = podTemplateOf(job);
    assert.deepEqual(template.metadata?.finalizers, [trackingFinalizer]);
    const next = templateForIndex(job, template, 2, pod('p', 'Failed', { failures: '1', exitCode: 42 }));
    assert.equal(next.spec?.hostname, 'job-2');
    assert.deepEqual(next.metadata?.annotations, { 'batch.kubernetes.io/job-completion-index': '2', 'batch.kubernetes.io/job-index-failure-count': '1', 'batch.kubernetes.io/job-index-ignored-failure-count': '1' });
  });
  it('are too many without an index, with one that another has, or beyond the end', () => {
    const pods = [pod('a', 'Running', { index: 0 }), pod('b', 'Pending', { index: 0 }), pod('c', 'Running'), pod('d', 'Running', { index: 1 }), pod('e', 'Running', { index: 5 })];
    const { misplaced, rest } = misplacedPods(pods, 4);
    assert.deepEqual([misplaced, rest].map((list) => list.map(({ metadata }) => metadata.name)), [['c', 'b', 'e'], ['a', 'd']]);
  });
});
