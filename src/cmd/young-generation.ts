import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import type { Clock } from '../base/clock.ts';

/**
 * How large V8's young generation may become, bytes. V8 chooses 64 MB per half on a machine with much memory, and after a
 * burst of writes keeps twice that, most of it rubbish; 16 MB per half costs no measurable processor time.
 */
const enoughBytes = 32 * 1024 * 1024;
const lookEveryMs = 500;
/** Whoever works less than this part of the time gains nothing from a larger one. */
const busyShare = 0.3;

/** Its two halves together, bytes. */
const youngBytes = (): number => getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0;

const growBy = (factor: 1 | 2): void => setFlagsFromString(`--semi-space-growth-factor=${factor}`);

/** The young generation stays as small as it is: what a start allocates is there to stay, and is better off in the old one. */
export function holdYoungGeneration(): void {
  growBy(1);
}

/**
 * From now on the young generation grows with the work, up to a bound. V8 reads the bound that its flags state only when
 * the process starts, which is before we can speak; how fast it grows it reads at each collection.
 */
export function boundYoungGeneration(clock: Clock, maxBytes = enoughBytes): void {
  let seen = performance.eventLoopUtilization();
  const look = (): void => {
    const now = performance.eventLoopUtilization();
    const busy = performance.eventLoopUtilization(now, seen).utilization > busyShare;
    seen = now;
    growBy(busy && youngBytes() < maxBytes ? 2 : 1);
    wait();
  };
  const wait = (): void => void clock.setTimer(lookEveryMs, look, { unref: true });
  wait();
}
