import { resourceslices } from '../../api/resources.ts';
import { isReason } from '../../api/status.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import type { Client } from '../../client/client.ts';

/** How long a driver may be away, as upstream: long enough for its pod to be replaced. */
const absenceMs = 30_000;
const minRetryMs = 1_000;
const maxRetryMs = 300_000;

export interface SliceWiperOptions {
  readonly client: Client;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Takes back what drivers say that the node has while they are not there: pods would come and wait for them. */
export class SliceWiper {
  readonly #options: SliceWiperOptions;
  readonly #pending = new Map<string, Timer>();

  constructor(options: SliceWiperOptions) {
    this.#options = options;
  }

  /** Before any driver has registered none of them can be used. Resolves when all slices of the node are gone, or it is to end. */
  wipeAll(): Promise<void> {
    return this.#wipe('');
  }

  /** A driver can be used, or can not: called when that changes. */
  observe(driver: string, isUsable: boolean): void {
    if (isUsable) {
      this.#pending.get(driver)?.cancel();
      this.#pending.delete(driver);
    } else if (!this.#pending.has(driver)) {
      this.#pending.set(driver, this.#options.clock.setTimer(absenceMs, () => {
        this.#pending.delete(driver);
        void this.#wipe(driver);
      }));
    }
  }

  stop(): void {
    for (const timer of this.#pending.values()) timer.cancel();
    this.#pending.clear();
  }

  async #wipe(driver: string): Promise<void> {
    const { client, nodeName, clock, logger, signal } = this.#options;
    for (let waitMs = minRetryMs; !signal.aborted; waitMs = Math.min(waitMs * 2, maxRetryMs)) {
      try {
        await client.deleteCollection(resourceslices, {}, { fieldSelector: `spec.nodeName=${nodeName}${driver === '' ? '' : `,spec.driver=${driver}`}` });
        return;
      } catch (error) {
        if (isReason(error, 'NotFound')) return;
        logger.debug('resource slices could not be deleted; tried again', { driver, error });
        await clock.sleep(waitMs, signal).catch(() => {});
      }
    }
  }
}
