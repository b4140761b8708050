import type { KubeObject } from '../api/meta/object.ts';
import { nameOf } from '../api/meta/object.ts';
import { pods } from '../api/resources.ts';
import { isReason } from '../api/status.ts';
import type { Logger } from '../base/logger.ts';
import { causeOf, reactingTo } from '../client/cause.ts';
import type { PodInfo } from './cache/pod-info.ts';

/** What is under way beside scheduling: bindings, evictions, writes of statuses. Whoever stops waits for it. */
export class SideWork {
  readonly #logger: Logger;
  readonly #signal: AbortSignal;
  readonly #work = new Set<Promise<void>>();

  /** `signal` aborts when the scheduler stops. */
  constructor({ logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal }) {
    this.#logger = logger;
    this.#signal = signal;
  }

  /** `work` does not reject. */
  track(work: Promise<void> | undefined): void {
    if (work === undefined) return;
    const tracked: Promise<void> = work.finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }

  /** Writes for a pod; `problem` is what is logged when that fails. */
  trackFor({ pod }: PodInfo, work: () => Promise<unknown>, problem: string): void {
    this.track(reactingTo(causeOf(pods, pod), work).then(() => {}, (error: unknown) => this.complain(problem, pod, error)));
  }

  /** Of what failed beside scheduling. That something is gone is no news. */
  complain(problem: string, object: KubeObject, error: unknown): void {
    if (!this.#signal.aborted && !isReason(error, 'NotFound')) this.#logger.warn(problem, { [object.kind === 'PodGroup' ? 'podGroup' : 'pod']: nameOf(object), error });
  }

  /** Resolves when nothing is under way of what was when it was asked. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#work);
  }
}
