import { counterVector, countersFamily, histogramsFamily, Vector } from '../../base/metric-vector.ts';
import type { Gauge } from '../../base/metrics.ts';
import { exponentialBounds, Histogram } from '../../base/metrics.ts';
import { splitKey } from '../../api/meta/object.ts';

/** Where a number of replicas leads. */
export type ScalingAction = 'scale_up' | 'scale_down' | 'none';
/** Whose fault an error is: the autoscaler's own spec, or anything else. */
export type ScalingError = 'none' | 'spec' | 'internal';

const seconds = (): Histogram => new Histogram(exponentialBounds(0.001, 2, 15));

/** What wanting so many replicas means where there are so many. */
export const actionOf = (wanted: number, current: number): ScalingAction => (wanted > current ? 'scale_up' : wanted < current ? 'scale_down' : 'none');

/** What the controller counts, under upstream's names. */
export class AutoscalerMetrics {
  readonly #reconciliations = counterVector('action', 'error');
  readonly #reconciliationSeconds = new Vector(['action', 'error'], seconds);
  readonly #computations = counterVector('action', 'error', 'metric_type');
  readonly #computationSeconds = new Vector(['action', 'error', 'metric_type'], seconds);
  /** By key. */
  readonly #desired = new Map<string, number>();

  reconciled(action: ScalingAction, error: ScalingError, durationMs: number): void {
    this.#reconciliations.with(action, error).value += 1;
    this.#reconciliationSeconds.with(action, error).observe(durationMs / 1000);
  }

  /** One metric of an autoscaler was looked at. */
  computed(action: ScalingAction, error: ScalingError, type: string, durationMs: number): void {
    this.#computations.with(action, error, type).value += 1;
    this.#computationSeconds.with(action, error, type).observe(durationMs / 1000);
  }

  desired(key: string, replicas: number): void {
    this.#desired.set(key, replicas);
  }

  forget(key: string): void {
    this.#desired.delete(key);
  }

  /** `count`: how many autoscalers there are. */
  families(count: () => number): readonly Gauge[] {
    const name = (rest: string): string => `horizontal_pod_autoscaler_controller_${rest}`;
    return [
      countersFamily(name('reconciliations_total'), '[BETA] Looks at autoscalers by what came of them.', this.#reconciliations),
      histogramsFamily(name('reconciliation_duration_seconds'), '[BETA] How long looks at autoscalers took.', this.#reconciliationSeconds),
      countersFamily(name('metric_computation_total'), '[BETA] Looks at single metrics by what they proposed.', this.#computations),
      histogramsFamily(name('metric_computation_duration_seconds'), '[BETA] How long looks at single metrics took.', this.#computationSeconds),
      { name: name('num_horizontal_pod_autoscalers'), help: '[ALPHA] Autoscalers that are looked after.', read: () => [[{}, count()]] },
      { name: name('desired_replicas'), help: '[ALPHA] Replicas that each autoscaler wants.', read: () => Array.from(this.#desired, ([key, replicas]) => [{ hpa_name: splitKey(key).name, namespace: splitKey(key).namespace }, replicas] as const) },
    ];
  }
}
