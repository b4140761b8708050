import { uidOf } from '../../api/meta/object.ts';
import { livesUntilAnnotation, nodeLeaseNamespace } from '../../api/node/promised-life.ts';
import { leases } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Lease } from '../../api/types/coordination/v1.ts';
import type { Node } from '../../api/types/core/v1.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import { formatMicroTime } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import { reactingTo } from '../../client/cause.ts';
import type { Client } from '../../client/client.ts';

const defaultDurationSeconds = 40;
const retryMs = 1000;

export interface NodeLeaseOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly nodeName: string;
  readonly node: () => Node | undefined;
  /** Default 40. */
  readonly durationSeconds?: number | undefined;
  /** How far ahead it says that the node lives, see promised-life.ts. Default 0: not at all. */
  readonly foresightMs?: number | undefined;
  readonly signal: AbortSignal;
}

/** Renews the node's lease four times in its duration, which is how the control plane knows that it lives. */
export class NodeLease {
  readonly #options: NodeLeaseOptions;
  readonly #durationSeconds: number;
  #foresightMs: number;
  #silent = false;
  #isDue = false;
  #lease: Lease | undefined;
  #wake: (() => void) | undefined;
  #timer: Timer | undefined;

  constructor(options: NodeLeaseOptions) {
    this.#options = options;
    this.#durationSeconds = options.durationSeconds ?? defaultDurationSeconds;
    this.#foresightMs = options.foresightMs ?? 0;
  }

  get foresightMs(): number {
    return this.#foresightMs;
  }

  /** It is what is said from the next renewal on; that comes at once when it is more than before, or was due by what it is now. */
  set foresightMs(ms: number) {
    this.#isDue ||= ms > this.#foresightMs;
    this.#foresightMs = ms;
    this.#wake?.();
  }

  get isSilent(): boolean {
    return this.#silent;
  }

  /** Renews it soon: somebody has not heard that the node lives. */
  renewNow(): void {
    this.#isDue = true;
    this.#wake?.();
  }

  /** While it is, the lease is not renewed. */
  set isSilent(silent: boolean) {
    if (silent === this.#silent) return;
    this.#silent = silent;
    this.#wake?.();
  }

  /** Ends with the signal. */
  async run(): Promise<void> {
    const { clock, random, signal } = this.#options;
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
    // Many nodes that look ahead have started together: they do not renew together ever after. What was promised lasts for two periods.
    let share = this.#foresightMs > 0 ? 1 + random.float() / 2 : 1;
    while (!signal.aborted) {
      const startMs = clock.monotonicMs();
      this.#isDue = false;
      const isDone = await this.#renewed();
      while (!this.#isDue || !isDone) {
        const leftMs = startMs + (isDone ? Math.round(this.#periodMs * share) : retryMs) - clock.monotonicMs();
        if (leftMs <= 0 || signal.aborted) break;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          this.#timer = clock.setTimer(leftMs, resolve);
        });
        this.#timer?.cancel();
      }
      if (isDone) share = 1;
    }
  }

  get #periodMs(): number {
    const usualMs = this.#durationSeconds * 250;
    return this.#silent ? usualMs : Math.max(usualMs, this.#foresightMs / 2);
  }

  /** Resolves with whether that was done which was to be done. */
  async #renewed(): Promise<boolean> {
    const { logger, nodeName, signal } = this.#options;
    if (this.#silent) return true;
    try {
      this.#lease = await reactingTo('!heartbeat', () => this.#renew(this.#lease));
      return true;
    } catch (error) {
      this.#lease = undefined;
      // The namespace is made by the control plane when it starts, perhaps after us.
      if (!signal.aborted && !isReason(error, 'NotFound') && !isReason(error, 'Conflict')) logger.warn('node lease could not be renewed', { node: nodeName, error });
      return false;
    }
  }

  async #renew(known: Lease | undefined): Promise<Lease> {
    const { client, clock, nodeName, node } = this.#options;
    const nowMs = clock.now();
    const owner = node();
    const references = owner === undefined ? {} : { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid: uidOf(owner) }] };
    const spec = { holderIdentity: nodeName, leaseDurationSeconds: this.#durationSeconds, renewTime: formatMicroTime(nowMs) };
    const annotations = this.#foresightMs > 0 ? { annotations: { [livesUntilAnnotation]: formatMicroTime(nowMs + this.#foresightMs) } } : {};
    const current = known ?? await client.get(leases, { namespace: nodeLeaseNamespace, name: nodeName }).catch((error: unknown) => {
      if (!isReason(error, 'NotFound')) throw error;
      return undefined;
    });
    if (current === undefined) {
      return client.create(leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: nodeName, namespace: nodeLeaseNamespace, ...annotations, ...references }, spec });
    }
    const { annotations: others, ...metadata } = current.metadata;
    const { [livesUntilAnnotation]: _old, ...kept } = others ?? {};
    const all = { ...kept, ...annotations.annotations };
    return client.update(leases, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      ...current,
      metadata: { ...metadata, ...(Object.keys(all).length > 0 && { annotations: all }), ...(metadata.ownerReferences === undefined && references) },
      spec: { ...current.spec, ...spec },
    });
  }
}
