import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFieldError } from '../../field-error.ts';
import type { Job } from '../../types/batch/v1.ts';
import type { CronJob } from '../../types/batch/v1.ts';
import { cronJobDefinition } from './cron-job.ts';
import { CronError, parseCronSchedule } from './cron-schedule.ts';
import { jobDefinition } from './job.ts';

type Fields = Record<string, unknown>;

const context = { nowMs: Date.UTC(2026, 0, 1, 1) };
const uid = 'u-1';
const template = (spec: Fields = {}, metadata: Fields = {}): Fields => ({ metadata, spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x:1' }], ...spec } });

function create(spec: Fields = {}, metadata: Fields = {}): Job {
  const job = structuredClone({ metadata: { name: 'j', namespace: 'default', uid, creationTimestamp: '2026-01-01T00:00:00Z', ...metadata }, spec: { template: template(), ...spec } }) as unknown as Job;
  jobDefinition.applyDefaults!(job);
  jobDefinition.prepareForCreate!(job, context);
  return job;
}

const errors = (spec: Fields, metadata: Fields = {}): string[] => jobDefinition.validate!(create(spec, metadata), context).map(formatFieldError);

function update(change: (job: Job) => void, spec: Fields = {}, status: Job['status'] = {}): string[] {
  const old = { ...create(spec), status };
  const job = structuredClone(old);
  change(job);
  jobDefinition.update!.prepareForUpdate!(job, old, context);
  return jobDefinition.update!.validateUpdate!(job, old, context).map(formatFieldError);
}

const labels = { 'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': 'j', 'controller-uid': uid, 'job-name': 'j' };

test('defaults of a job, with its labels and its selector', () => {
  const { spec, metadata } = create({ template: template({}, { labels: { app: 'a' } }) });
  const { template: made, ...rest } = spec!;
  assert.deepEqual(rest, { completions: 1, parallelism: 1, backoffLimit: 6, completionMode: 'NonIndexed', suspend: false, podReplacementPolicy: 'TerminatingOrFailed', manualSelector: false, selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } } });
  assert.deepEqual(made.metadata?.labels, { app: 'a', ...labels });
  assert.deepEqual([metadata.labels, metadata.generation], [{ app: 'a' }, 1]);
  assert.equal(create({ parallelism: 2 }).spec?.completions, undefined);
  assert.equal(create({ completionMode: 'Indexed', completions: 2, backoffLimitPerIndex: 1 }).spec?.backoffLimit, 2147483647);
  assert.equal(jobDefinition.defaultPropagation, 'orphan');
});

const exit = (fields: Fields): Fields => ({ podFailurePolicy: { rules: [{ action: 'Ignore', onExitCodes: fields }] } });
const success = (rule: Fields): Fields => ({ completionMode: 'Indexed', completions: 5, successPolicy: { rules: [rule] } });
const rules = 'spec.podFailurePolicy.rules[0]';

const rows: readonly (readonly [name: string, spec: Fields, ...errors: string[]])[] = [
  ['a plain job', {}],
  ['negative numbers', { parallelism: -1, completions: -1, backoffLimit: -1, ttlSecondsAfterFinished: -1, activeDeadlineSeconds: -1 }, ...['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished'].map((field) => `spec.${field}: Invalid value: -1: must be greater than or equal to 0`)],
  ['restart policy', { template: template({ restartPolicy: undefined }) }, 'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  ['unknown restart policy', { template: template({ restartPolicy: 'x' }) }, 'spec.template.spec.restartPolicy: Unsupported value: "x": supported values: "Always", "OnFailure", "Never"', 'spec.template.spec.restartPolicy: Unsupported value: "x": supported values: "OnFailure", "Never"'],
  ['completion mode', { completionMode: 'x' }, 'spec.completionMode: Unsupported value: "x": supported values: "NonIndexed", "Indexed"'],
  ['indexed without completions', { completionMode: 'Indexed', parallelism: 100001 }, 'spec.completions: Required value: when completion mode is Indexed', 'spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed'],
  ['limits per index', { backoffLimitPerIndex: 1, maxFailedIndexes: 1 }, 'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode', 'spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode'],
  ['failed indexes', { completionMode: 'Indexed', completions: 1, maxFailedIndexes: 2 }, 'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified', 'spec.maxFailedIndexes: Invalid value: 2: must be less than or equal to completions'],
  ['many completions', { completionMode: 'Indexed', completions: 100001, parallelism: 10001, backoffLimitPerIndex: 1 }, 'spec.maxFailedIndexes: Required value: must be specified when completions is above 100000', 'spec.parallelism: Invalid value: 10001: must be less than or equal to 10000 when completions are above 100000 and used with backoff limit per index'],
  ['managed by', { managedBy: 'x' }, 'spec.managedBy: Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo")'],
  ['replacement', { podReplacementPolicy: 'x' }, 'spec.podReplacementPolicy: Unsupported value: "x": supported values: "Failed", "TerminatingOrFailed"'],
  ['failure: no requirement', { podFailurePolicy: { rules: [{ action: 'x' }] } }, `${rules}.action: Unsupported value: "x": supported values: "Count", "FailIndex", "FailJob", "Ignore"`, `${rules}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`],
  ['failure: exit codes', exit({ operator: 'In', values: [2, 0, 2], containerName: 'z' }),
    `${rules}.onExitCodes.containerName: Invalid value: "z": must be one of the container or initContainer names in the pod template`, `${rules}.onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator`, `${rules}.onExitCodes.values[2]: Duplicate value: 2`, `${rules}.onExitCodes.values: Invalid value: [2,0,2]: must be ordered`],
  ['failure: an operator', exit({ values: [1] }), `${rules}.onExitCodes.operator: Required value: valid values: ["In" "NotIn"]`],
  ['failure: conditions', { podFailurePolicy: { rules: [{ action: 'FailIndex', onPodConditions: [{ type: 'a', status: 'x' }] }] } }, `${rules}.action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set`, `${rules}.onPodConditions[0].status: Unsupported value: "x": supported values: "False", "True", "Unknown"`],
  ['failure: pods that restart', { ...exit({ operator: 'In', values: [1] }), template: template({ restartPolicy: 'OnFailure' }) }, 'spec.template.spec.restartPolicy: Invalid value: "OnFailure": only "Never" is supported when podFailurePolicy is specified'],
  ['success: not indexed', { successPolicy: { rules: [] } }, 'spec.successPolicy: Invalid value: {"rules":[]}: requires indexed completion mode'],
  ['success: nothing asked', success({}), 'spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified'],
  ['success: counts', success({ succeededCount: 6 }), 'spec.successPolicy.rules[0].succeededCount: Invalid value: 6: must be less than or equal to 5 (the number of specified completions)'],
  ['success: counts and indexes', success({ succeededCount: 3, succeededIndexes: '0-1' }), 'spec.successPolicy.rules[0].succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)'],
  ['success: indexes', success({ succeededIndexes: '1-2,x' }), 'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "1-2,x": error parsing succeededIndexes: cannot convert string to integer for index: "x"'],
  ['success: order', success({ succeededIndexes: '3,1' }), 'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "3,1": error parsing succeededIndexes: non-increasing order, previous: 3, current: 1'],
  ['a selector of the user\'s', { selector: { matchLabels: { a: 'b' } } }, 'spec.selector: Invalid value: {"matchLabels":{"batch.kubernetes.io/controller-uid":"u-1","a":"b"}}: `selector` not auto-generated', `spec.template.metadata.labels: Invalid value: ${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``],
  ['labels of another job', { template: template({}, { labels: { 'job-name': 'z' } }) }, `spec.template.metadata.labels[job-name]: Invalid value: ${JSON.stringify({ ...labels, 'job-name': 'z' })}: must be 'j'`],
];
for (const [name, spec, ...expected] of rows) test(`job: ${name}`, () => assert.deepEqual(errors(spec), expected));

test('pods of an indexed job are called after it', () => {
  assert.deepEqual(errors({ completionMode: 'Indexed', completions: 10 }, { name: 'a'.repeat(62), uid }).filter((text) => text.startsWith('metadata')), [`metadata.name: Invalid value: "${'a'.repeat(62)}": will not able to create pod with invalid DNS label: ${'a'.repeat(62)}-9`]);
});

test('what an update of a job may change', () => {
  assert.deepEqual(update((job) => { job.spec!.parallelism = 3; job.spec!.suspend = true; }), []);
  assert.deepEqual(update((job) => { job.spec!.completions = 3; }), ['spec.completions: Invalid value: 3: field is immutable']);
  const indexed = { completionMode: 'Indexed', completions: 2, parallelism: 2 };
  assert.deepEqual(update((job) => { job.spec!.completions = 3; job.spec!.parallelism = 3; }, indexed), []);
  assert.deepEqual(update((job) => { job.spec!.completions = 3; }, indexed), ['spec.completions: Invalid value: 3: can only be modified in tandem with spec.parallelism']);
  assert.match(update((job) => { job.spec!.template.spec!.nodeSelector = { a: 'b' }; })[0]!, /^spec\.template: Invalid value: \{.*: field is immutable$/);
  assert.deepEqual(update((job) => { job.spec!.template.spec!.nodeSelector = { a: 'b' }; }, { suspend: true }), []);
  const move = (job: Job): void => {
    Object.assign(job.spec!.template.spec!, { nodeSelector: { a: 'b' }, affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }] } } } });
    job.spec!.template.spec!.containers[0]!.resources = { requests: { cpu: '1' } };
  };
  const startTime = '2026-01-01T00:00:00Z';
  assert.equal(update(move, { suspend: true }, { startTime }).length, 1);
  assert.deepEqual(update(move, { suspend: true }, { startTime, conditions: [{ type: 'Suspended', status: 'True' }] }), []);
  assert.equal(update(move, { suspend: true }, { startTime, active: 1, conditions: [{ type: 'Suspended', status: 'True' }] }).length, 1);
  assert.match(update((job) => { job.spec!.template.spec!.containers[0]!.image = 'y'; }, { suspend: true })[0]!, /^spec\.template\.spec: Invalid value: \{.*: field is immutable$/);
  // What is wrong with the spec is said twice.
  assert.deepEqual(update((job) => { job.spec!.parallelism = -1; }), Array(2).fill('spec.parallelism: Invalid value: -1: must be greater than or equal to 0'));
  assert.deepEqual(update((job) => { job.spec!.managedBy = 'a.b/c'; }), ['spec.managedBy: Invalid value: "a.b/c": field is immutable']);
});

test('status of a job', () => {
  const status = (before: Job['status'], after: Job['status']): string[] => jobDefinition.subresources!['status']!.validateUpdate!({ ...create(), status: after! }, { ...create(), status: before! }, context).map(formatFieldError);
  assert.deepEqual(status({}, { active: -1 }), ['status.active: Invalid value: -1: must be greater than or equal to 0']);
});

test('columns of a job', () => {
  const cells = (status: Job['status'], spec: Fields = {}, metadata: Fields = {}): unknown[] => jobDefinition.columns!.map((column) => column.cell({ ...create(spec, metadata), status: status! }, context));
  assert.deepEqual(cells({ succeeded: 0, startTime: '2026-01-01T00:59:30Z' }), ['j', 'Running', '0/1', '30s', '60m', 'c', 'x:1', 'batch.kubernetes.io/controller-uid=u-1']);
  assert.deepEqual(cells({ conditions: [{ type: 'Complete', status: 'True' }], startTime: '2026-01-01T00:00:00Z', completionTime: '2026-01-01T00:00:05Z', succeeded: 2 }, { parallelism: 3 }).slice(1, 4), ['Complete', '2/1 of 3', '5s']);
  assert.deepEqual(cells({ conditions: [{ type: 'Suspended', status: 'True' }] }).slice(1, 4), ['Suspended', '0/1', '']);
  assert.deepEqual(jobDefinition.selectableFields!({ ...create(), status: { succeeded: 3 } }), { 'status.successful': '3' });
});

function cronJob(spec: Fields = {}, name = 'c'): CronJob {
  const object = structuredClone({ metadata: { name, creationTimestamp: '2026-01-01T00:00:00Z' }, spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: template() } }, ...spec } }) as unknown as CronJob;
  cronJobDefinition.applyDefaults!(object);
  cronJobDefinition.prepareForCreate!(object, context);
  return object;
}

test('cron jobs', () => {
  const wrong = (spec: Fields, name?: string): string[] => cronJobDefinition.validate!(cronJob(spec, name), context).map(formatFieldError);
  const { jobTemplate, schedule: _schedule, ...rest } = cronJob().spec;
  assert.deepEqual(rest, { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 });
  assert.deepEqual(Object.keys(jobTemplate.spec!), ['template']);
  assert.deepEqual(wrong({}), []);
  assert.deepEqual(wrong({ schedule: '' }), ['spec.schedule: Required value']);
  assert.deepEqual(wrong({ schedule: '* * *' }), ['spec.schedule: Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]']);
  assert.deepEqual(wrong({ schedule: 'TZ=UTC * * * * *' }), ['spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead']);
  assert.deepEqual(wrong({ timeZone: 'Europe/Amsterdam' }), []);
  assert.deepEqual(wrong({ timeZone: '' }), ['spec.timeZone: Invalid value: "": timeZone must be nil or non-empty string']);
  assert.deepEqual(wrong({ timeZone: 'Local' }), ['spec.timeZone: Invalid value: "Local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones']);
  assert.deepEqual(wrong({ timeZone: 'local' }), ['spec.timeZone: Invalid value: "local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones', 'spec.timeZone: Invalid value: "local": unknown time zone local']);
  assert.deepEqual(wrong({ timeZone: 'Etc/GMT+5' }), []);
  const withZone = cronJob({ schedule: 'TZ=UTC * * * * *' });
  assert.deepEqual(cronJobDefinition.update!.validateUpdate!(cronJob({ schedule: 'TZ=UTC 1 * * * *', timeZone: 'UTC' }), withZone, context).map(formatFieldError), ['spec.schedule: Invalid value: "TZ=UTC 1 * * * *": cannot use both timeZone field and TZ or CRON_TZ in schedule']);
  assert.deepEqual(wrong({ timeZone: 'Mars/Base' }), ['spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base']);
  assert.deepEqual(wrong({ concurrencyPolicy: 'x', startingDeadlineSeconds: -1 }), ['spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0', 'spec.concurrencyPolicy: Unsupported value: "x": supported values: "Allow", "Forbid", "Replace"']);
  assert.deepEqual(wrong({ jobTemplate: { spec: { template: template(), selector: {}, manualSelector: true } } }), ['spec.jobTemplate.spec.selector: Invalid value: {}: `selector` will be auto-generated', 'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"']);
  assert.deepEqual(wrong({}, 'a'.repeat(53)), [`metadata.name: Invalid value: "${'a'.repeat(53)}": must be no more than 52 characters`]);
  assert.deepEqual(cronJobDefinition.columns!.map((column) => column.cell({ ...cronJob(), status: { active: [{}], lastScheduleTime: '2026-01-01T00:55:00Z' } }, context)), ['c', '*/5 * * * *', '<none>', 'False', 1, '5m', '60m', 'c', 'x:1', '<none>']);
});

test('schedules', () => {
  const good = parseCronSchedule('0-10/5 */12 1,15 jan-mar MON');
  assert.ok('minutes' in good);
  assert.deepEqual([[...good.minutes], [...good.hours], [...good.daysOfMonth], [...good.months], [...good.daysOfWeek], good.anyDayOfMonth], [[0, 5, 10], [0, 12], [1, 15], [1, 2, 3], [1], false]);
  assert.deepEqual(parseCronSchedule('@every 1h30m'), { everyMs: 5_400_000 });
  assert.ok('hours' in parseCronSchedule('@daily'));
  const bad: Record<string, string> = {
    '60 * * * *': 'end of range (60) above maximum (59): 60', '* * 0 * *': 'beginning of range (0) below minimum (1): 0', '5-1 * * * *': 'beginning of range (5) beyond end of range (1): 5-1', '*/0 * * * *': 'step of range should be a positive number: */0',
    'x * * * *': 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax', '1-2-3 * * * *': 'too many hyphens: 1-2-3', '1/2/3 * * * *': 'too many slashes: 1/2/3', '@never': 'unrecognized descriptor: @never', '': 'empty spec string',
  };
  for (const [schedule, message] of Object.entries(bad)) assert.throws(() => parseCronSchedule(schedule), new CronError(message), schedule);
});
