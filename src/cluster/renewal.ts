import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';

/** Certificates are renewed a month before they expire: looking twice a day is often enough. */
const lookMs = 12 * 60 * 60 * 1000;

/** Asks `renew` again and again, for as long as the cluster runs, to make anew what is about to expire. */
export function keepRenewed(renew: () => Promise<void>, { clock, logger }: { readonly clock: Clock; readonly logger: Logger }): Disposable {
  let timer: Timer;
  let stopped = false;
  const arm = (): void => {
    timer = clock.setTimer(lookMs, () => {
      renew().catch((error: unknown) => logger.error('certificates could not be renewed', { error })).finally(() => {
        if (!stopped) arm();
      });
    }, { unref: true });
  };
  arm();
  return {
    [Symbol.dispose]: () => {
      stopped = true;
      timer.cancel();
    },
  };
}
