import type { Logger } from '../../base/logger.ts';

/** Calls `start` once the informers have synced; not at all when the signal aborts before. */
export function runOnceSynced({ informers, logger, signal, start }: { readonly informers: readonly { synced(): Promise<void> }[]; readonly logger: Logger; readonly signal: AbortSignal; readonly start: () => void }): void {
  Promise.all(informers.map((informer) => informer.synced())).then(start).catch((error: unknown) => {
    if (!signal.aborted) logger.error('controller stopped', { error });
  });
}
