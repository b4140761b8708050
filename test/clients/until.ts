import { RealClock } from '../../src/base/real-clock.ts';

const stepMs = 50;

/** Asks a program that cannot be waited for otherwise until its answer is as it should be; throws with the last answer after `limitMs`. */
export async function until<T>(ask: () => Promise<T>, holds: (answer: T) => boolean, limitMs = 60_000): Promise<T> {
  const clock = new RealClock();
  for (let waitedMs = 0; ; waitedMs += stepMs) {
    const answer = await ask().catch((error: unknown) => error as T);
    if (!(answer instanceof Error) && holds(answer)) return answer;
    if (waitedMs >= limitMs) throw new Error(`not within ${limitMs} ms: ${answer instanceof Error ? answer.message : JSON.stringify(answer)}`);
    await clock.sleep(stepMs);
  }
}
