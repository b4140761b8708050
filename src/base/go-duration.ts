const unitMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
/** Go keeps durations in 64 bits of nanoseconds. */
const maxMs = 2 ** 63 / 1e6;

/** Milliseconds of a duration as Go's time.ParseDuration reads it: `1m30s`, `1.5h`, `0`. Undefined for anything else. */
export function parseGoDuration(text: string): number | undefined {
  const match = /^([+-]?)(.+)$/.exec(text);
  if (match === null || text.length > 100) return undefined;
  const [, sign, rest] = match as unknown as [string, string, string];
  if (rest === '0') return 0;
  let ms = 0;
  let end = 0;
  for (const part of rest.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy)) {
    ms += Number(part[1]) * unitMs[part[2]!]!;
    end = part.index + part[0].length;
  }
  if (end !== rest.length || end === 0 || ms > maxMs) return undefined;
  return sign === '-' ? -ms : ms;
}

/** A duration as Go prints it (`time.Duration.String`), from milliseconds: `1m20s`, `1.5s`, `20ms`, `0s`. */
export function formatGoDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  if (durationMs < 0) return `-${formatGoDuration(-durationMs)}`;
  if (durationMs < 1) return `${trim(durationMs * 1000)}µs`;
  if (durationMs < 1000) return `${trim(durationMs)}ms`;
  const hours = Math.floor(durationMs / 3_600_000);
  const minutes = Math.floor((durationMs % 3_600_000) / 60_000);
  const seconds = (durationMs % 60_000) / 1000;
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${trim(seconds)}s`;
}

function trim(value: number): string {
  return String(Math.round(value * 1e6) / 1e6);
}
