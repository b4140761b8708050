import { reactingTo } from '../client/cause.ts';
import type { CloudContext } from './context.ts';

/** Does something at once and then so long after it was done, until the context's signal aborts. What fails is logged, and done again at its time. */
export function forEachPeriod({ clock, logger, signal }: CloudContext, periodMs: number, informer: { synced(): Promise<void> }, act: () => Promise<void>): void {
  void (async () => {
    await informer.synced();
    while (!signal.aborted) {
      await reactingTo('!time', act).catch((error: unknown) => { if (!signal.aborted) logger.warn('the cloud could not be asked', { error }); });
      await clock.sleep(periodMs, signal);
    }
  })().catch((error: unknown) => { if (!signal.aborted) logger.error('controller stopped', { error }); });
}
