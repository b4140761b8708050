import { CronError } from '../../api/groups/batch/cron-schedule.ts';
import { nameOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import { isLater, parseTime } from '../../api/meta/time.ts';
import { cronjobs, jobs } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { CronJob, CronJobStatus, Job } from '../../api/types/batch/v1.ts';
import type { ObjectReference } from '../../api/types/core/v1.ts';
import { formatTime } from '../../base/clock.ts';
import type { ReconcileResult } from '../../client/controller.ts';
import { referenceTo } from '../../client/event-recorder/reference.ts';
import { isNamespaceTerminating, messageOf } from '../common/errors.ts';
import type { CronJobParts, CronJobSync } from './cron-job-parts.ts';
import { endOf, forget, jobFor, jobNameFor } from './cron-job-parts.ts';
import { deleteJob, surplusJobs } from './history.ts';
import { dueRun, InvalidScheduleError, nextRunInMs } from './missed-runs.ts';

/** Follows the jobs of a cron job, clears away old ones, and starts the one that is due. */
export async function syncCronJob(parts: CronJobParts, cronJob: CronJob, children: readonly Job[]): Promise<ReconcileResult> {
  const { status = {} } = cronJob;
  const sync: CronJobSync = { parts, cronJob, active: status.active ?? [], status, changed: false };
  for (const job of surplusJobs(cronJob, children)) await deleteJob(sync, job);
  let delayMs: number | undefined;
  let failure: unknown;
  try {
    delayMs = await followAndStart(sync, children);
  } catch (error) {
    failure = error;
  }
  if (sync.changed) {
    const { active: _, ...status } = sync.status;
    const next: CronJobStatus = sync.active.length > 0 ? { active: [...sync.active], ...status } : status;
    await parts.client.update(cronjobs, { ...sync.cronJob, status: next }, { subresource: 'status' });
  }
  if (failure !== undefined) throw failure;
  return delayMs === undefined ? undefined : { requeueAfterMs: delayMs };
}

const isActive = ({ active }: CronJobSync, uid: string): boolean => active.some((reference) => reference.uid === uid);

/** Milliseconds until the next look; undefined when there is nothing to wait for. */
async function followAndStart(sync: CronJobSync, children: readonly Job[]): Promise<number | undefined> {
  for (const job of children) {
    const asking = followJob(sync, job);
    if (asking !== undefined) await asking;
  }
  if (sync.active.length > 0) for (const reference of missingJobs(sync, children)) await dropIfGone(sync, reference);
  const { cronJob, parts: { recorder, zones, clock } } = sync;
  const { schedule, timeZone, suspend } = cronJob.spec;
  if (cronJob.metadata.deletionTimestamp !== undefined) return undefined;
  if (timeZone !== undefined && timeZone !== '' && !zones.has(timeZone)) {
    recorder.event(cronJob, 'Warning', 'UnknownTimeZone', `invalid timeZone: ${JSON.stringify(timeZone)}: unknown time zone ${timeZone}`);
    return undefined;
  }
  if (suspend === true) return undefined;
  if (schedule.includes('TZ')) recorder.event(cronJob, 'Warning', 'UnsupportedSchedule', `CRON_TZ or TZ used in schedule ${JSON.stringify(schedule)} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`);
  try {
    const times = zones.timesOf(cronJob);
    const nowMs = clock.now();
    const { dueMs, missed } = dueRun(cronJob, times, nowMs, { withinDeadline: true });
    if (dueMs !== undefined) {
      if (missed === 'many') recorder.event(cronJob, 'Warning', 'TooManyMissedTimes', 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew');
      if (mayStart(sync, dueMs, nowMs) && !(await start(sync, dueMs))) return undefined;
    }
    return nextRunInMs({ metadata: cronJob.metadata, spec: cronJob.spec, status: sync.status }, times, nowMs);
  } catch (error) {
    if (error instanceof CronError) recorder.event(cronJob, 'Warning', 'UnparseableSchedule', `unparseable schedule: ${JSON.stringify(schedule)} : ${error.message}`);
    else if (error instanceof InvalidScheduleError) recorder.event(cronJob, 'Warning', 'InvalidSchedule', `invalid schedule: ${schedule} : ${error.message}`);
    else throw error;
    return undefined;
  }
}

/** A job that has ended leaves the list of active ones; the last success is remembered. One that is not on the list is asked about. */
function followJob(sync: CronJobSync, job: Job): Promise<void> | undefined {
  const uid = uidOf(job);
  const end = endOf(job);
  if (end === undefined) return isActive(sync, uid) ? undefined : askAbout(sync, job);
  if (isActive(sync, uid)) {
    forget(sync, uid);
    sync.parts.recorder.event(sync.cronJob, 'Normal', 'SawCompletedJob', `Saw completed job: ${nameOf(job)}, condition: ${end}`);
  }
  const completed = job.status?.completionTime;
  if (end !== 'Complete' || completed === undefined || !isLater(completed, sync.status.lastSuccessfulTime)) return undefined;
  sync.status = { ...sync.status, lastSuccessfulTime: completed };
  sync.changed = true;
  return undefined;
}

/** The cache may be behind: is the job on the list after all? */
async function askAbout(sync: CronJobSync, job: Job): Promise<void> {
  const { client, recorder } = sync.parts;
  const fresh = await client.get(cronjobs, { namespace: namespaceOf(sync.cronJob), name: nameOf(sync.cronJob) });
  const active = fresh.status?.active;
  if (active?.some((reference) => reference.uid === job.metadata.uid) === true) Object.assign(sync, { cronJob: fresh, active, status: fresh.status });
  else recorder.event(sync.cronJob, 'Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${nameOf(job)}`);
}

function missingJobs({ active }: CronJobSync, children: readonly Job[]): ObjectReference[] {
  const known = new Set(children.map(uidOf));
  return active.filter(({ uid }) => uid === undefined || !known.has(uid));
}

/** An active job that is gone would be waited for for ever. */
async function dropIfGone(sync: CronJobSync, { uid, namespace = '', name = '' }: ObjectReference): Promise<void> {
  try {
    // The cache may be behind.
    await sync.parts.client.get(jobs, { namespace, name });
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
    sync.parts.recorder.event(sync.cronJob, 'Normal', 'MissingJob', `Active job went missing: ${name}`);
    forget(sync, uid);
  }
}

function mayStart({ cronJob, active, status, parts: { recorder } }: CronJobSync, dueMs: number, nowMs: number): boolean {
  const { startingDeadlineSeconds, concurrencyPolicy } = cronJob.spec;
  if (startingDeadlineSeconds !== undefined && dueMs + startingDeadlineSeconds * 1000 < nowMs) {
    recorder.event(cronJob, 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${new Date(dueMs).toUTCString().replace('GMT', '+0000')}`);
    return false;
  }
  const started = active.some(({ name, namespace }) => name === jobNameFor(cronJob, dueMs) && namespace === namespaceOf(cronJob)) || status.lastScheduleTime === formatTime(dueMs);
  if (started) return false;
  if (concurrencyPolicy === 'Forbid' && active.length > 0) {
    recorder.event(cronJob, 'Normal', 'JobAlreadyActive', 'Not starting job because prior execution is running and concurrency policy is Forbid');
    return false;
  }
  return true;
}

/** Starts the run, and replaces what runs where that is asked for. Resolves with false when somebody else looks after the run's job. */
async function start(sync: CronJobSync, dueMs: number): Promise<boolean> {
  const { cronJob, parts: { client, recorder, zones, skew } } = sync;
  if (cronJob.spec.concurrencyPolicy === 'Replace') await replaceActive(sync);
  const wanted = jobFor(cronJob, dueMs, zones);
  let job: Job;
  try {
    job = await client.create(jobs, wanted);
    skew.observe(((parseTime(job.metadata.creationTimestamp ?? '') ?? dueMs) - dueMs) / 1000);
    recorder.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${nameOf(job)}`);
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) {
      if (!isNamespaceTerminating(error)) recorder.event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${messageOf(error)}`);
      throw error;
    }
    // Made by an earlier sync that could not write the status, or by somebody else.
    job = await client.get(jobs, { namespace: namespaceOf(cronJob), name: nameOf(wanted) });
    const mine = job.metadata.ownerReferences?.some(({ uid, controller }) => controller === true && uid === cronJob.metadata.uid) === true;
    if (!mine || isActive(sync, uidOf(job))) return false;
  }
  sync.active = [...sync.active, referenceTo(job)];
  sync.status = { ...sync.status, lastScheduleTime: formatTime(dueMs) };
  sync.changed = true;
  return true;
}

async function replaceActive(sync: CronJobSync): Promise<void> {
  const { cronJob, parts: { client, recorder } } = sync;
  for (const { namespace = '', name = '' } of sync.active) {
    let job: Job;
    try {
      job = await client.get(jobs, { namespace, name });
    } catch (error) {
      recorder.event(cronJob, 'Warning', 'FailedGet', `Get job: ${messageOf(error)}`);
      throw error;
    }
    if (!(await deleteJob(sync, job))) throw new Error(`could not replace job ${namespace}/${name}`);
  }
}
