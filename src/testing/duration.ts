import { parseDurationMs } from '../runtime/simulated/behaviour.ts';

/** `500ms`, `30s`, `5m`, `1h30m`, `2d`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}` | `${number}${'d' | 'h' | 'm' | 's'}${string}`;

/** Milliseconds of a duration. Throws a TypeError for what is none. */
export function milliseconds(duration: Duration): number {
  const ms = /[a-z]/.test(duration) ? parseDurationMs(duration) : undefined;
  if (ms === undefined) throw new TypeError(`${JSON.stringify(duration)} is not a duration: write 500ms, 30s, 5m, 1h30m or 2d`);
  return ms;
}
