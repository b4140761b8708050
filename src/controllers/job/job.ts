import { semanticEqual } from '../../api/meta/equal.ts';
import { labelSelectorAsSelector } from '../../api/meta/labels.ts';
import { controllerOf, keyOf, namespaceOf, uidOf } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import { jobs, pods as podType } from '../../api/resources.ts';
import type { Job } from '../../api/types/batch/v1.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { runController } from '../../client/controller.ts';
import { exponentialFailureLimiter } from '../../client/work-queue/rate-limiter.ts';
import { WorkQueue } from '../../client/work-queue/work-queue.ts';
import { recorderFor } from '../../client/event-recorder/recorder-for.ts';
import type { ControllerContext } from '../common/context.ts';
import { isOthers } from '../common/dependents.ts';
import { ignoreNotFound } from '../common/errors.ts';
import { Expectations } from '../common/expectations.ts';
import { indexByController } from '../common/indexes.ts';
import { createPodControl } from '../common/pod-control.ts';
import { WrittenVersions } from '../common/written-versions.ts';
import { JobMetrics } from './job-metrics.ts';
import type { JobParts } from './job-parts.ts';
import { FinalizerRemovals, removeTrackingFinalizer } from './job-parts.ts';
import { hasTrackingFinalizer, isFinished, isManagedElsewhere } from './job-state.ts';
import { syncJob } from './sync-job.ts';

/** Pods' events are gathered for so long before their job is looked at. */
const batchPeriodMs = 1_000;

/** Runs the pods of jobs to completion, and counts each once. */
export async function startJobController(context: ControllerContext): Promise<void> {
  new JobController(context).start();
}

class JobController {
  readonly #context: ControllerContext;
  readonly #parts: JobParts;
  readonly #podIndex: ReturnType<typeof indexByController<Pod>>;
  readonly #queue: WorkQueue;
  /** Pods that no job counts any more, and whose finalizer must go. */
  readonly #orphans: WorkQueue;

  constructor(context: ControllerContext) {
    const { clock, informers } = context;
    this.#context = context;
    const client = context.clientFor('job-controller');
    const recorder = recorderFor(context, client, 'job-controller');
    const newQueue = (): WorkQueue => new WorkQueue({ clock, rateLimiter: exponentialFailureLimiter(1_000, 60_000) });
    this.#queue = newQueue();
    this.#orphans = newQueue();
    this.#parts = {
      client, clock, recorder,
      podControl: createPodControl(jobs, client, recorder),
      jobs: informers.informer(jobs),
      pods: informers.informer(podType),
      written: new WrittenVersions(),
      expectations: new Expectations(clock),
      removals: new FinalizerRemovals(),
      backoffs: new Map(),
      metrics: new JobMetrics(),
      finished: new Set(),
      syncAfter: (key, delayMs) => this.#queue.addAfter(key, Math.max(delayMs, batchPeriodMs)),
    };
    this.#podIndex = indexByController(this.#parts.pods);
  }

  start(): void {
    const { jobs: jobInformer, pods: podInformer } = this.#parts;
    jobInformer.addHandler({ add: (job) => this.#jobAdded(job), update: (old, job) => this.#jobUpdated(old, job), delete: (job) => this.#jobDeleted(job) });
    podInformer.addHandler({ add: (pod) => this.#podAdded(pod), update: (old, pod) => this.#podUpdated(old, pod), delete: (pod) => this.#podGone(pod) });
    this.#context.scraped(this.#parts.metrics.families);
    const { clock, logger, signal } = this.#context;
    const common = { clock, logger, signal, informers: [jobInformer, podInformer] };
    runController({ ...common, name: 'job-controller', queue: this.#queue, reconcile: (key) => syncJob(this.#parts, this.#podIndex, key) });
    runController({ ...common, name: 'job-controller-orphans', queue: this.#orphans, reconcile: (key) => this.#freeOrphan(key) });
  }

  #syncBatched(job: Job): void {
    this.#queue.addAfter(keyOf(job), batchPeriodMs);
  }

  #jobAdded(job: Job): void {
    this.#queue.add(keyOf(job));
    if (isManagedElsewhere(job)) this.#parts.metrics.managedElsewhere(job.spec?.managedBy ?? '');
  }

  #jobUpdated(old: Job, job: Job): void {
    if (isFinished(job)) {
      this.#forget(job);
      return this.#freePodsOf(job);
    }
    if (old.metadata.generation === job.metadata.generation) this.#syncBatched(job);
    else this.#queue.add(keyOf(job));
    const deadline = job.spec?.activeDeadlineSeconds;
    const startMs = parseTime(job.status?.startTime ?? '');
    if (startMs === undefined || deadline === undefined || old.spec?.activeDeadlineSeconds === deadline) return;
    this.#queue.addAfter(keyOf(job), startMs + deadline * 1000 - this.#context.clock.now());
  }

  #jobDeleted(job: Job): void {
    this.#queue.add(keyOf(job));
    this.#forget(job);
    this.#freePodsOf(job);
  }

  #forget(job: Job): void {
    this.#parts.written.forget(keyOf(job));
    this.#parts.finished.delete(uidOf(job));
    this.#parts.backoffs.delete(keyOf(job));
  }

  /** Pods should have lost their finalizers before the job ended; if not, they do so now. */
  #freePodsOf(job: Job): void {
    const tracked = [...this.#podIndex.dependents(uidOf(job)), ...this.#podIndex.orphans(namespaceOf(job))].filter(hasTrackingFinalizer);
    if (tracked.length === 0) return;
    const selector = labelSelectorAsSelector(job.spec?.selector);
    for (const pod of tracked) if (selector.matches(pod.metadata.labels)) this.#orphans.add(keyOf(pod));
  }

  #jobOf(pod: Pod): Job | undefined {
    const reference = controllerOf(pod);
    if (reference?.kind !== jobs.kind) return undefined;
    const job = this.#parts.jobs.lister.get(namespaceOf(pod), reference.name);
    return job?.metadata.uid === reference.uid ? job : undefined;
  }

  #podAdded(pod: Pod): void {
    this.#parts.metrics.podChanged(undefined, pod);
    if (pod.metadata.deletionTimestamp !== undefined) return this.#podDeleted(pod, false);
    if (controllerOf(pod) === undefined) return this.#orphanSeen(pod);
    const job = this.#jobOf(pod);
    if (job === undefined) return;
    this.#parts.expectations.creationObserved(keyOf(job));
    this.#syncBatched(job);
  }

  #podUpdated(old: Pod, pod: Pod): void {
    this.#parts.metrics.podChanged(old, pod);
    if (isOthers(jobs.kind, old, pod)) return;
    if (pod.metadata.deletionTimestamp !== undefined) return this.#podDeleted(pod, false);
    const ownerChanged = !semanticEqual(controllerOf(old), controllerOf(pod));
    // Not whether the old pod had the finalizer: two changes may have come as one.
    const notice = (job: Job | undefined): void => {
      if (job === undefined) return;
      if (!hasTrackingFinalizer(pod)) this.#parts.removals.observed(keyOf(job), uidOf(pod));
      this.#syncBatched(job);
    };
    if (ownerChanged) notice(this.#jobOf(old));
    if (controllerOf(pod) !== undefined) return notice(this.#jobOf(pod));
    if (ownerChanged || !semanticEqual(old.metadata.labels, pod.metadata.labels)) this.#orphanSeen(pod);
    else if (hasTrackingFinalizer(pod)) this.#orphans.add(keyOf(pod));
  }

  #podGone(pod: Pod): void {
    this.#parts.metrics.podChanged(pod, undefined);
    this.#podDeleted(pod, true);
  }

  /** `final`: the pod is gone; otherwise it is being deleted. */
  #podDeleted(pod: Pod, final: boolean): void {
    const job = this.#jobOf(pod);
    const tracked = hasTrackingFinalizer(pod);
    if (job === undefined || isFinished(job)) {
      if (tracked && (controllerOf(pod)?.kind ?? jobs.kind) === jobs.kind) this.#orphans.add(keyOf(pod));
      return;
    }
    this.#parts.expectations.deletionObserved(keyOf(job), uidOf(pod));
    if (final || !tracked) this.#parts.removals.observed(keyOf(job), uidOf(pod));
    this.#syncBatched(job);
  }

  /** A pod without a controller: it needs no finalizer, and a job may want to adopt it. */
  #orphanSeen(pod: Pod): void {
    if (hasTrackingFinalizer(pod)) this.#orphans.add(keyOf(pod));
    for (const job of this.#parts.jobs.lister.list(namespaceOf(pod))) {
      if (labelSelectorAsSelector(job.spec?.selector).matches(pod.metadata.labels)) this.#syncBatched(job);
    }
  }

  async #freeOrphan(key: string): Promise<void> {
    const pod = this.#parts.pods.lister.getByKey(key);
    if (pod === undefined) return;
    const controller = controllerOf(pod);
    if (controller !== undefined) {
      if (controller.kind !== jobs.kind || controller.apiVersion !== 'batch/v1') return;
      const job = this.#jobOf(pod);
      if (job !== undefined && (isManagedElsewhere(job) || !isFinished(job))) return;
    }
    await removeTrackingFinalizer(this.#parts.client, pod).catch(ignoreNotFound);
  }
}
