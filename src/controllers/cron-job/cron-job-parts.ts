import { isTimeZone, parseCronSchedule } from '../../api/groups/batch/cron-schedule.ts';
import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import { controllerReference } from '../../api/meta/owner.ts';
import { cronjobs } from '../../api/resources.ts';
import type { CronJob, CronJobStatus, Job } from '../../api/types/batch/v1.ts';
import type { ObjectReference } from '../../api/types/core/v1.ts';
import { BoundedCache } from '../../base/bounded-cache.ts';
import type { Clock } from '../../base/clock.ts';
import type { Histogram } from '../../base/metrics.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import type { RunTimes } from './next-run.ts';
import { runTimes } from './next-run.ts';
import { Zone } from './zoned-time.ts';

export interface CronJobParts {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  readonly zones: Zones;
  /** Seconds from when runs were due until their jobs were made. */
  readonly skew: Histogram;
}

/** One sync: the status is written once, at its end, if anything in it changed. */
export interface CronJobSync {
  readonly parts: CronJobParts;
  cronJob: CronJob;
  active: readonly ObjectReference[];
  /** Its list of active jobs is not looked at. */
  status: CronJobStatus;
  changed: boolean;
}

/** Takes a job off the list of active ones. */
export function forget(sync: CronJobSync, uid: string | undefined): void {
  sync.active = sync.active.filter((reference) => reference.uid !== uid);
  sync.changed = true;
}

/** The condition by which a job ended; undefined while it has not. */
export function endOf({ status }: Job): 'Complete' | 'Failed' | undefined {
  let end: 'Complete' | 'Failed' | undefined;
  for (const { type, status: truth } of status?.conditions ?? []) {
    if (truth !== 'True') continue;
    if (type === 'Complete') return type;
    if (type === 'Failed') end = type;
  }
  return end;
}

/** Schedules whose times are remembered; more are read anew. */
const maxSchedules = 1_000;

/** Zones are kept: making one takes long, and they remember offsets. So are schedules, which are asked at each sync. */
export class Zones {
  /** The machine's own. */
  readonly local: string;
  readonly #known = new Map<string, Zone>();
  readonly #times = new BoundedCache<string, { readonly timeZone: string | undefined; readonly times: RunTimes }>(maxSchedules);

  constructor(local = 'UTC') {
    this.local = local;
  }

  /** Throws a RangeError for a zone that this runtime does not know. */
  get(name: string): Zone {
    let zone = this.#known.get(name);
    if (zone === undefined) this.#known.set(name, zone = new Zone(name));
    return zone;
  }

  /** Does this runtime know it? */
  has(name: string): boolean {
    return this.#known.has(name) || isTimeZone(name);
  }

  /**
   * When a cron job is due. A zone in the schedule, as older servers allowed it, wins over the field; without either, the
   * machine's own counts, as it does for kube-controller-manager. Throws CronError.
   */
  timesOf({ spec: { schedule, timeZone } }: CronJob): RunTimes {
    const known = this.#times.get(schedule);
    if (known !== undefined && known.timeZone === timeZone) return known.times;
    const parsed = parseCronSchedule(schedule);
    const [, inSchedule] = /^(?:CRON_)?TZ=(\S*)/.exec(schedule) ?? [];
    const name = (schedule.includes('TZ') ? inSchedule : timeZone) ?? 'Local';
    const times = runTimes(parsed, this.get(name === 'Local' ? this.local : name));
    this.#times.set(schedule, { timeZone, times });
    return times;
  }
}

/** `NAME-MINUTES`: the same for the same run, so that none is started twice. */
export function jobNameFor(cronJob: CronJob, scheduledMs: number): string {
  return `${nameOf(cronJob)}-${Math.floor(scheduledMs / 60_000)}`;
}

/** The job of one run. */
export function jobFor(cronJob: CronJob, scheduledMs: number, zones: Zones): Job {
  const { jobTemplate, timeZone = '' } = cronJob.spec;
  const { labels, annotations } = jobTemplate.metadata ?? {};
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      namespace: namespaceOf(cronJob),
      name: jobNameFor(cronJob, scheduledMs),
      ...(labels !== undefined && { labels }),
      annotations: { ...annotations, 'batch.kubernetes.io/cronjob-scheduled-timestamp': zones.get(timeZone).format(scheduledMs) },
      ownerReferences: [controllerReference(cronJob, cronjobs)],
    },
    ...(jobTemplate.spec !== undefined && { spec: jobTemplate.spec }),
  };
}
