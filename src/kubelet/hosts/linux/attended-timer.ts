import type { Clock, Timer } from '../../../base/clock.ts';

/** How finely a time is looked at. */
const parts = 10;

/**
 * Calls `over` when this process has looked at its connections for `timeoutMs`. A moment in which it did nothing (the
 * machine was busy elsewhere, the event loop too) counts as a tenth of that time at most, however long it was: what has
 * answered meanwhile lies there unread, and a probe must not fail for that.
 */
export function setAttendedTimer(clock: Clock, timeoutMs: number, over: () => void): Timer {
  let left = parts;
  let timer: Timer;
  const next = (): void => {
    timer = clock.setTimer(timeoutMs / parts, () => {
      left -= 1;
      if (left === 0) over();
      else next();
    }, { unref: true });
  };
  next();
  return { cancel: () => timer.cancel() };
}
