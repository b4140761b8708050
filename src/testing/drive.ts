import type { Clock } from '../base/clock.ts';
import { VirtualClock } from '../base/virtual-clock.ts';

/** Past this, what is waited for will not happen by time passing. */
const limitMs = 3_600_000;

/**
 * Waits for work that the cluster does. On a virtual clock time passes meanwhile, from one timer to the next, as far as
 * the work needs; throws when an hour of it is not enough.
 */
export async function drive<T>(clock: Clock, work: Promise<T>): Promise<T> {
  if (!(clock instanceof VirtualClock)) return work;
  let over = false;
  const end = (): void => { over = true; };
  work.then(end, end);
  const deadlineMs = clock.now() + limitMs;
  await clock.settle();
  while (!over) {
    const next = clock.nextTimerMs;
    if (next === undefined || next > deadlineMs) throw new Error(next === undefined ? 'virtual time stands still: what is waited for needs no time, and does not happen' : 'what is waited for did not happen within an hour of virtual time');
    await clock.advance(next - clock.now());
  }
  return work;
}

/** Ends what runs on the clock. No time passes: what real connections still have under way is not cut short by it. */
export async function end(clock: Clock, resource: AsyncDisposable): Promise<void> {
  const ending = resource[Symbol.asyncDispose]();
  if (clock instanceof VirtualClock) await clock.settle();
  await ending;
}
