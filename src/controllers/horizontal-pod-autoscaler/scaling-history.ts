/** What an autoscaler recommended and did lately, and what its rules make of it. */
import type { HPAScalingRules } from '../../api/types/autoscaling/v2.ts';

interface Recommendation { readonly replicas: number; readonly atMs: number }
interface Change { readonly replicas: number; readonly atMs: number }

/** A number of replicas, and why it is that and no other. */
export interface Limited { readonly replicas: number; readonly reason: string; readonly message: string }

/** Of one autoscaler. What is too old to count is replaced, so that it does not grow. */
export class ScalingHistory {
  #recommendations: Recommendation[];
  readonly #ups: Change[] = [];
  readonly #downs: Change[] = [];

  constructor(replicas: number, nowMs: number) {
    this.#recommendations = [{ replicas, atMs: nowMs }];
  }

  /** Without rules: the highest recommendation of the window. */
  stabilize(replicas: number, windowMs: number, nowMs: number): number {
    const cutoffMs = nowMs - windowMs;
    const highest = this.#recommendations.filter(({ atMs }) => atMs >= cutoffMs).reduce((most, one) => Math.max(most, one.replicas), replicas);
    this.#recommend(replicas, nowMs, (atMs) => atMs < cutoffMs);
    return highest;
  }

  /** With rules: neither more than the lowest of the one window nor less than the highest of the other. */
  stabilizeBetween(desired: number, current: number, windows: { readonly upMs: number; readonly downMs: number }, nowMs: number): Limited {
    const [upCutoffMs, downCutoffMs] = [nowMs - windows.upMs, nowMs - windows.downMs];
    let [lowest, highest] = [desired, desired];
    for (const { replicas, atMs } of this.#recommendations) {
      if (atMs > upCutoffMs) lowest = Math.min(lowest, replicas);
      if (atMs > downCutoffMs) highest = Math.max(highest, replicas);
    }
    this.#recommend(desired, nowMs, (atMs) => atMs < upCutoffMs && atMs < downCutoffMs);
    const replicas = Math.min(Math.max(current, lowest), highest);
    return desired >= current
      ? { replicas, reason: 'ScaleUpStabilized', message: 'recent recommendations were lower than current one, applying the lowest recent recommendation' }
      : { replicas, reason: 'ScaleDownStabilized', message: 'recent recommendations were higher than current one, applying the highest recent recommendation' };
  }

  /** Remembers what was done, for as long as a policy may ask for it. */
  changed(from: number, to: number, rules: HPAScalingRules | undefined, nowMs: number): void {
    const changes = to > from ? this.#ups : this.#downs;
    const cutoffMs = nowMs - Math.max(0, ...(rules?.policies ?? []).map(({ periodSeconds }) => periodSeconds)) * 1000;
    const outdated = changes.findLastIndex(({ atMs }) => atMs < cutoffMs);
    changes.splice(outdated < 0 ? changes.length : outdated, 1, { replicas: Math.abs(to - from), atMs: nowMs });
  }

  /** The most replicas that the rules allow now; the fewest, for `down`. */
  limit(direction: 'up' | 'down', current: number, { selectPolicy, policies = [] }: HPAScalingRules, nowMs: number): number {
    if (selectPolicy === 'Disabled') return current;
    const since = (changes: readonly Change[], periodSeconds: number): number => changes.filter(({ atMs }) => atMs > nowMs - periodSeconds * 1000).reduce((sum, { replicas }) => sum + replicas, 0);
    const proposals = policies.map(({ type, value, periodSeconds }) => {
      const start = current - since(this.#ups, periodSeconds) + since(this.#downs, periodSeconds);
      if (type === 'Pods') return direction === 'up' ? start + value : start - value;
      // Rounded away from where it starts, or a small target would never move.
      return direction === 'up' ? Math.ceil(start * (1 + value / 100)) : Math.trunc(start * (1 - value / 100));
    });
    const most = (selectPolicy === 'Min') !== (direction === 'up');
    return most ? Math.max(-(2 ** 31), ...proposals) : Math.min(2 ** 31 - 1, ...proposals);
  }

  #recommend(replicas: number, nowMs: number, isOld: (atMs: number) => boolean): void {
    const old = this.#recommendations.findLastIndex(({ atMs }) => isOld(atMs));
    if (old < 0) this.#recommendations.push({ replicas, atMs: nowMs });
    else this.#recommendations = this.#recommendations.with(old, { replicas, atMs: nowMs });
  }
}

const withinRange = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' };
const tooFew = { reason: 'TooFewReplicas', message: 'the desired replica count is less than the minimum replica count' };
const tooMany = { reason: 'TooManyReplicas', message: 'the desired replica count is more than the maximum replica count' };
const tooFastUp = { reason: 'ScaleUpLimit', message: 'the desired replica count is increasing faster than the maximum scale rate' };
const tooFastDown = { reason: 'ScaleDownLimit', message: 'the desired replica count is decreasing faster than the maximum scale rate' };

/** Without rules: at most twice as many at once, or four. */
export function limitWithoutRules(current: number, desired: number, min: number, max: number): Limited {
  const fastest = Math.max(2 * current, 4);
  if (desired < min) return { replicas: min, ...tooFew };
  if (desired > Math.min(max, fastest)) return max > fastest ? { replicas: fastest, ...tooFastUp } : { replicas: max, ...tooMany };
  return { replicas: desired, ...withinRange };
}

/** With rules: as fast as the policies allow. `allowed` answers ScalingHistory.limit. */
export function limitWithRules(current: number, desired: number, min: number, max: number, allowed: (direction: 'up' | 'down') => number): Limited {
  if (desired > current) {
    const fastest = Math.max(current, allowed('up'));
    if (desired > Math.min(max, fastest)) return max > fastest ? { replicas: fastest, ...tooFastUp } : { replicas: max, ...tooMany };
  } else if (desired < current) {
    const fastest = Math.min(current, allowed('down'));
    if (desired < Math.max(min, fastest)) return min < fastest ? { replicas: fastest, ...tooFastDown } : { replicas: min, ...tooFew };
  }
  return { replicas: desired, ...withinRange };
}
