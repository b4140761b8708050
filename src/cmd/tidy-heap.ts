import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../base/clock.ts';

type Collect = (options: { readonly type: 'major'; readonly execution: 'sync'; readonly flavor: 'last-resort' }) => void;

export interface TidyOptions {
  /** Who has worked less than `idleShare` of the time for so long is idle. Default 5 s. */
  readonly idleForMs?: number;
  /** What is worth the pause: so many bytes more than after the last time. Default 16 MiB. */
  readonly worthBytes?: number;
}

const lookEveryMs = 500;
const idleShare = 0.1;
/** Not again sooner. */
const atMostEveryMs = 60_000;
/** A larger heap takes seconds to be looked through, which is too long a silence however idle it is. */
const largestBytes = 160 * 1024 * 1024;

/**
 * After a burst of work V8 keeps what it took for it: the young generation stays as large as it grew, and pages of the old one
 * that are nearly empty stay, too. A hundred pods that start at once leave half of a node's memory behind so. When the process has
 * been idle for a while, V8 is asked to look for all that can be given back; that takes some hundred milliseconds.
 */
export function tidyWhenIdle(clock: Clock, { idleForMs = 5000, worthBytes = 16 * 1024 * 1024 }: TidyOptions = {}): void {
  let seen = performance.eventLoopUtilization();
  let idleMs = 0;
  let bytesBefore = getHeapStatistics().total_heap_size;
  let lastMs = -Infinity;
  const look = (): void => {
    const now = performance.eventLoopUtilization();
    idleMs = performance.eventLoopUtilization(now, seen).utilization < idleShare ? idleMs + lookEveryMs : 0;
    seen = now;
    const { total_heap_size: bytes, used_heap_size: used } = getHeapStatistics();
    if (idleMs >= idleForMs && bytes - bytesBefore >= worthBytes && used <= largestBytes && clock.monotonicMs() - lastMs >= atMostEveryMs) {
      collectEverything();
      bytesBefore = getHeapStatistics().total_heap_size;
      lastMs = clock.monotonicMs();
      // What it has just done is no work to be waited for.
      seen = performance.eventLoopUtilization();
    }
    wait();
  };
  const wait = (): void => void clock.setTimer(lookEveryMs, look, { unref: true });
  wait();
}

/** V8 offers this to whoever asks for its flag; a context that is made while it is on has it, and nothing else changes. */
function collectEverything(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect | undefined;
  setFlagsFromString('--no-expose-gc');
  collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
