import type { KubeObject } from '../../api/meta/object.ts';
import type { HorizontalPodAutoscaler as V1 } from '../../api/types/autoscaling/v1.ts';
import type { HorizontalPodAutoscaler as V2, MetricSpec, MetricStatus } from '../../api/types/autoscaling/v2.ts';

/** What autoscaling/v1 has no field for travels in these annotations, as upstream does it. */
const metricsAnnotation = 'autoscaling.alpha.kubernetes.io/metrics';
const currentMetricsAnnotation = 'autoscaling.alpha.kubernetes.io/current-metrics';
const conditionsAnnotation = 'autoscaling.alpha.kubernetes.io/conditions';
const behaviorAnnotation = 'autoscaling.alpha.kubernetes.io/behavior';

const isCpuUtilization = (metric: MetricSpec): boolean =>
  metric.type === 'Resource' && metric.resource?.name === 'cpu' && metric.resource.target.averageUtilization !== undefined;

function parsed<T>(annotations: Readonly<Record<string, string>>, key: string): T | undefined {
  const text = annotations[key];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

/** autoscaling/v2 as autoscaling/v1: CPU utilization in its own field, everything else in annotations. */
export function hpaToV1(object: KubeObject): KubeObject {
  const { spec, status, ...rest } = object as V2;
  const cpu = spec?.metrics?.find(isCpuUtilization);
  const others = spec?.metrics?.filter((metric) => metric !== cpu) ?? [];
  const currentCpu = status?.currentMetrics?.find((metric) => metric.type === 'Resource' && metric.resource?.name === 'cpu');
  const otherCurrent = status?.currentMetrics?.filter((metric) => metric !== currentCpu) ?? [];
  const annotations: Record<string, string> = { ...object.metadata.annotations };
  if (others.length > 0) annotations[metricsAnnotation] = JSON.stringify(others);
  if (otherCurrent.length > 0) annotations[currentMetricsAnnotation] = JSON.stringify(otherCurrent);
  if (status?.conditions !== undefined && status.conditions.length > 0) annotations[conditionsAnnotation] = JSON.stringify(status.conditions);
  if (spec?.behavior !== undefined) annotations[behaviorAnnotation] = JSON.stringify(spec.behavior);
  const target = cpu?.resource?.target.averageUtilization;
  const current = currentCpu?.resource?.current.averageUtilization;
  const v1: KubeObject & Partial<V1> = {
    ...rest,
    metadata: { ...object.metadata, ...(Object.keys(annotations).length > 0 && { annotations }) },
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

/** autoscaling/v1 as autoscaling/v2. */
export function hpaFromV1(object: KubeObject): KubeObject {
  const { spec, status, ...rest } = object as V1;
  const annotations: Record<string, string> = { ...object.metadata.annotations };
  const metrics: MetricSpec[] = [];
  if (spec?.targetCPUUtilizationPercentage !== undefined) {
    metrics.push({ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: spec.targetCPUUtilizationPercentage } } });
  }
  metrics.push(...(parsed<MetricSpec[]>(annotations, metricsAnnotation) ?? []));
  const currentMetrics: MetricStatus[] = parsed<MetricStatus[]>(annotations, currentMetricsAnnotation) ?? [];
  const behavior = parsed<NonNullable<V2['spec']>['behavior']>(annotations, behaviorAnnotation);
  const conditions = parsed<NonNullable<V2['status']>['conditions']>(annotations, conditionsAnnotation);
  for (const key of [metricsAnnotation, currentMetricsAnnotation, conditionsAnnotation, behaviorAnnotation]) delete annotations[key];
  const metadata = { ...object.metadata };
  if (Object.keys(annotations).length > 0) metadata.annotations = annotations;
  else delete metadata.annotations;
  const v2: KubeObject & Partial<V2> = {
    ...rest,
    metadata,
    ...(spec !== undefined && {
      spec: {
        scaleTargetRef: spec.scaleTargetRef,
        ...(spec.minReplicas !== undefined && { minReplicas: spec.minReplicas }),
        maxReplicas: spec.maxReplicas,
        ...(metrics.length > 0 && { metrics }),
        ...(behavior !== undefined && { behavior }),
      },
    }),
    ...(status !== undefined && {
      status: {
        ...(status.observedGeneration !== undefined && { observedGeneration: status.observedGeneration }),
        ...(status.lastScaleTime !== undefined && { lastScaleTime: status.lastScaleTime }),
        currentReplicas: status.currentReplicas,
        desiredReplicas: status.desiredReplicas,
        ...(currentMetrics.length > 0 && { currentMetrics }),
        ...(conditions !== undefined && { conditions }),
      },
    }),
  };
  return v2;
}
