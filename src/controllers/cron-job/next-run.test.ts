import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseCronSchedule } from '../../api/groups/batch/cron-schedule.ts';
import { parseTime } from '../../api/meta/time.ts';
import type { CronJob, CronJobSpec } from '../../api/types/batch/v1.ts';
import { formatTime } from '../../base/clock.ts';
import { jobFor, Zones } from './cron-job-parts.ts';
import { dueRun, InvalidScheduleError, nextRunInMs } from './missed-runs.ts';
import { runTimes } from './next-run.ts';
import { Zone } from './zoned-time.ts';

const ms = (text: string): number => parseTime(text)!;

describe('the next run', () => {
  const cases: [zone: string, from: string, schedule: string, next: string | undefined][] = [
    ['UTC', '2012-07-09T14:45:00Z', '0/15 * * * *', '2012-07-09T15:00:00Z'],
    ['UTC', '2012-07-09T14:59:59Z', '0/15 * * * *', '2012-07-09T15:00:00Z'],
    ['UTC', '2012-07-09T15:45:00Z', '20-35/15 * * * *', '2012-07-09T16:20:00Z'],
    ['UTC', '2012-07-09T23:46:00Z', '*/15 * * * *', '2012-07-10T00:00:00Z'],
    ['UTC', '2012-07-09T23:35:00Z', '0 0 9 Apr-Oct ?', '2012-08-09T00:00:00Z'],
    ['UTC', '2012-07-09T23:35:00Z', '0 0 */5 Apr,Aug,Oct Mon', '2012-08-01T00:00:00Z'],
    ['UTC', '2012-07-09T23:35:00Z', '0 0 * Feb Mon', '2013-02-04T00:00:00Z'],
    ['UTC', '2012-07-09T23:35:00Z', '0 0 29 Feb ?', '2016-02-29T00:00:00Z'],
    ['UTC', '2012-07-09T23:35:00Z', '0 0 30 Feb ?', undefined],
    ['UTC', '2012-12-31T23:59:45Z', '* * * * *', '2013-01-01T00:00:00Z'],
    ['UTC', '2012-07-09T14:45:30Z', '@hourly', '2012-07-09T15:00:00Z'],
    ['UTC', '2012-07-09T14:45:30Z', '@weekly', '2012-07-15T00:00:00Z'],
    ['UTC', '2012-07-09T14:45:30Z', '@every 1h30m', '2012-07-09T16:15:30Z'],
    // Spring: two o'clock is skipped.
    ['America/New_York', '2012-03-11T00:00:00-05:00', '30 2 11 Mar ?', '2013-03-11T02:30:00-04:00'],
    ['America/New_York', '2012-03-11T00:00:00-05:00', '0 * * * ?', '2012-03-11T01:00:00-05:00'],
    ['America/New_York', '2012-03-11T01:00:00-05:00', '0 * * * ?', '2012-03-11T03:00:00-04:00'],
    ['America/New_York', '2012-03-11T01:00:00-05:00', '0 1 * * ?', '2012-03-12T01:00:00-04:00'],
    ['America/New_York', '2012-03-11T00:00:00-05:00', '0 2 * * ?', '2012-03-12T02:00:00-04:00'],
    // Autumn: one o'clock comes twice.
    ['America/New_York', '2012-11-04T00:00:00-04:00', '30 2 04 Nov ?', '2012-11-04T02:30:00-05:00'],
    ['America/New_York', '2012-11-04T01:45:00-04:00', '30 1 04 Nov ?', '2012-11-04T01:30:00-05:00'],
    ['America/New_York', '2012-11-04T01:00:00-04:00', '0 * * * ?', '2012-11-04T01:00:00-05:00'],
    ['America/New_York', '2012-11-04T01:00:00-04:00', '0 1 * * ?', '2012-11-04T01:00:00-05:00'],
    ['America/New_York', '2012-11-04T01:00:00-05:00', '0 1 * * ?', '2012-11-05T01:00:00-05:00'],
    ['America/New_York', '2012-11-04T00:00:00-04:00', '0 3 * * ?', '2012-11-04T03:00:00-05:00'],
    // In Sao Paulo it was midnight that was skipped.
    ['America/Sao_Paulo', '2018-10-17T05:00:00-04:00', '0 9 10 * ?', '2018-11-10T06:00:00-05:00'],
    ['America/Sao_Paulo', '2018-02-14T05:00:00-05:00', '0 9 22 * ?', '2018-02-22T07:00:00-05:00'],
    ['Asia/Kolkata', '2026-01-01T00:00:00Z', '0 6 * * *', '2026-01-01T00:30:00Z'],
  ];
  for (const [zone, from, schedule, next] of cases) {
    it(`${schedule} after ${from} in ${zone}`, () => {
      const nextMs = runTimes(parseCronSchedule(schedule), new Zone(zone)).next(ms(from));
      assert.equal(nextMs === undefined ? undefined : formatTime(nextMs), next === undefined ? undefined : formatTime(ms(next)));
    });
  }
});

describe('times that are asked for again and again', () => {
  it('are those of a schedule that is asked for the first time', () => {
    const schedule = parseCronSchedule('0 0 * * *');
    // Clocks go back by half an hour in the night to the 5th: from before, upstream's search passes that day over.
    const times = runTimes(schedule, new Zone('Australia/Lord_Howe'));
    for (const from of ['2026-04-04T13:01:00Z', '2026-04-04T21:00:00Z', '2026-04-04T13:01:00Z', '2026-04-05T13:30:00Z', '2026-04-04T13:01:00Z', '2026-04-04T21:00:00Z']) {
      assert.equal(times.next(ms(from)), runTimes(schedule, new Zone('Australia/Lord_Howe')).next(ms(from)), from);
    }
  });
});

const cronJob = (spec: Partial<CronJobSpec>, lastScheduleTime?: string): CronJob => ({
  metadata: { namespace: 'ns', name: 'cj', uid: 'u', creationTimestamp: '2026-01-01T09:59:00Z' },
  spec: { schedule: '0 * * * ?', jobTemplate: {}, ...spec },
  ...(lastScheduleTime !== undefined && { status: { lastScheduleTime } }),
});

describe('the run that is due', () => {
  const due = (object: CronJob, now: string) => {
    const { dueMs, missed } = dueRun(object, new Zones().timesOf(object), ms(now), { withinDeadline: true });
    return [dueMs === undefined ? undefined : formatTime(dueMs), missed];
  };
  const cases: [string, CronJob, string, [string | undefined, string]][] = [
    ['none yet', cronJob({}), '2026-01-01T09:59:59Z', [undefined, 'none']],
    ['the first', cronJob({}), '2026-01-01T10:00:00Z', ['2026-01-01T10:00:00Z', 'none']],
    ['the last of a few', cronJob({}), '2026-01-01T12:30:00Z', ['2026-01-01T12:00:00Z', 'few']],
    ['since the last run', cronJob({}, '2026-01-01T12:00:00Z'), '2026-01-01T12:30:00Z', [undefined, 'none']],
    ['the last of many', cronJob({}), '2026-01-08T12:30:00Z', ['2026-01-08T12:00:00Z', 'many']],
    ['few of many are within the deadline', cronJob({ startingDeadlineSeconds: 7200 }), '2026-01-08T12:30:00Z', ['2026-01-08T12:00:00Z', 'few']],
    ['of an uneven schedule', cronJob({ schedule: '30 6-16/4 * * 1-5' }, '2026-01-02T06:30:00Z'), '2026-01-05T07:00:00Z', ['2026-01-05T06:30:00Z', 'few']],
    ['of an interval', cronJob({ schedule: '@every 5h' }), '2026-01-02T01:00:00Z', ['2026-01-02T00:59:00Z', 'few']],
  ];
  for (const [title, object, now, expected] of cases) it(title, () => assert.deepEqual(due(object, now), expected));

  it('never comes, of a schedule that reads well', () => {
    assert.throws(() => due(cronJob({ schedule: '59 23 31 2 *' }), '2026-01-05T07:00:00Z'), InvalidScheduleError);
  });
  it('is waited for a tenth of a second longer', () => {
    const object = cronJob({}, '2026-01-01T12:00:00Z');
    assert.equal(nextRunInMs(object, new Zones().timesOf(object), ms('2026-01-01T12:00:01Z')), 3_599_100);
  });
});

it('a job says in its zone which run it is', () => {
  const job = jobFor(cronJob({ timeZone: 'Europe/Berlin', jobTemplate: { metadata: { labels: { a: 'b' } } } }), ms('2026-07-01T10:00:00Z'), new Zones());
  assert.equal(job.metadata.name, 'cj-29715000');
  assert.deepEqual(job.metadata.annotations, { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-07-01T12:00:00+02:00' });
  assert.deepEqual(job.metadata.labels, { a: 'b' });
});

it('without a zone the machine\'s own counts; one that is named, and UTC by the name of nothing, does not move', () => {
  const noon = { schedule: '0 12 * * *' };
  const next = (spec: object, local: string): string => new Date(new Zones(local).timesOf(cronJob({ ...noon, ...spec })).next(ms('2026-07-01T00:00:00Z'))!).toISOString();
  assert.equal(next({}, 'UTC'), '2026-07-01T12:00:00.000Z');
  assert.equal(next({}, 'Europe/Berlin'), '2026-07-01T10:00:00.000Z');
  assert.equal(next({ schedule: 'TZ=Local 0 12 * * *' }, 'Europe/Berlin'), '2026-07-01T10:00:00.000Z');
  assert.equal(next({ timeZone: 'Asia/Tokyo' }, 'Europe/Berlin'), '2026-07-01T03:00:00.000Z');
  assert.equal(next({ schedule: 'TZ=Etc/UTC 0 12 * * *' }, 'Europe/Berlin'), '2026-07-01T12:00:00.000Z');
});
