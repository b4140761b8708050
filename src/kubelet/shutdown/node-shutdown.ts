import type { Pod } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { Refusal } from '../admission/verdict.ts';
import type { ShutdownGrace } from './shutdown-groups.ts';
import { graceOf, groupPods } from './shutdown-groups.ts';

/** As pods and their owners are told it. */
const reason = 'Terminated';
const message = 'Pod was terminated in response to imminent node shutdown.';

export interface NodeShutdownOptions {
  readonly grace: ShutdownGrace;
  readonly clock: Clock;
  /** Pods that have not ended. */
  readonly pods: () => readonly Pod[];
  /** Ends one pod; resolves when its containers have ended and its volumes are gone. */
  readonly end: (pod: Pod, ending: { readonly reason: string; readonly message: string; readonly graceSeconds: number }) => Promise<void>;
  /** The node's conditions and events are to say it. */
  readonly announce: () => void;
}

/** Ends a node's pods before the machine goes down: by priority, each group within its time (KEP-2000, KEP-2712). */
export class NodeShutdown {
  readonly #options: NodeShutdownOptions;
  #ending: Promise<void> | undefined;

  constructor(options: NodeShutdownOptions) {
    this.#options = options;
  }

  /** Why the node is not ready; undefined while it is not being shut down. */
  get problem(): string | undefined {
    return this.#ending === undefined ? undefined : 'node is shutting down';
  }

  /** Nothing new starts on a node that ends. */
  admit(): Refusal | undefined {
    return this.#ending === undefined ? undefined : { reason: 'NodeShutdown', message: 'Pod was rejected as the node is shutting down.' };
  }

  /** Resolves when all pods have ended or their time is over. Asked again, it goes on with what it does. */
  begin(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    const { grace, clock, pods, end, announce } = this.#options;
    // Whoever is told looks at `problem`, which is set when this has returned for the first time.
    await Promise.resolve();
    announce();
    for (const { group, pods: members } of groupPods(grace, pods())) {
      const over = new AbortController();
      const ended = Promise.all(members.map((pod) => end(pod, { reason, message, graceSeconds: graceOf(pod, group) })));
      await Promise.race([ended, clock.sleep(group.graceSeconds * 1000, over.signal).catch(() => {})]);
      over.abort();
    }
  }
}
