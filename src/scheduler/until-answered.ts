import { ApiError } from '../api/status.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { Backoff } from '../client/informer/backoff.ts';

export interface Asking { readonly clock: Clock; readonly random: Random; readonly signal: AbortSignal }

/** Was that the server's word on what was asked? If not, what was to be written may be written all the same. */
export const isAnswer = (error: unknown): boolean => error instanceof ApiError && error.code < 500 && error.code !== 429;

/** Asks until the server answers; rejects with what it refuses for good, or when nobody wants to know any more. */
export async function untilAnswered<T>(ask: () => Promise<T>, { clock, random, signal }: Asking): Promise<T> {
  const backoff = new Backoff({ random, initialMs: 500, maxMs: 30_000 });
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (isAnswer(error)) throw error;
    }
    await clock.sleep(backoff.next(), signal);
  }
}
