import type { Gauge } from '../../base/metrics.ts';
import { exponentialBounds, Histogram } from '../../base/metrics.ts';
import { counterVector, countersFamily, histogramsFamily, Vector } from '../../base/metric-vector.ts';
import { jobs, pods } from '../../api/resources.ts';
import type { Job, JobCondition, JobStatus } from '../../api/types/batch/v1.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { countIndexes, parseIntervals } from './intervals.ts';
import { hasTrackingFinalizer, isIndexed, isLimitedPerIndex } from './job-state.ts';

/** What a sync did about pods; reconciling: it waited for what an earlier one did, or for the job's end. */
export type SyncAction = 'reconciling' | 'tracking' | 'pods_created' | 'pods_deleted';

type Finished = Pick<JobStatus, 'succeeded' | 'failed' | 'completedIndexes' | 'failedIndexes'>;

const modeOf = (job: Job): 'Indexed' | 'NonIndexed' => (isIndexed(job) ? 'Indexed' : 'NonIndexed');
const isEndedAndTracked = (pod: Pod): boolean => (pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') && hasTrackingFinalizer(pod);

/** What the controller counts, under upstream's names. */
export class JobMetrics {
  readonly #syncs = counterVector('completion_mode', 'result', 'action');
  readonly #syncSeconds = new Vector(['completion_mode', 'result', 'action'], () => new Histogram(exponentialBounds(0.004, 2, 15)));
  readonly #jobsFinished = counterVector('completion_mode', 'result', 'reason');
  readonly #podsFinished = counterVector('completion_mode', 'result');
  readonly #indexesFinished = counterVector('status', 'backoffLimit');
  readonly #handledByPolicy = counterVector('action');
  readonly #endedAndTracked = counterVector('event');
  readonly #podsCreated = counterVector('reason', 'status');
  readonly #managedElsewhere = counterVector('controller_name');
  readonly #staleSkips = counterVector('group', 'resource');

  /** A sync of a job that is neither finished nor somebody else's. */
  synced(job: Job, action: SyncAction, { failed, seconds }: { readonly failed: boolean; readonly seconds: number }): void {
    const [mode, result] = [modeOf(job), failed ? 'error' : 'success'];
    this.#syncs.with(mode, result, action).value += 1;
    this.#syncSeconds.with(mode, result, action).observe(seconds);
  }

  /** A cache had not come as far as what was written. */
  skippedStale(cache: 'jobs' | 'pods'): void {
    const { group, resource } = cache === 'jobs' ? jobs : pods;
    this.#staleSkips.with(group, resource).value += 1;
  }

  jobFinished(job: Job, { type, reason = '' }: JobCondition): void {
    this.#jobsFinished.with(modeOf(job), type === 'Complete' ? 'succeeded' : 'failed', reason).value += 1;
  }

  /** A status was written: what has come to its numbers. Of succeeded indexes only those that the job still has. */
  statusWritten(job: Job, before: Finished, after: Finished): void {
    const mode = modeOf(job);
    const grown = (now = 0, then = 0): number => Math.max(0, now - then);
    const completions = job.spec?.completions ?? 0;
    const indexes = (text = ''): number => countIndexes(parseIntervals(text, completions));
    const succeeded = !isIndexed(job) ? grown(after.succeeded, before.succeeded) : after.completedIndexes === before.completedIndexes ? 0 : grown(indexes(after.completedIndexes), indexes(before.completedIndexes));
    this.#podsFinished.with(mode, 'succeeded').value += succeeded;
    this.#podsFinished.with(mode, 'failed').value += grown(after.failed, before.failed);
    if (!isIndexed(job)) return;
    this.#indexesFinished.with('succeeded', isLimitedPerIndex(job) ? 'perIndex' : 'global').value += succeeded;
    if (!isLimitedPerIndex(job) || after.failedIndexes === before.failedIndexes) return;
    const failed = grown(indexes(after.failedIndexes), indexes(before.failedIndexes));
    if (failed > 0) this.#indexesFinished.with('failed', 'perIndex').value += failed;
  }

  /** Rules of failure policies that decided about pods, by action. */
  handledByPolicy(actions: readonly string[]): void {
    for (const action of actions) this.#handledByPolicy.with(action).value += 1;
  }

  /** A pod of anybody's changed; undefined: it was not there before, or is not there any more. */
  podChanged(old: Pod | undefined, pod: Pod | undefined): void {
    const was = old !== undefined && isEndedAndTracked(old);
    const is = pod !== undefined && isEndedAndTracked(pod);
    if (was !== is) this.#endedAndTracked.with(is ? 'add' : 'delete').value += 1;
  }

  /** Pods that were made, and that were not to be had. `before`: how many had failed, and were on their way out. */
  podsCreated(job: Job, { succeeded, failed, before }: { readonly succeeded: number; readonly failed: number; readonly before: { readonly failed: number; readonly terminating: number } }): void {
    const onlyFailed = job.spec?.podReplacementPolicy === 'Failed' && before.failed > 0;
    const reason = onlyFailed ? 'recreate_failed' : before.failed > 0 || before.terminating > 0 ? 'recreate_terminating_or_failed' : 'new';
    if (succeeded > 0) this.#podsCreated.with(reason, 'succeeded').value += succeeded;
    if (failed > 0) this.#podsCreated.with(reason, 'failed').value += failed;
  }

  /** A job was seen for the first time that another controller looks after. */
  managedElsewhere(controller: string): void {
    this.#managedElsewhere.with(controller).value += 1;
  }

  get families(): readonly Gauge[] {
    const counters = (name: string, help: string, of: Parameters<typeof countersFamily>[2]): Gauge => countersFamily(`job_controller_${name}`, help, of);
    return [
      counters('job_syncs_total', '[STABLE] Looks at jobs, by what was done about pods.', this.#syncs),
      histogramsFamily('job_controller_job_sync_duration_seconds', '[STABLE] How long looks at jobs took.', this.#syncSeconds),
      counters('jobs_finished_total', '[STABLE] Jobs that have ended, by why.', this.#jobsFinished),
      counters('job_pods_finished_total', '[STABLE] Pods that have ended and been counted in their job\'s status.', this.#podsFinished),
      counters('pod_failures_handled_by_failure_policy_total', '[BETA] Failed pods that a rule of a failure policy meant, by its action.', this.#handledByPolicy),
      counters('terminated_pods_tracking_finalizer_total', '[BETA] Ended pods that got, or lost, the finalizer of jobs.', this.#endedAndTracked),
      counters('job_finished_indexes_total', '[ALPHA] Indexes that are done with, by what limits their failures.', this.#indexesFinished),
      counters('job_pods_creation_total', '[ALPHA] Pods that were to be made, by what for.', this.#podsCreated),
      counters('jobs_by_external_controller_total', '[ALPHA] Jobs that another controller looks after.', this.#managedElsewhere),
      counters('stale_sync_skips_total', '[ALPHA] Looks that were put off because a cache was behind.', this.#staleSkips),
    ];
  }
}
