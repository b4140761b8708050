import type { KubeObject } from '../../meta/object.ts';
import type { HorizontalPodAutoscaler as V1 } from '../../types/autoscaling/v1.ts';
import type { HorizontalPodAutoscaler as V2, MetricSpec, MetricStatus } from '../../types/autoscaling/v2.ts';
import type { OldMetricSpec, OldMetricStatus } from './old-metrics.ts';
import { metricSpecFromOld, metricSpecToOld, metricStatusFromOld, metricStatusToOld } from './old-metrics.ts';
import { behaviorAnnotation, conditionsAnnotation, currentMetricsAnnotation, decodeBehavior, encodeBehavior, metricsAnnotation, parsedAnnotation, withAnnotations } from './round-trip-annotations.ts';

const isCpuUtilization = (metric: MetricSpec): boolean =>
  metric.type === 'Resource' && metric.resource?.name === 'cpu' && metric.resource.target.averageUtilization !== undefined;

const cpuMetric = (averageUtilization: number): MetricSpec => ({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } });

/** What autoscaling/v1 leaves to the server: it never listed a metric where it meant this. */
const defaultCpuUtilization = 80;

/** autoscaling/v2 as autoscaling/v1: CPU utilization in its own field, everything else in annotations. */
export function hpaToV1(object: KubeObject): KubeObject {
  const { spec, status, ...rest } = object as V2;
  const cpu = spec?.metrics?.find((metric) => metric.type === 'Resource' && metric.resource?.name === 'cpu');
  const others = spec?.metrics?.filter((metric) => !isCpuUtilization(metric)) ?? [];
  const currentCpu = status?.currentMetrics?.findLast((metric) => metric.type === 'Resource' && metric.resource?.name === 'cpu' && metric.resource.current.averageUtilization !== undefined);
  const metadata = withAnnotations(object.metadata, {
    ...(others.length > 0 && { [metricsAnnotation]: JSON.stringify(others.map(metricSpecToOld)) }),
    // All of them: the raw value has no place in v1 even where the percentage has.
    ...((status?.currentMetrics ?? []).length > 0 && { [currentMetricsAnnotation]: JSON.stringify(status!.currentMetrics!.map(metricStatusToOld)) }),
    ...((status?.conditions ?? []).length > 0 && { [conditionsAnnotation]: JSON.stringify(status!.conditions) }),
    ...(spec?.behavior !== undefined && { [behaviorAnnotation]: encodeBehavior(spec.behavior) }),
  });
  const target = cpu?.resource?.target.averageUtilization;
  const current = currentCpu?.resource?.current.averageUtilization;
  const v1: KubeObject & Partial<V1> = {
    ...rest,
    metadata,
    ...(spec !== undefined && {
      spec: {
        scaleTargetRef: spec.scaleTargetRef,
        ...(spec.minReplicas !== undefined && { minReplicas: spec.minReplicas }),
        maxReplicas: spec.maxReplicas,
        ...(target !== undefined && { targetCPUUtilizationPercentage: target }),
      },
    }),
    ...(status !== undefined && {
      status: {
        ...(status.observedGeneration !== undefined && { observedGeneration: status.observedGeneration }),
        ...(status.lastScaleTime !== undefined && { lastScaleTime: status.lastScaleTime }),
        currentReplicas: status.currentReplicas ?? 0,
        desiredReplicas: status.desiredReplicas,
        ...(current !== undefined && { currentCPUUtilizationPercentage: current }),
      },
    }),
  };
  return v1;
}

function currentMetricsOf({ metadata, status }: V1): MetricStatus[] {
  // What the annotation says is more than the status can.
  const inAnnotation = parsedAnnotation<OldMetricStatus[]>(metadata, currentMetricsAnnotation);
  if (Array.isArray(inAnnotation)) return inAnnotation.map(metricStatusFromOld);
  const utilization = status?.currentCPUUtilizationPercentage;
  return utilization === undefined ? [] : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: utilization } } }];
}

/** autoscaling/v1 as autoscaling/v2. */
export function hpaFromV1(object: KubeObject): KubeObject {
  const { spec, status, ...rest } = object as V1;
  const { metadata } = object;
  const others = parsedAnnotation<OldMetricSpec[]>(metadata, metricsAnnotation);
  const metrics = Array.isArray(others) ? others.map(metricSpecFromOld) : [];
  if (spec?.targetCPUUtilizationPercentage !== undefined) metrics.push(cpuMetric(spec.targetCPUUtilizationPercentage));
  if (metrics.length === 0) metrics.push(cpuMetric(defaultCpuUtilization));
  const currentMetrics = currentMetricsOf(object as V1);
  const behavior = decodeBehavior(parsedAnnotation(metadata, behaviorAnnotation));
  const conditions = parsedAnnotation<NonNullable<V2['status']>['conditions']>(metadata, conditionsAnnotation);
  const v2: KubeObject & Partial<V2> = {
    ...rest,
    metadata: withAnnotations(metadata),
    ...(spec !== undefined && {
      spec: {
        scaleTargetRef: spec.scaleTargetRef,
        ...(spec.minReplicas !== undefined && { minReplicas: spec.minReplicas }),
        maxReplicas: spec.maxReplicas,
        metrics,
        ...(behavior !== undefined && { behavior }),
      },
    }),
    ...((status !== undefined || currentMetrics.length > 0 || conditions !== undefined) && {
      status: {
        ...(status?.observedGeneration !== undefined && { observedGeneration: status.observedGeneration }),
        ...(status?.lastScaleTime !== undefined && { lastScaleTime: status.lastScaleTime }),
        currentReplicas: status?.currentReplicas ?? 0,
        desiredReplicas: status?.desiredReplicas ?? 0,
        ...(currentMetrics.length > 0 && { currentMetrics }),
        ...(conditions !== undefined && { conditions }),
      },
    }),
  };
  return v2;
}
