import { isLeaving } from '../api/node/leaving.ts';
import type { Node } from '../api/types/core/v1.ts';
import type { Clock } from '../base/clock.ts';
import { formatTime } from '../base/clock.ts';

/** A change that is not in the kernel after this makes the proxy unhealthy: twice kube-proxy's period of syncs. */
const healthTimeoutMs = 60_000;

/** How well the service proxy keeps up: what its health check tells, and those of Services. */
export class ProxyHealth {
  /** How often each status was answered, by path. */
  readonly answers = { healthz: new Map<string, number>(), livez: new Map<string, number>() };
  readonly #clock: Clock;
  /** The node that it is on; undefined when there is none. */
  readonly #node: () => Node | undefined;
  #updatedMs = 0;
  #oldestPendingMs: number | undefined;

  constructor({ clock, node }: { readonly clock: Clock; readonly node: () => Node | undefined }) {
    this.#clock = clock;
    this.#node = node;
  }

  /** Something changed that the kernel does not know yet. */
  queued(): void {
    this.#oldestPendingMs ??= this.#clock.now();
  }

  /** The kernel knows all that had changed. */
  updated(): void {
    this.#oldestPendingMs = undefined;
    this.#updatedMs = this.#clock.now();
  }

  /** Nothing has waited for too long. */
  get isOnTime(): boolean {
    return this.#oldestPendingMs === undefined || this.#clock.now() - this.#oldestPendingMs < healthTimeoutMs;
  }

  /** The answer at /healthz, or at /livez, which does not mind whether load balancers should still use the node. */
  answer(path: 'healthz' | 'livez'): { readonly status: 200 | 503; readonly body: object } {
    const nowMs = this.#clock.now();
    const node = this.#node();
    const nodeEligible = node !== undefined && !isLeaving(node);
    const status = this.isOnTime && (path === 'livez' || nodeEligible) ? 200 : 503;
    const answers = this.answers[path];
    answers.set(String(status), (answers.get(String(status)) ?? 0) + 1);
    return { status, body: { lastUpdated: formatTime(status === 200 ? nowMs : this.#updatedMs), currentTime: formatTime(nowMs), ...(path === 'healthz' && { nodeEligible }) } };
  }
}
