import { CronError } from '../../api/groups/batch/cron-schedule.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import { controllerOf, joinKey, keyOf, namespaceOf } from '../../api/meta/object.ts';
import { cronjobs, jobs } from '../../api/resources.ts';
import type { CronJob, Job } from '../../api/types/batch/v1.ts';
import { exponentialBounds, Histogram, histogramFamily, labelled } from '../../base/metrics.ts';
import { runController } from '../../client/controller.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { ControllerContext } from '../common/context.ts';
import { Zones } from './cron-job-parts.ts';
import { nextRunInMs } from './missed-runs.ts';
import { syncCronJob } from './sync-cron-job.ts';

/** Jobs by the cron job that their controller reference names, whatever its uid. */
const ownerIndex = 'cron-job';

/** Starts jobs when their cron jobs are due, and clears away old ones. */
export async function startCronJobController(context: ControllerContext): Promise<void> {
  new CronJobController(context).start();
}

class CronJobController {
  readonly #context: ControllerContext;
  readonly #recorder: EventRecorder;
  readonly #cronJobs: Informer<CronJob>;
  readonly #jobs: Informer<Job>;
  readonly #queue: WorkQueue;
  readonly #zones: Zones;

  constructor(context: ControllerContext) {
    this.#context = context;
    this.#cronJobs = context.informers.informer(cronjobs);
    this.#jobs = context.informers.informer(jobs);
    this.#jobs.addIndex(ownerIndex, (job) => {
      const owner = controllerOf(job);
      return owner === undefined ? [] : [joinKey(namespaceOf(job), owner.name)];
    });
    this.#recorder = recorderFor(context, context.clientFor('cronjob-controller'), 'cronjob-controller');
    this.#queue = new WorkQueue({ clock: context.clock });
    this.#zones = new Zones(context.clock.localZone);
  }

  start(): void {
    const enqueue = (cronJob: CronJob | undefined): void => { if (cronJob !== undefined) this.#queue.add(keyOf(cronJob)); };
    this.#cronJobs.addHandler({ add: enqueue, update: (old, cronJob) => this.#updated(old, cronJob), delete: enqueue });
    this.#jobs.addHandler({
      add: (job) => enqueue(this.#ownerOf(job)),
      update: (old, job) => {
        if (!semanticEqual(controllerOf(old), controllerOf(job))) enqueue(this.#ownerOf(old));
        enqueue(this.#ownerOf(job));
      },
      delete: (job) => enqueue(this.#ownerOf(job)),
    });
    const { clock, logger, signal } = this.#context;
    const skew = new Histogram(exponentialBounds(1, 2, 10));
    this.#context.scraped([histogramFamily('cronjob_controller_job_creation_skew_duration_seconds', '[STABLE] From when runs were due until their jobs were made.', () => [labelled({}, skew)])]);
    const parts = { client: this.#context.clientFor('cronjob-controller'), clock, recorder: this.#recorder, zones: this.#zones, skew };
    runController({
      name: 'cronjob-controller', clock, logger, signal, informers: [this.#cronJobs, this.#jobs], queue: this.#queue,
      reconcile: (key) => {
        const cronJob = this.#cronJobs.lister.getByKey(key);
        return cronJob === undefined ? Promise.resolve() : syncCronJob(parts, cronJob, this.#jobs.lister.byIndex(ownerIndex, key));
      },
    });
  }

  #ownerOf(job: Job): CronJob | undefined {
    const reference = controllerOf(job);
    if (reference?.kind !== cronjobs.kind) return undefined;
    const cronJob = this.#cronJobs.lister.get(namespaceOf(job), reference.name);
    return cronJob?.metadata.uid === reference.uid ? cronJob : undefined;
  }

  /** A new schedule counts from its next run on; anything else is looked at now. */
  #updated(old: CronJob, cronJob: CronJob): void {
    if (old.spec.schedule === cronJob.spec.schedule && old.spec.timeZone === cronJob.spec.timeZone) return this.#queue.add(keyOf(cronJob));
    try {
      const delayMs = nextRunInMs(cronJob, this.#zones.timesOf(cronJob), this.#context.clock.now());
      if (delayMs !== undefined) this.#queue.addAfter(keyOf(cronJob), delayMs);
    } catch (error) {
      if (!(error instanceof CronError || error instanceof RangeError)) throw error;
      this.#recorder.event(cronJob, 'Warning', 'UnParseableCronJobSchedule', `unparseable schedule for cronjob: ${cronJob.spec.schedule}`);
    }
  }
}
