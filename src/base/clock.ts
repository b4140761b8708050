/** A timer that has been set and can be taken back. Cancelling twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/**
 * The only source of time in Coxswain. Every component receives one, so that a whole cluster can run on virtual time.
 * Timers of the real clock do not keep the process alive when `unref` is asked for.
 */
export interface Clock {
  /** Wall time in milliseconds since the Unix epoch. */
  now(): number;
  /** The IANA name of the zone that wall clocks show: the machine's; of virtual time UTC, unless it was told another. */
  readonly localZone: string;
  /** Milliseconds from an arbitrary start; never goes back. For measuring. */
  monotonicMs(): number;
  /** Calls `callback` once, `delayMs` from now (at once, but never synchronously, when zero or less). */
  setTimer(delayMs: number, callback: () => void, options?: { readonly unref?: boolean }): Timer;
  /** Resolves after `delayMs`; rejects with the signal's reason when it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

const secondsOfDay = 86_400;
const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

let lastSecond = Number.NaN;
let lastText = '';
let lastDay = Number.NaN;
/** `2026-01-31T`. */
let lastDayText = '';

/** RFC 3339 in UTC with whole seconds, as `metav1.Time` is written. Much is written in one second, and on one day: the text is kept. */
export function formatTime(epochMs: number): string {
  const second = Math.floor(epochMs / 1000);
  if (second === lastSecond) return lastText;
  const day = Math.floor(second / secondsOfDay);
  if (day !== lastDay) {
    lastDayText = new Date(day * secondsOfDay * 1000).toISOString().slice(0, -13);
    lastDay = day;
  }
  const left = second - day * secondsOfDay;
  lastText = `${lastDayText}${twoDigits[Math.floor(left / 3600)]}:${twoDigits[Math.floor(left / 60) % 60]}:${twoDigits[left % 60]}Z`;
  lastSecond = second;
  return lastText;
}

/** RFC 3339 in UTC with six fractional digits, as `metav1.MicroTime` is written. */
export function formatMicroTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z');
}

/** `clock.sleep` for any clock that can set timers. */
export function sleepOn(clock: Pick<Clock, 'setTimer'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    const timer = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * A signal that aborts with a `TimeoutError` after `delayMs` on this clock, or with `parent` when that aborts first.
 * The caller owns it: `cancel` frees the timer.
 */
export function timeoutSignal(clock: Clock, delayMs: number, parent?: AbortSignal): { signal: AbortSignal; cancel(): void } {
  const controller = new AbortController();
  const timer = clock.setTimer(delayMs, () => controller.abort(new DOMException('The operation timed out.', 'TimeoutError')), { unref: true });
  const onParent = (): void => controller.abort(parent?.reason);
  if (parent?.aborted === true) onParent();
  else parent?.addEventListener('abort', onParent, { once: true });
  return {
    signal: controller.signal,
    cancel: () => {
      timer.cancel();
      parent?.removeEventListener('abort', onParent);
    },
  };
}
