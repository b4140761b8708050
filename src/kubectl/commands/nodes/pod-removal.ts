import { ApiError, isReason } from '../../../api/status.ts';
import { formatGoDuration } from '../../../base/go-duration.ts';
import { pathOf } from '../../discovery/resource.ts';
import { AggregateFailure, KubectlError } from '../../errors.ts';
import type { Session } from '../../session.ts';
import type { DryRun } from '../../writes/write-flags.ts';
import type { DrainedPod } from './pods-to-drain.ts';
import { isOverdue } from './pods-to-drain.ts';

const podType = { group: '', version: 'v1', resource: 'pods', namespaced: true } as const;
/** After the server has refused for now. */
const retryMs = 5000;
/** Between looks whether pods are gone. */
const lookMs = 1000;

export interface RemovalOptions {
  /** 0: as long as it takes. */
  readonly timeoutMs: number;
  /** Negative: that of each pod. */
  readonly gracePeriodSeconds: number;
  readonly skipDeletedSeconds: number;
  readonly dryRun: DryRun;
}

const isTerminating = (error: unknown): error is ApiError => error instanceof ApiError && error.reason === 'Forbidden' && error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true;

/** Takes pods away and waits until they are gone. */
export class PodRemoval {
  readonly #session: Session;
  readonly #options: RemovalOptions;
  readonly #deadlineMs: number;

  constructor(session: Session, options: RemovalOptions) {
    this.#session = session;
    this.#options = options;
    this.#deadlineMs = options.timeoutMs > 0 ? session.io.clock.monotonicMs() + options.timeoutMs : Infinity;
  }

  /** All at once, each as soon as its disruption budgets let it go. Throws what went wrong with any. */
  async evictAll(pods: readonly DrainedPod[]): Promise<void> {
    const outcomes = await Promise.allSettled(pods.map((pod) => this.#evict(pod)));
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as Error] : []));
    if (failures.length > 0) throw new AggregateFailure(failures);
  }

  /** One after another, whatever budgets say. Throws at the first that is not deleted. */
  async deleteAll(pods: readonly DrainedPod[]): Promise<void> {
    const connection = await this.#session.connection();
    for (const pod of pods) {
      try {
        await connection.json({ method: 'DELETE', path: pathOf(podType, pod), body: JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', ...this.#deleteOptions() }) });
      } catch (error) {
        if (!isReason(error, 'NotFound')) throw error;
      }
    }
    if (this.#options.dryRun === 'none') await this.#untilGone(pods, 'deleted', 'deletion failed');
  }

  #deleteOptions(): object {
    const { gracePeriodSeconds, dryRun } = this.#options;
    return { ...(gracePeriodSeconds >= 0 && { gracePeriodSeconds }), ...(dryRun === 'server' && { dryRun: ['All'] }) };
  }

  #isLate(): boolean {
    return this.#session.io.clock.monotonicMs() >= this.#deadlineMs;
  }

  async #evict(pod: DrainedPod): Promise<void> {
    const { io } = this.#session;
    const shown = `pods/${JSON.stringify(pod.name)} -n ${JSON.stringify(pod.namespace)}`;
    const retryLater = async (what: string, error: Error): Promise<void> => {
      await io.stderr.write(`error when evicting ${what} (will retry after ${formatGoDuration(retryMs)}): ${error.message}\n`);
      await io.clock.sleep(retryMs, io.signal);
    };
    for (let current = pod; ; current = await this.#fresh(current)) {
      await io.stdout.write(`evicting pod ${pod.namespace}/${pod.name}${this.#options.dryRun === 'server' ? ' (server dry run)' : ''}\n`);
      if (this.#isLate()) throw new KubectlError(`error when evicting ${shown}: global timeout reached: ${formatGoDuration(this.#options.timeoutMs)}`);
      try {
        await this.#askToGo(pod);
        break;
      } catch (error) {
        if (isReason(error, 'NotFound')) return;
        // It goes with its namespace, in which nobody is evicted any more.
        if (isTerminating(error) && current.deletionTimestamp !== undefined) break;
        if (isTerminating(error)) await retryLater(`pod ${JSON.stringify(pod.name)} from terminating namespace ${JSON.stringify(pod.namespace)}`, error);
        else if (isReason(error, 'TooManyRequests')) await retryLater(shown, error);
        else throw new KubectlError(`error when evicting ${shown}: ${(error as Error).message}`, { cause: error });
      }
    }
    if (this.#options.dryRun === 'server') return;
    await this.#untilGone([pod], 'evicted', 'eviction failed').catch((error: unknown) => {
      throw new KubectlError(`error when waiting for pod ${JSON.stringify(pod.name)} in namespace ${JSON.stringify(pod.namespace)} to terminate: ${(error as Error).message}`, { cause: error });
    });
  }

  async #askToGo({ namespace, name }: DrainedPod): Promise<void> {
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace }, deleteOptions: this.#deleteOptions() };
    await (await this.#session.connection()).json({ method: 'POST', path: pathOf(podType, { namespace, name, subresource: 'eviction' }), body: JSON.stringify(body) });
  }

  async #fresh(pod: DrainedPod): Promise<DrainedPod> {
    try {
      return { ...pod, ...await this.#look(pod) };
    } catch {
      // The next try says what is wrong.
      return pod;
    }
  }

  async #look(pod: DrainedPod): Promise<Pick<DrainedPod, 'uid' | 'deletionTimestamp'>> {
    const { metadata } = await (await this.#session.connection()).json<{ readonly metadata: { readonly uid: string; readonly deletionTimestamp?: string } }>({ method: 'GET', path: pathOf(podType, pod) });
    return { uid: metadata.uid, deletionTimestamp: metadata.deletionTimestamp };
  }

  async #untilGone(pods: readonly DrainedPod[], done: string, failed: string): Promise<void> {
    const { io } = this.#session;
    const say = ({ name }: DrainedPod, what: string): Promise<void> => io.stdout.write(`pod/${name} ${what}\n`);
    for (let left = pods; ;) {
      const there: DrainedPod[] = [];
      for (const pod of left) {
        try {
          const { uid, deletionTimestamp } = await this.#look(pod);
          if (uid !== pod.uid) await say(pod, done);
          else if (!isOverdue(deletionTimestamp, this.#options.skipDeletedSeconds, io.clock.now())) there.push(pod);
          else await io.stdout.write(`pod ${JSON.stringify(pod.name)} has DeletionTimestamp older than ${this.#options.skipDeletedSeconds} seconds, skipping\n`);
        } catch (error) {
          await say(pod, isReason(error, 'NotFound') ? done : failed);
          if (!isReason(error, 'NotFound')) throw error;
        }
      }
      if (there.length === 0) return;
      left = there;
      // Nobody waits beyond the end of the time for a look that comes after it.
      await io.clock.sleep(Math.max(0, Math.min(lookMs, this.#deadlineMs - io.clock.monotonicMs())), io.signal);
      if (this.#isLate()) throw new KubectlError('context deadline exceeded');
    }
  }
}
