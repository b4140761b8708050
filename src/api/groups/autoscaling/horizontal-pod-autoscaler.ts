import { horizontalpodautoscalers } from '../../resources.ts';
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../types/autoscaling/v2.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';

const unknown = '<unknown>';
const percent = (value: number | undefined, missing: string): string => (value === undefined ? missing : `${value}%`);

/** Averages are marked where a plain value would have been possible. */
function formatValue(current: MetricValueStatus | undefined, target: MetricTarget): string {
  return target.averageValue === undefined ? `${current?.value ?? unknown}/${target.value ?? unknown}` : `${current?.averageValue ?? unknown}/${target.averageValue} (avg)`;
}

function formatResource(name: string, current: MetricValueStatus | undefined, target: MetricTarget): string {
  if (target.averageValue !== undefined) return `${name}: ${current?.averageValue ?? unknown}/${target.averageValue}`;
  return `${name}: ${percent(current?.averageUtilization, unknown)}/${percent(target.averageUtilization, '<auto>')}`;
}

function formatMetric(spec: MetricSpec, status: MetricStatus | undefined): string {
  if (spec.type === 'External' && spec.external) return formatValue(status?.external?.current, spec.external.target);
  if (spec.type === 'Object' && spec.object) return formatValue(status?.object?.current, spec.object.target);
  if (spec.type === 'Pods' && spec.pods) return `${status?.pods?.current.averageValue ?? unknown}/${spec.pods.target.averageValue ?? unknown}`;
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

export const horizontalPodAutoscalerDefinition: ResourceDefinition<HorizontalPodAutoscaler> = {
  type: horizontalpodautoscalers,
  allowUnconditionalUpdate: true,
  ...standardRules<HorizontalPodAutoscaler>({ status: true, generation: false }),
  applyDefaults({ apiVersion, spec }) {
    if (spec === undefined) return;
    spec.minReplicas ??= 1;
    // Version 1 has no list of metrics: its one target is translated when it is stored.
    if ((spec.metrics ?? []).length === 0 && apiVersion !== 'autoscaling/v1') {
      spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }];
    }
  },
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
