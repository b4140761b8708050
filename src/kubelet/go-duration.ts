/** A duration as Go prints it (`time.Duration.String`), from milliseconds: `1m20s`, `1.5s`, `20ms`, `0s`. */
export function goDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  if (durationMs < 0) return `-${goDuration(-durationMs)}`;
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
