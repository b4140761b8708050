import { availableParallelism } from 'node:os';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import type { Clock } from '../base/clock.ts';

/** From here on looking through all that lives takes most of a second and more. */
const largeBytes = 128 * 1024 * 1024;
const lookEveryMs = 2000;
/** V8's four marking threads keep the event loop from running where there are no more cores than it and one other need. */
const hasCoresToSpare = availableParallelism() > 2;

/**
 * Lets a large heap be looked through less often. V8 looks for garbage whenever 64 MB were taken outside its heap, which the
 * answers of a busy API server are every few seconds, and then spends up to ten milliseconds of each further such
 * allocation on it: with a gigabyte of live objects that was a third of all time, in pauses of seconds. From here on what is
 * outside counts as what is inside does, and both together may grow by half between two collections. On one or two cores the event loop itself marks what lives, a little
 * between other work: beside four threads that do it, it stood still for seconds.
 */
export function collectLargeHeapSeldom(clock: Clock, from = largeBytes): void {
  let seldom = false;
  const look = (): void => {
    const large = getHeapStatistics().used_heap_size > from;
    if (large !== seldom) {
      seldom = large;
      setFlagsFromString(large ? '--external-memory-accounted-in-global-limit' : '--no-external-memory-accounted-in-global-limit');
      setFlagsFromString(`--heap-growing-percent=${large ? 50 : 0}`);
      if (!hasCoresToSpare) setFlagsFromString(large ? '--no-concurrent-marking' : '--concurrent-marking');
    }
    wait();
  };
  const wait = (): void => void clock.setTimer(lookEveryMs, look, { unref: true });
  wait();
}
