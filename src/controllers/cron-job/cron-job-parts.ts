import { parseCronSchedule } from '../../api/groups/batch/cron-schedule.ts';
import { findCondition } from '../../api/meta/conditions.ts';
import { nameOf, namespaceOf } from '../../api/meta/object.ts';
import { controllerReference } from '../../api/meta/owner.ts';
import { cronjobs } from '../../api/resources.ts';
import type { CronJob, CronJobStatus, Job } from '../../api/types/batch/v1.ts';
import type { ObjectReference } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
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
}

/** One sync: the status is written once, at its end, if anything in it changed. */
export interface CronJobSync {
  readonly parts: CronJobParts;
  cronJob: CronJob;
  active: readonly ObjectReference[];
  status: Omit<CronJobStatus, 'active'>;
  changed: boolean;
}

/** Takes a job off the list of active ones. */
export function forget(sync: CronJobSync, uid: string | undefined): void {
  sync.active = sync.active.filter((reference) => reference.uid !== uid);
  sync.changed = true;
}

/** The condition by which a job ended; undefined while it has not. */
export function endOf({ status }: Job): 'Complete' | 'Failed' | undefined {
  return (['Complete', 'Failed'] as const).find((type) => findCondition(status?.conditions, type)?.status === 'True');
}

/** Zones are kept: making one takes long, and they remember offsets. */
export class Zones {
  /** The machine's own. */
  readonly local: string;
  readonly #known = new Map<string, Zone>();

  constructor(local = 'UTC') {
    this.local = local;
  }

  /** Throws a RangeError for a zone that this runtime does not know. */
  get(name: string): Zone {
    let zone = this.#known.get(name);
    if (zone === undefined) this.#known.set(name, zone = new Zone(name));
    return zone;
  }
}

/**
 * When a cron job is due. A zone in the schedule, as older servers allowed it, wins over the field; without either, the
 * machine's own counts, as it does for kube-controller-manager. Throws CronError.
 */
export function timesOf({ spec }: CronJob, zones: Zones): RunTimes {
  const schedule = parseCronSchedule(spec.schedule);
  const [, inSchedule] = /^(?:CRON_)?TZ=(\S*)/.exec(spec.schedule) ?? [];
  const name = (spec.schedule.includes('TZ') ? inSchedule : spec.timeZone) ?? 'Local';
  return runTimes(schedule, zones.get(name === 'Local' ? zones.local : name));
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
