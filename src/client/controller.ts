import { isReason } from '../api/status.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { reactingTo } from './cause.ts';
import { queueMetricsOf } from './work-queue/queue-metrics.ts';
import { queueNameOf } from './work-queue/queue-names.ts';
import { WorkQueue } from './work-queue/work-queue.ts';

/** What a reconcile asks for when it is done: nothing, or to be called again after a while. */
export type ReconcileResult = void | { readonly requeueAfterMs: number };

export interface ControllerOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Awaited before the first reconcile: reconciling against a half-filled cache does harm. */
  readonly informers: readonly { synced(): Promise<void> }[];
  /** How many keys are worked on at once. Default 5. */
  readonly workers?: number;
  /** The queue that handlers fill; made when absent. */
  readonly queue?: WorkQueue;
  /**
   * Brings the world nearer to what the object at `key` asks for. Idempotent, reads from listers, writes through the
   * client. A throw is retried with back-off; a conflict or what was deleted meanwhile quietly so. What it writes says that
   * it reacts to what put the key on the queue.
   */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileResult>;
  readonly signal: AbortSignal;
}

export interface Controller {
  readonly queue: WorkQueue;
  /** Resolves when the signal has aborted and every worker has finished. */
  readonly finished: Promise<void>;
}

/** Starts the workers of a controller. Returns at once; handlers may fill the queue before informers have synced. */
export function runController(options: ControllerOptions): Controller {
  const { clock, signal } = options;
  const logger = options.logger.named(options.name);
  const queue = options.queue ?? new WorkQueue({ clock });
  queue.measure(queueMetricsOf(clock).of(queueNameOf(options.name)));
  const stop = (): void => queue.shutDown();
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });

  const worker = async (): Promise<void> => {
    for (;;) {
      const next = queue.get();
      // What waits already is taken up without a turn of its own.
      const key = next instanceof Promise ? await next : next;
      if (key === undefined) return;
      const cause = queue.causeOf(key);
      try {
        const result = await reactingTo(cause === '' ? '!time' : cause, () => options.reconcile(key, signal));
        queue.forget(key);
        if (result !== undefined) queue.addAfter(key, result.requeueAfterMs, cause);
      } catch (error) {
        if (!signal.aborted) {
          // Both say that the cache was behind, and it will catch up.
          const stale = isReason(error, 'Conflict') || isReason(error, 'NotFound');
          logger[stale ? 'debug' : 'warn']('reconcile failed, will retry', { key, error });
          queue.addRateLimited(key, cause);
        }
      } finally {
        queue.done(key);
      }
    }
  };

  const run = async (): Promise<void> => {
    try {
      await Promise.all(options.informers.map((informer) => informer.synced()));
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    await Promise.all(Array.from({ length: options.workers ?? 5 }, worker));
  };
  const finished = run();
  finished.catch((error: unknown) => logger.error('controller stopped', { error }));
  return { queue, finished };
}
