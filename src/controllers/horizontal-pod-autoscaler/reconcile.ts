import { semanticEqual } from '../../api/meta/equal.ts';
import { setCondition } from '../../api/meta/conditions.ts';
import { parseLabelSelector } from '../../api/meta/label-selector-parser.ts';
import type { Selector } from '../../api/meta/labels.ts';
import { keyOf, splitKey } from '../../api/meta/object.ts';
import { parseQuantity } from '../../api/meta/quantity.ts';
import { horizontalpodautoscalers } from '../../api/resources.ts';
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, HPAScalingRules, MetricStatus } from '../../api/types/autoscaling/v2.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import { formatTime } from '../../base/clock.ts';
import type { Client } from '../../client/client.ts';
import type { EventRecorder } from '../../client/event-recorder/event-recorder.ts';
import type { ControllerSettings } from '../common/settings.ts';
import { messageOf } from '../common/errors.ts';
import type { AutoscalerMetrics, ScalingAction, ScalingError } from './autoscaler-metrics.ts';
import { actionOf } from './autoscaler-metrics.ts';
import type { Kinds } from './kinds.ts';
import type { Proposal } from './metric-proposals.ts';
import { invalidMetricType, MetricFailure, proposalOf } from './metric-proposals.ts';
import type { MetricsClient } from './metrics-client.ts';
import type { Tolerances } from './replica-calculator.ts';
import type { ScaleTarget } from './scale-target.ts';
import { describeTarget, readScale, TargetError, writeScale } from './scale-target.ts';
import { limitWithoutRules, limitWithRules, ScalingHistory } from './scaling-history.ts';

export interface AutoscalerParts {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  readonly kinds: Kinds;
  readonly metrics: MetricsClient;
  /** What is scraped of all this. */
  readonly counts: AutoscalerMetrics;
  readonly settings: ControllerSettings;
  /** By key. */
  readonly histories: Map<string, ScalingHistory>;
  /** What each autoscaler selects, by key; undefined until that is known. */
  readonly selectors: Map<string, Selector | undefined>;
  readonly podsOf: (namespace: string) => readonly Pod[];
}

/** One look at an autoscaler: gathers its next status, which is written once. */
export class Reconciliation {
  readonly #parts: AutoscalerParts;
  readonly #autoscaler: HorizontalPodAutoscaler;
  readonly #key: string;
  readonly #status: HorizontalPodAutoscalerStatus;
  #action: ScalingAction = 'none';

  constructor(parts: AutoscalerParts, autoscaler: HorizontalPodAutoscaler) {
    this.#parts = parts;
    this.#autoscaler = autoscaler;
    this.#key = keyOf(autoscaler);
    this.#status = { desiredReplicas: 0, ...autoscaler.status };
  }

  /** Rejects with what went wrong, after it was written down. */
  async run(): Promise<void> {
    const { clock, counts } = this.#parts;
    const startMs = clock.monotonicMs();
    let error: ScalingError = 'none';
    try {
      await this.#reconcile();
    } catch (cause) {
      error = cause instanceof Error && cause.cause instanceof TargetError && cause.cause.isOfSpec ? 'spec' : 'internal';
      throw cause;
    } finally {
      counts.reconciled(this.#action, error, clock.monotonicMs() - startMs);
    }
  }

  async #reconcile(): Promise<void> {
    const { clock, histories } = this.#parts;
    let target: ScaleTarget;
    try {
      target = await readScale(this.#parts.client, this.#parts.kinds, this.#autoscaler);
    } catch (error) {
      if (!(error instanceof TargetError)) throw error;
      this.#event('Warning', 'FailedGetScale', error.message);
      this.#condition('AbleToScale', 'False', 'FailedGetScale', `the HPA controller was unable to get the target's current scale: ${error.message}`);
      await this.#writeStatus();
      throw new Error(`${error.prefix}: ${error.message}`, { cause: error });
    }
    this.#condition('AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale");
    const current = target.scale.spec?.replicas ?? 0;
    if (!histories.has(this.#key)) histories.set(this.#key, new ScalingHistory(current, clock.now()));
    await this.#rescale(target, current);
  }

  async #rescale(target: ScaleTarget, current: number): Promise<void> {
    const { minReplicas = 1, maxReplicas } = this.#autoscaler.spec;
    if (current === 0) {
      this.#condition('ScalingActive', 'False', 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero');
      return this.#settle(current, current, [], false);
    }
    if (current > maxReplicas) return this.#scaleTo(target, current, maxReplicas, 'Current number of replicas above Spec.MaxReplicas', []);
    if (current < minReplicas) return this.#scaleTo(target, current, minReplicas, 'Current number of replicas below Spec.MinReplicas', []);
    const { proposal, statuses, failure } = await this.#computeReplicas(target);
    if (proposal === undefined) {
      await this.#finish(current, this.#status.desiredReplicas, statuses, false);
      this.#event('Warning', 'FailedComputeMetricsReplicas', failure ?? '');
      throw new Error(`failed to compute desired number of replicas based on listed metrics for ${describeTarget(this.#autoscaler)}: ${failure}`);
    }
    const wanted = Math.max(0, proposal.replicas);
    const reason = wanted > current ? `${proposal.name} above target` : wanted < current ? 'All metrics below target' : '';
    const desired = this.#limit(current, wanted, minReplicas, maxReplicas);
    if (desired === current) await this.#settle(current, current, statuses, false);
    else await this.#scaleTo(target, current, desired, reason, statuses);
    // What still works was acted on; the rest is an error all the same.
    if (failure !== undefined) throw new Error(failure);
  }

  /** The highest proposal. None when no metric works, or when one that does not might have kept the target from shrinking. */
  async #computeReplicas({ scale }: ScaleTarget): Promise<{ readonly proposal?: Proposal; readonly statuses: MetricStatus[]; readonly failure?: string }> {
    const { metadata, spec: { metrics = [] } } = this.#autoscaler;
    const { clock, settings, podsOf } = this.#parts;
    const namespace = metadata.namespace ?? '';
    const selection = this.#select(scale.status?.selector ?? '');
    if (typeof selection === 'string') return { statuses: [], failure: selection };
    const specReplicas = scale.spec?.replicas ?? 0;
    const context = {
      metrics: this.#parts.metrics, namespace, selector: selection, pods: podsOf(namespace).filter((pod) => selection.matches(pod.metadata.labels)),
      specReplicas, statusReplicas: scale.status?.replicas ?? 0, tolerances: this.#tolerances(),
      timing: { nowMs: clock.now(), cpuInitializationPeriodMs: settings.hpaCpuInitializationPeriodMs, initialReadinessDelayMs: settings.hpaInitialReadinessDelayMs },
    };
    let best: Proposal | undefined;
    const failures: MetricFailure[] = [];
    const statuses: MetricStatus[] = [];
    const { counts } = this.#parts;
    for (const metric of metrics) {
      const startMs = clock.monotonicMs();
      try {
        const proposal = await proposalOf(metric, context);
        counts.computed(actionOf(proposal.replicas, this.#autoscaler.status?.currentReplicas ?? 0), 'none', metric.type, clock.monotonicMs() - startMs);
        statuses.push(proposal.status);
        if (best === undefined || best.replicas === 0 || proposal.replicas > best.replicas) best = proposal;
      } catch (error) {
        if (!(error instanceof MetricFailure)) throw error;
        counts.computed('none', error.reason === invalidMetricType ? 'spec' : 'internal', metric.type, clock.monotonicMs() - startMs);
        this.#event('Warning', error.reason, error.detail);
        failures.push(error);
        // As upstream shows a metric that it could not read.
        statuses.push({ type: '' });
      }
    }
    const [first] = failures;
    const failure = first === undefined ? undefined : `invalid metrics (${failures.length} invalid out of ${metrics.length}), first error is: ${first.message}`;
    if (best === undefined || (first !== undefined && best.replicas < specReplicas)) {
      if (first !== undefined) this.#condition('ScalingActive', 'False', first.reason, `the HPA was unable to compute the replica count: ${first.detail}`);
      return { statuses, failure: failure ?? 'no metrics' };
    }
    this.#condition('ScalingActive', 'True', 'ValidMetricFound', `the HPA was able to successfully calculate a replica count from ${best.name}`);
    return { proposal: best, statuses, ...(failure !== undefined && { failure }) };
  }

  /** What the target selects; a text that says why it cannot be used. No two autoscalers may have the same pods. */
  #select(text: string): Selector | string {
    const refuse = (event: string, reason: string, message: string, told = message): string => {
      this.#event('Warning', event, message);
      this.#condition('ScalingActive', 'False', reason, told);
      return message;
    };
    if (text === '') return refuse('SelectorRequired', 'InvalidSelector', 'selector is required', "the HPA target's scale is missing a selector");
    let selector: Selector;
    try {
      selector = parseLabelSelector(text);
    } catch (error) {
      return refuse('InvalidSelector', 'InvalidSelector', `couldn't convert selector into a corresponding internal selector object: ${messageOf(error)}`);
    }
    const { selectors, podsOf } = this.#parts;
    if (selectors.has(this.#key)) selectors.set(this.#key, selector);
    const { namespace } = splitKey(this.#key);
    const pods = podsOf(namespace).filter((pod) => selector.matches(pod.metadata.labels));
    const sharing = [...selectors].filter(([key, other]) => splitKey(key).namespace === namespace && pods.some((pod) => other?.matches(pod.metadata.labels) === true)).map(([key]) => splitKey(key));
    if (sharing.length > 1) return refuse('AmbiguousSelector', 'AmbiguousSelector', `pods by selector ${text} are controlled by multiple HPAs: [${sharing.map((one) => `{${one.name} ${one.namespace}}`).join(' ')}]`);
    return selector;
  }

  #tolerances(): Tolerances {
    const { scaleUp, scaleDown } = this.#autoscaler.spec.behavior ?? {};
    const of = (rules: HPAScalingRules | undefined): number => (rules?.tolerance === undefined ? this.#parts.settings.hpaTolerance : Number(parseQuantity(rules.tolerance).nanos) / 1e9);
    return { up: of(scaleUp), down: of(scaleDown) };
  }

  /** Holds what the metrics ask for against recent recommendations, the rules and the limits. */
  #limit(current: number, wanted: number, min: number, max: number): number {
    const { settings, histories, clock } = this.#parts;
    const { behavior } = this.#autoscaler.spec;
    const history = histories.get(this.#key)!;
    const nowMs = clock.now();
    const { scaleUp = {}, scaleDown = {} } = behavior ?? {};
    const stable = behavior === undefined
      ? { replicas: history.stabilize(wanted, settings.hpaDownscaleStabilizationMs, nowMs), reason: 'ScaleDownStabilized', message: 'recent recommendations were higher than current one, applying the highest recent recommendation' }
      : history.stabilizeBetween(wanted, current, {
        upMs: (scaleUp.stabilizationWindowSeconds ?? 0) * 1000,
        downMs: scaleDown.stabilizationWindowSeconds === undefined ? settings.hpaDownscaleStabilizationMs : scaleDown.stabilizationWindowSeconds * 1000,
      }, nowMs);
    if (stable.replicas === wanted) this.#condition('AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size');
    else this.#condition('AbleToScale', 'True', stable.reason, stable.message);
    const limited = behavior === undefined
      ? limitWithoutRules(current, stable.replicas, min, max)
      : limitWithRules(current, stable.replicas, min, max, (direction) => history.limit(direction, current, direction === 'up' ? scaleUp : scaleDown, nowMs));
    this.#condition('ScalingLimited', limited.replicas === stable.replicas ? 'False' : 'True', limited.reason, limited.message);
    return limited.replicas;
  }

  async #scaleTo(target: ScaleTarget, current: number, desired: number, reason: string, statuses: MetricStatus[]): Promise<void> {
    const { client, clock, histories } = this.#parts;
    try {
      await writeScale(client, target, desired);
    } catch (error) {
      this.#event('Warning', 'FailedRescale', `New size: ${desired}; reason: ${reason}; error: ${messageOf(error)}`);
      this.#condition('AbleToScale', 'False', 'FailedUpdateScale', `the HPA controller was unable to update the target scale: ${messageOf(error)}`);
      await this.#finish(current, this.#status.desiredReplicas, statuses, false);
      throw new Error(`failed to rescale ${describeTarget(this.#autoscaler)}: ${messageOf(error)}`, { cause: error });
    }
    this.#condition('AbleToScale', 'True', 'SucceededRescale', `the HPA controller was able to update the target scale to ${desired}`);
    this.#event('Normal', 'SuccessfulRescale', `New size: ${desired}; reason: ${reason}`);
    const { behavior } = this.#autoscaler.spec;
    if (behavior !== undefined) histories.get(this.#key)!.changed(current, desired, desired > current ? behavior.scaleUp : behavior.scaleDown, clock.now());
    this.#action = desired > current ? 'scale_up' : 'scale_down';
    await this.#settle(current, desired, statuses, true);
  }

  /** What is wanted is decided: it is told, and written. */
  #settle(current: number, desired: number, statuses: MetricStatus[], rescaled: boolean): Promise<void> {
    this.#parts.counts.desired(this.#key, desired);
    return this.#finish(current, desired, statuses, rescaled);
  }

  /** Writes the status anew; of the old one, conditions and the time of the last change stay. */
  async #finish(current: number, desired: number, statuses: MetricStatus[], rescaled: boolean): Promise<void> {
    const { conditions, lastScaleTime } = this.#status;
    const last = rescaled ? formatTime(this.#parts.clock.now()) : lastScaleTime;
    await this.#writeStatus({
      ...(last !== undefined && { lastScaleTime: last }),
      ...(current > 0 && { currentReplicas: current }),
      desiredReplicas: desired,
      ...(statuses.length > 0 && { currentMetrics: statuses }),
      ...(conditions !== undefined && { conditions }),
    });
  }

  async #writeStatus(status: HorizontalPodAutoscalerStatus = this.#status): Promise<void> {
    if (semanticEqual({ ...this.#autoscaler.status, desiredReplicas: this.#autoscaler.status?.desiredReplicas ?? 0 }, status)) return;
    try {
      await this.#parts.client.update(horizontalpodautoscalers, { ...this.#autoscaler, status }, { subresource: 'status' });
    } catch (error) {
      this.#event('Warning', 'FailedUpdateStatus', messageOf(error));
      throw new Error(`failed to update status for ${this.#autoscaler.metadata.name}: ${messageOf(error)}`, { cause: error });
    }
  }

  #condition(type: string, status: string, reason: string, message: string): void {
    this.#status.conditions = [...setCondition(this.#status.conditions, { type, status, reason, message }, this.#parts.clock.now())];
  }

  #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#parts.recorder.event(this.#autoscaler, type, reason, message);
  }
}
