import { isQuantity, milliValue, value } from '../../api/meta/quantity.ts';

/**
 * What a simulated container does, told by annotations of its pod: docs/simulated-nodes.md lists them all. `NAME.CONTAINER`
 * speaks of one container and wins over `NAME`, which speaks of all regular containers (and sidecars). Init containers
 * exit at once with code 0 unless an annotation names them.
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

const runsForEver: Behaviour = { startDelayMs: 0, exitAfterMs: undefined, exitCode: 0, oomKilled: false, stopDelayMs: 0, ignoreSigterm: false, log: undefined };
const endsAtOnce: Behaviour = { ...runsForEver, exitAfterMs: 0 };

/** Do any annotations speak of simulated containers, ours or kwok's? */
function speaks(annotations: Readonly<Record<string, string>>): boolean {
  for (const name in annotations) if (name.startsWith(annotationPrefix) || name.includes('kwok.x-k8s.io/')) return true;
  return false;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `1m30s`, `200ms`, `1.5h` or a number of seconds, in milliseconds; undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed) * 1000;
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(trimmed)) return undefined;
  // A list of matches would be a regular expression compiled anew.
  const single = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(trimmed);
  if (single !== null) return Number(single[1]) * unitMs[single[2]!]!;
  let totalMs = 0;
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) totalMs += Number(amount) * unitMs[unit!]!;
  return totalMs;
}

/** As kwok's stages have it: a delay, or with `jitter-delay` something between the two. `chance`: from 0 to below 1. */
function kwokDelayMs(annotations: Readonly<Record<string, string>>, stage: string, chance: () => number): number | undefined {
  const read = (what: string): number | undefined => {
    const text = annotations[`${stage}.stage.kwok.x-k8s.io/${what}`];
    return text === undefined ? undefined : parseDurationMs(text);
  };
  const [leastMs, mostMs] = [read('delay'), read('jitter-delay')];
  if (leastMs === undefined || mostMs === undefined || mostMs <= leastMs) return leastMs;
  return Math.floor(leastMs + chance() * (mostMs - leastMs));
}

/**
 * Reads the behaviour of one container from its pod's annotations. Values that do not parse count as absent. `attempt`:
 * how often it was started before; `chance`: from 0 to below 1, for delays that vary.
 */
export function behaviourOf(annotations: Readonly<Record<string, string>>, container: string, { type, attempt = 0, chance = () => 0 }: { readonly type?: string | undefined; readonly attempt?: number; readonly chance?: () => number } = {}): Behaviour {
  const isInit = type === 'init';
  if (!speaks(annotations)) return isInit ? endsAtOnce : runsForEver;
  const read = (name: string): string | undefined => annotations[`${annotationPrefix}${name}.${container}`] ?? (isInit ? undefined : annotations[`${annotationPrefix}${name}`]);
  const duration = (name: string): number | undefined => {
    const text = read(name);
    return text === undefined ? undefined : parseDurationMs(text);
  };
  const stage = (name: string): number | undefined => (isInit ? undefined : kwokDelayMs(annotations, name, chance));
  const codes = (read('exit-code') ?? '0').split(',');
  const code = Number(codes[Math.min(attempt, codes.length - 1)]);
  return {
    startDelayMs: duration('start-delay') ?? stage('pod-ready') ?? 0,
    exitAfterMs: duration('exit-after') ?? stage('pod-complete') ?? (isInit ? 0 : undefined),
    exitCode: Number.isInteger(code) ? code & 0xff : 0,
    oomKilled: read('oom-killed') === 'true',
    stopDelayMs: duration('stop-delay') ?? stage('pod-delete') ?? 0,
    ignoreSigterm: read('ignore-sigterm') === 'true',
    log: read('log'),
  };
}

/** What a container uses. */
export interface Usage { readonly cores: number; readonly memoryBytes: number }

/** A thousandth of a core, and a mebibyte. */
const usualUsage: Usage = { cores: 0.001, memoryBytes: 1_048_576 };

/** What a container of the pod uses by the pod's annotations of now, ours or kwok's. */
export function usageOf(annotations: Readonly<Record<string, string>>, container: string): Usage {
  if (!speaks(annotations)) return usualUsage;
  const read = (name: string, usual: number): number => {
    const text = annotations[`${annotationPrefix}usage-${name}.${container}`] ?? annotations[`${annotationPrefix}usage-${name}`] ?? annotations[`kwok.x-k8s.io/usage-${name}`];
    return text === undefined || !isQuantity(text) ? usual : Math.max(0, name === 'cpu' ? milliValue(text) / 1000 : value(text));
  };
  return { cores: read('cpu', usualUsage.cores), memoryBytes: read('memory', usualUsage.memoryBytes) };
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
