import type { Clock } from '../../base/clock.ts';

/** Tells how long an item has to wait, and remembers how often it failed. */
export interface RateLimiter {
  /** Milliseconds until the item may be tried again; counts as a failure. */
  delayMs(item: string): number;
  forget(item: string): void;
  failures(item: string): number;
}

/** `baseMs`·2^failures for each item, at most `maxMs`. */
export function exponentialFailureLimiter(baseMs: number, maxMs: number): RateLimiter {
  const failures = new Map<string, number>();
  return {
    delayMs(item) {
      const count = failures.get(item) ?? 0;
      failures.set(item, count + 1);
      return Math.min(baseMs * 2 ** count, maxMs);
    },
    forget: (item) => { failures.delete(item); },
    failures: (item) => failures.get(item) ?? 0,
  };
}

/** A token bucket over all items: `burst` at once, then `perSecond`. */
export function bucketLimiter(clock: Clock, perSecond: number, burst: number): RateLimiter {
  let tokens = burst;
  let lastMs = clock.monotonicMs();
  return {
    delayMs() {
      const nowMs = clock.monotonicMs();
      tokens = Math.min(burst, tokens + ((nowMs - lastMs) / 1000) * perSecond) - 1;
      lastMs = nowMs;
      return tokens >= 0 ? 0 : (-tokens / perSecond) * 1000;
    },
    forget: () => {},
    failures: () => 0,
  };
}

/** client-go's default for controllers: 5 ms·2^n up to 1000 s for each item, and 10 a second with a burst of 100 over all. */
export function defaultControllerRateLimiter(clock: Clock): RateLimiter {
  const limiters = [exponentialFailureLimiter(5, 1_000_000), bucketLimiter(clock, 10, 100)];
  return {
    delayMs: (item) => Math.max(...limiters.map((limiter) => limiter.delayMs(item))),
    forget: (item) => { for (const limiter of limiters) limiter.forget(item); },
    failures: (item) => Math.max(...limiters.map((limiter) => limiter.failures(item))),
  };
}
