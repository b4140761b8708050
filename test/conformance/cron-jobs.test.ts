import assert from 'node:assert/strict';
import test from 'node:test';
import { findCondition, isConditionTrue } from '../../src/api/meta/conditions.ts';
import { nameOf } from '../../src/api/meta/object.ts';
import { cronjobs, events, jobs, pods } from '../../src/api/resources.ts';
import type { CronJob, CronJobSpec, Job } from '../../src/api/types/batch/v1.ts';
import { container, refusal, World } from './world.ts';

const ns = 'default';
const ref = (name: string) => ({ namespace: ns, name });

/** `command`: sleeps for five minutes, or ends at once, well or not. */
function cronJobOf(name: string, command: 'sleep' | 'true' | 'false', spec: Partial<CronJobSpec> = {}): CronJob {
  const annotations = { 'coxswain.io/exit-after': command === 'sleep' ? '300s' : '1s', 'coxswain.io/exit-code': command === 'false' ? '1' : '0' };
  return {
    apiVersion: 'batch/v1', kind: 'CronJob', metadata: { namespace: ns, name },
    spec: {
      schedule: '*/1 * * * ?', concurrencyPolicy: 'Allow',
      jobTemplate: { spec: { parallelism: 1, completions: 1, backoffLimit: 1, template: { metadata: { annotations }, spec: { restartPolicy: 'OnFailure', terminationGracePeriodSeconds: 1, containers: [container({ name: 'c' })] } } } },
      ...spec,
    },
  };
}

const create = (world: World, object: CronJob): Promise<CronJob> => world.client.create(cronjobs, object);
const listJobs = async (world: World): Promise<readonly Job[]> => (await world.client.list(jobs, { namespace: ns })).items;
const ended = ({ status }: Job): boolean => isConditionTrue(status?.conditions, 'Complete') || isConditionTrue(status?.conditions, 'Failed');
const activeJobs = async (world: World): Promise<readonly Job[]> => (await listJobs(world)).filter((job) => !ended(job));
const untilActive = (world: World, name: string, count: number): Promise<CronJob> =>
  world.until(`${count} active jobs`, async () => {
    const cronJob = await world.client.get(cronjobs, ref(name));
    return (cronJob.status?.active?.length ?? 0) >= count ? cronJob : undefined;
  }, 600_000);
const reasons = async (world: World, name: string): Promise<string[]> =>
  (await world.client.list(events, { namespace: ns }, { fieldSelector: `involvedObject.name=${name}` })).items.map(({ reason }) => reason ?? '');

test('[sig-apps] CronJob should schedule multiple jobs concurrently [Conformance]', async () => {
  await using world = await World.start();
  await create(world, cronJobOf('concurrent', 'sleep'));
  await untilActive(world, 'concurrent', 2);
  assert.ok((await activeJobs(world)).length >= 2);
});

test('[sig-apps] CronJob should not schedule jobs when suspended [Slow] [Conformance]', async () => {
  await using world = await World.start();
  await create(world, cronJobOf('suspended', 'sleep', { suspend: true }));
  await world.clock.advance(300_000);
  assert.deepEqual((await world.client.get(cronjobs, ref('suspended'))).status, {});
  assert.deepEqual(await listJobs(world), []);
});

test('[sig-apps] CronJob should not schedule new jobs when ForbidConcurrent [Slow] [Conformance]', async () => {
  await using world = await World.start();
  await create(world, cronJobOf('forbid', 'sleep', { concurrencyPolicy: 'Forbid' }));
  assert.equal((await untilActive(world, 'forbid', 1)).status?.active?.length, 1);
  assert.equal((await activeJobs(world)).length, 1);
  await world.clock.advance(240_000);
  assert.equal((await world.client.get(cronjobs, ref('forbid'))).status?.active?.length, 1);
  assert.equal((await listJobs(world)).length, 1);
  assert.ok((await reasons(world, 'forbid')).includes('JobAlreadyActive'));
});

test('[sig-apps] CronJob should replace jobs when ReplaceConcurrent [Conformance]', async () => {
  await using world = await World.start();
  await create(world, cronJobOf('replace', 'sleep', { concurrencyPolicy: 'Replace' }));
  assert.equal((await untilActive(world, 'replace', 1)).status?.active?.length, 1);
  const [first] = await activeJobs(world);
  await world.until('another job', async () => {
    const running = await activeJobs(world);
    assert.ok(running.length <= 1);
    return running.length === 1 && nameOf(running[0]!) !== nameOf(first!);
  });
});

test('[sig-apps] CronJob should be able to schedule after more than 100 missed schedule', async () => {
  await using world = await World.start();
  await create(world, cronJobOf('concurrent', 'sleep', { concurrencyPolicy: 'Forbid', suspend: true }));
  await world.clock.advance(101 * 60_000);
  await world.client.patch(cronjobs, ref('concurrent'), { type: 'merge', value: { spec: { suspend: false } } });
  await untilActive(world, 'concurrent', 1);
  assert.equal((await activeJobs(world)).length, 1);
  assert.ok((await reasons(world, 'concurrent')).includes('TooManyMissedTimes'));
});

test('[sig-apps] CronJob should not emit unexpected warnings', async () => {
  await using world = await World.start();
  await create(world, cronJobOf('concurrent', 'true'));
  await world.clock.advance(180_000);
  assert.ok((await listJobs(world)).filter(ended).length >= 2);
  assert.deepEqual(new Set(await reasons(world, 'concurrent')), new Set(['SuccessfulCreate', 'SawCompletedJob']));
});

test('[sig-apps] CronJob should set the cronjob-scheduled-timestamp annotation on a job', async () => {
  await using world = await World.start();
  await create(world, cronJobOf('concurrent', 'true', { timeZone: 'America/New_York' }));
  const job = await world.until('a job', async () => (await listJobs(world))[0]);
  const scheduled = job.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'] ?? '';
  assert.match(scheduled, /^2025-12-31T19:\d\d:00-05:00$/);
  assert.equal(nameOf(job), `concurrent-${Date.parse(scheduled) / 60_000}`);
});

test('[sig-apps] CronJob should remove from active list jobs that have been deleted', async () => {
  await using world = await World.start();
  await create(world, cronJobOf('forbid', 'sleep', { concurrencyPolicy: 'Forbid' }));
  const name = (await untilActive(world, 'forbid', 1)).status!.active![0]!.name!;
  await world.client.delete(jobs, ref(name), { propagationPolicy: 'Background' });
  await world.untilGone(jobs, ref(name));
  await world.until('it to leave the list', async () => !((await world.client.get(cronjobs, ref('forbid'))).status?.active?.some((one) => one.name === name) ?? false));
  assert.ok((await reasons(world, 'forbid')).includes('MissingJob'));
});

for (const [title, command, limits, end] of [
  ['should delete successful finished jobs with limit of one successful job', 'true', { successfulJobsHistoryLimit: 1, failedJobsHistoryLimit: 0 }, 'Complete'],
  ['should delete failed finished jobs with limit of one job', 'false', { successfulJobsHistoryLimit: 0, failedJobsHistoryLimit: 1 }, 'Failed'],
] as const) {
  test(`[sig-apps] CronJob ${title}`, async () => {
    await using world = await World.start();
    await create(world, cronJobOf('history', command, limits));
    await world.clock.advance(600_000);
    const finished = (await listJobs(world)).filter(ended);
    assert.equal(finished.length, 1);
    assert.equal(findCondition(finished[0]!.status?.conditions, end)?.status, 'True');
    await world.until('pods of deleted jobs to be gone', async () => (await world.client.list(pods, { namespace: ns })).items.length <= 2);
  });
}

test('[sig-apps] CronJob should support timezone', async () => {
  await using world = await World.start({ nodes: 0 });
  await assert.rejects(create(world, cronJobOf('cronjob-with-timezone', 'false', { timeZone: 'bad-time-zone' })), refusal('Invalid', 'unknown time zone bad-time-zone'));
});

test('a finished job is deleted when its time to live is over', async () => {
  await using world = await World.start();
  const { spec } = cronJobOf('ttl', 'true').spec.jobTemplate;
  await world.client.create(jobs, { apiVersion: 'batch/v1', kind: 'Job', metadata: { namespace: ns, name: 'ttl' }, spec: { ...spec!, ttlSecondsAfterFinished: 30 } });
  await world.until('it to end', async () => ended(await world.client.get(jobs, ref('ttl'))));
  await world.clock.advance(28_000);
  assert.equal((await listJobs(world)).length, 1);
  await world.untilGone(jobs, ref('ttl'), 10_000);
  assert.equal((await world.client.list(pods, { namespace: ns })).items.length, 0);
});

test('an hourly cron job runs each hour, and keeps its last three jobs', async () => {
  await using world = await World.start({ nodes: 1, calm: true });
  await create(world, cronJobOf('hourly', 'true', { schedule: '0 * * * *' }));
  await world.clock.advance(8 * 3600_000 + 60_000);
  const { status } = await world.client.get(cronjobs, ref('hourly'));
  assert.deepEqual([status?.lastScheduleTime, status?.active], ['2026-01-01T08:00:00Z', undefined]);
  const kept = await listJobs(world);
  assert.deepEqual(kept.map(nameOf).toSorted(), [6, 7, 8].map((hour) => `hourly-${Date.UTC(2026, 0, 1, hour) / 60_000}`));
  assert.ok(kept.every(({ status: of }) => isConditionTrue(of?.conditions, 'Complete')));
  await world.until('pods of deleted jobs to be gone', async () => (await world.client.list(pods, { namespace: ns })).items.length === 3);
});
