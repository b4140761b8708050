/**
 * What a simulated container does, told by annotations of its pod. `NAME.CONTAINER` speaks of one container and wins
 * over `NAME`, which speaks of all regular containers (and sidecars). Init containers exit at once with code 0 unless
 * an annotation names them.
 *
 * - `coxswain.io/start-delay`: how long starting takes, e.g. `500ms`, `2s`, `1m30s`, or a plain number of seconds.
 * - `coxswain.io/exit-after`: the container exits by itself after this time; without it, it runs for ever.
 * - `coxswain.io/exit-code`: the code that it then exits with (default 0); several, `1,0`, for one start after the other,
 *   of which the last stays. 137 with `coxswain.io/oom-killed: "true"` is reported as OOMKilled.
 * - `coxswain.io/stop-delay`: how long it takes to end after SIGTERM (default 0); killed when longer than the grace period.
 * - `coxswain.io/ignore-sigterm`: `"true"`: only SIGKILL ends it, with code 137.
 * - `coxswain.io/log`: text that the container writes when it starts; lines are split at newlines.
 * - `coxswain.io/probe-liveness`, `-readiness`, `-startup`: what probes find, whatever their kind:
 *   `pass` (default), `fail`, `pass-after:DURATION` or `fail-after:DURATION`, counted from the start of the container.
 */
export const annotationPrefix = 'coxswain.io/';

/** On a container's configuration: `init` or `sidecar`; absent for regular containers. Set by the kubelet. */
export const containerTypeAnnotation = 'coxswain.io/container-type';

export interface Behaviour {
  readonly startDelayMs: number;
  /** Undefined: never. */
  readonly exitAfterMs: number | undefined;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly stopDelayMs: number;
  readonly ignoreSigterm: boolean;
  readonly log: string | undefined;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `1m30s`, `200ms`, `1.5h` or a number of seconds, in milliseconds; undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed) * 1000;
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(trimmed)) return undefined;
  let totalMs = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) totalMs += Number(amount) * unitMs[unit!]!;
  return totalMs;
}

/** Reads the behaviour of one container from its pod's annotations. Values that do not parse count as absent. `attempt`: how often it was started before. */
export function behaviourOf(annotations: Readonly<Record<string, string>>, container: string, type: string | undefined, attempt = 0): Behaviour {
  const isInit = type === 'init';
  const read = (name: string): string | undefined => annotations[`${annotationPrefix}${name}.${container}`] ?? (isInit ? undefined : annotations[`${annotationPrefix}${name}`]);
  const duration = (name: string): number | undefined => {
    const text = read(name);
    return text === undefined ? undefined : parseDurationMs(text);
  };
  const codes = (read('exit-code') ?? '0').split(',');
  const code = Number(codes[Math.min(attempt, codes.length - 1)]);
  return {
    startDelayMs: duration('start-delay') ?? 0,
    exitAfterMs: duration('exit-after') ?? (isInit ? 0 : undefined),
    exitCode: Number.isInteger(code) ? code & 0xff : 0,
    oomKilled: read('oom-killed') === 'true',
    stopDelayMs: duration('stop-delay') ?? 0,
    ignoreSigterm: read('ignore-sigterm') === 'true',
    log: read('log'),
  };
}

/** What a probe of a simulated container finds. `startedAtMs`: when the container started, wall time. */
export function simulatedProbe(options: {
  readonly annotations: Readonly<Record<string, string>>;
  readonly container: string;
  readonly kind: 'liveness' | 'readiness' | 'startup';
  readonly startedAtMs: number;
  readonly nowMs: number;
}): { readonly success: boolean; readonly output: string } {
  const name = `${annotationPrefix}probe-${options.kind}`;
  const value = options.annotations[`${name}.${options.container}`] ?? options.annotations[name] ?? 'pass';
  const [verdict, after] = value.split(':', 2);
  const afterMs = after === undefined ? undefined : parseDurationMs(after);
  const ageMs = options.nowMs - options.startedAtMs;
  const success =
    verdict === 'fail' ? false
    : verdict === 'pass-after' ? ageMs >= (afterMs ?? 0)
    : verdict === 'fail-after' ? ageMs < (afterMs ?? 0)
    : true;
  return success ? { success, output: '' } : { success, output: `simulated: ${name} is "${value}"` };
}
