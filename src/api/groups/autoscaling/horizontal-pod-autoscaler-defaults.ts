import { semanticEqual } from '../../meta/equal.ts';
import type { Loose } from '../../meta/loose.ts';
import type { HorizontalPodAutoscaler, HPAScalingRules, MetricSpec } from '../../types/autoscaling/v2.ts';

/** What an autoscaler without metrics aims at, percent of the CPU that its pods ask for. */
const defaultCpuUtilization = 80;
const periodSeconds = 15;

/** The metric of an autoscaler that names none. */
export const defaultMetric = (): MetricSpec => ({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: defaultCpuUtilization } } });

function scaleUpRules(rules: Loose<HPAScalingRules> | undefined): Loose<HPAScalingRules> {
  return {
    stabilizationWindowSeconds: 0, selectPolicy: 'Max',
    policies: [{ type: 'Pods', value: 4, periodSeconds }, { type: 'Percent', value: 100, periodSeconds }],
    ...rules,
  };
}

/** The window has no default here: the controller's setting stands in. */
function scaleDownRules(rules: Loose<HPAScalingRules> | undefined): Loose<HPAScalingRules> {
  return { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds }], ...rules };
}

/** Fills in what the user left out, in place. */
export function defaultAutoscaler(autoscaler: HorizontalPodAutoscaler): void {
  const { apiVersion, spec } = autoscaler as Loose<HorizontalPodAutoscaler>;
  if (spec === undefined) return;
  spec.minReplicas ??= 1;
  // Version 1 has neither metrics nor behaviour: what it says is translated when it is stored.
  if (apiVersion === 'autoscaling/v1') return;
  if ((spec.metrics ?? []).length === 0) spec.metrics = [defaultMetric()];
  const { behavior } = spec;
  if (behavior === undefined) return;
  const scaleUp = scaleUpRules(behavior.scaleUp);
  const scaleDown = scaleDownRules(behavior.scaleDown);
  // What has them already may be frozen.
  if (!semanticEqual(scaleUp, behavior.scaleUp)) behavior.scaleUp = scaleUp;
  if (!semanticEqual(scaleDown, behavior.scaleDown)) behavior.scaleDown = scaleDown;
}
