import { horizontalpodautoscalers } from '../../resources.ts';
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../types/autoscaling/v2.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules, statusRules } from '../strategy.ts';
import { defaultAutoscaler } from './horizontal-pod-autoscaler-defaults.ts';
import { validateAutoscaler, validateAutoscalerStatus } from './horizontal-pod-autoscaler-validation.ts';

const unknown = '<unknown>';
const percent = (value: number | undefined, missing: string): string => (value === undefined ? missing : `${value}%`);

/** How Go prints a quantity that is not there. */
const noQuantity = '<nil>';

/** Averages are marked where a plain value would have been possible. */
function formatValue(current: MetricValueStatus | undefined, target: MetricTarget): string {
  if (target.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue} (avg)`;
  return `${current === undefined ? unknown : (current.value ?? noQuantity)}/${target.value ?? noQuantity}`;
}

const averageOf = (current: MetricValueStatus | undefined): string => (current === undefined ? unknown : (current.averageValue ?? noQuantity));

function formatResource(name: string, current: MetricValueStatus | undefined, target: MetricTarget): string {
  if (target.averageValue !== undefined) return `${name}: ${averageOf(current)}/${target.averageValue}`;
  return `${name}: ${percent(current?.averageUtilization, unknown)}/${percent(target.averageUtilization, '<auto>')}`;
}

function formatMetric(spec: MetricSpec, status: MetricStatus | undefined): string {
  if (spec.type === 'External' && spec.external) return formatValue(status?.external?.current, spec.external.target);
  if (spec.type === 'Object' && spec.object) return formatValue(status?.object?.current, spec.object.target);
  if (spec.type === 'Pods' && spec.pods) return `${averageOf(status?.pods?.current)}/${spec.pods.target.averageValue ?? noQuantity}`;
  if (spec.type === 'Resource' && spec.resource) return formatResource(spec.resource.name, status?.resource?.current, spec.resource.target);
  if (spec.type === 'ContainerResource' && spec.containerResource) return formatResource(spec.containerResource.name, status?.containerResource?.current, spec.containerResource.target);
  return '<unknown type>';
}

function formatMetrics({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec?.metrics ?? [];
  if (metrics.length === 0) return '<none>';
  const shown = metrics.slice(0, 2).map((metric, i) => formatMetric(metric, status?.currentMetrics?.[i])).join(', ');
  return metrics.length > 2 ? `${shown} + ${metrics.length - 2} more...` : shown;
}

const rules = standardRules<HorizontalPodAutoscaler>({ status: true, generation: false });

/** How many pods a workload has, from what they use. */
export const horizontalPodAutoscalerDefinition: ResourceDefinition<HorizontalPodAutoscaler> = {
  type: horizontalpodautoscalers,
  allowUnconditionalUpdate: true,
  applyDefaults: defaultAutoscaler,
  prepareForCreate: rules.prepareForCreate,
  validate: (object) => validateAutoscaler(object),
  update: { ...rules.update, validateUpdate: validateAutoscaler },
  subresources: { status: statusRules(validateAutoscalerStatus) },
  columns: [
    nameColumn,
    column('Reference', ({ spec }) => `${spec?.scaleTargetRef.kind ?? ''}/${spec?.scaleTargetRef.name ?? ''}`),
    column('Targets', formatMetrics),
    column('MinPods', ({ spec }) => String(spec?.minReplicas ?? '<unset>')),
    column('MaxPods', ({ spec }) => spec?.maxReplicas ?? 0),
    column('Replicas', ({ status }) => status?.currentReplicas ?? 0),
    ageColumn,
  ],
};
