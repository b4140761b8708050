/** autoscaling/v2beta1 and v2beta2 <-> v2. */
import type { KubeObject } from '../../meta/object.ts';
import type { HorizontalPodAutoscaler, HPAScalingRules } from '../../types/autoscaling/v2.ts';
import type { VersionRules } from '../version-rules.ts';
import type { OldMetricSpec, OldMetricStatus } from './old-metrics.ts';
import { metricSpecFromOld, metricSpecToOld, metricStatusFromOld, metricStatusToOld } from './old-metrics.ts';
import { behaviorAnnotation, decodeBehavior, encodeBehavior, parsedAnnotation, scaleDownToleranceAnnotation, scaleUpToleranceAnnotation, withAnnotations } from './round-trip-annotations.ts';

type Status = NonNullable<HorizontalPodAutoscaler['status']>;
type Spec = NonNullable<HorizontalPodAutoscaler['spec']>;
interface OldAutoscaler extends KubeObject {
  readonly spec?: Omit<Spec, 'metrics' | 'behavior'> & { readonly metrics?: readonly OldMetricSpec[] };
  readonly status?: Omit<Status, 'currentMetrics'> & { readonly currentMetrics?: readonly OldMetricStatus[] };
}

function fromV2beta1(object: KubeObject): KubeObject {
  const { spec, status } = object as OldAutoscaler;
  const behavior = decodeBehavior(parsedAnnotation(object.metadata, behaviorAnnotation));
  return {
    ...object,
    metadata: withAnnotations(object.metadata),
    ...(spec !== undefined && { spec: { ...spec, ...(spec.metrics !== undefined && { metrics: spec.metrics.map(metricSpecFromOld) }), ...(behavior !== undefined && { behavior }) } }),
    ...(status !== undefined && { status: { ...status, ...(status.currentMetrics !== undefined && { currentMetrics: status.currentMetrics.map(metricStatusFromOld) }) } }),
  } as KubeObject;
}

function toV2beta1(object: KubeObject): KubeObject {
  const { spec, status } = object as HorizontalPodAutoscaler;
  const { behavior, ...rest } = spec ?? ({} as Spec);
  return {
    ...object,
    metadata: withAnnotations(object.metadata, behavior === undefined ? {} : { [behaviorAnnotation]: encodeBehavior(behavior) }),
    ...(spec !== undefined && { spec: { ...rest, ...(rest.metrics !== undefined && { metrics: rest.metrics.map(metricSpecToOld) }) } }),
    ...(status !== undefined && { status: { ...status, ...(status.currentMetrics !== undefined && { currentMetrics: status.currentMetrics.map(metricStatusToOld) }) } }),
  } as KubeObject;
}

const withTolerance = (rules: HPAScalingRules | undefined, tolerance: string | undefined): HPAScalingRules | undefined => (tolerance === undefined ? rules : { ...rules, tolerance });

function fromV2beta2(object: KubeObject): KubeObject {
  const { spec } = object as HorizontalPodAutoscaler;
  const { [scaleDownToleranceAnnotation]: down, [scaleUpToleranceAnnotation]: up } = object.metadata.annotations ?? {};
  const scaleDown = withTolerance(spec?.behavior?.scaleDown, down);
  const scaleUp = withTolerance(spec?.behavior?.scaleUp, up);
  return {
    ...object,
    metadata: withAnnotations(object.metadata),
    ...(spec !== undefined && { spec: { ...spec, ...((scaleDown ?? scaleUp) !== undefined && { behavior: { ...spec.behavior, ...(scaleDown !== undefined && { scaleDown }), ...(scaleUp !== undefined && { scaleUp }) } }) } }),
  } as KubeObject;
}

function toV2beta2(object: KubeObject): KubeObject {
  const { spec } = object as HorizontalPodAutoscaler;
  const { scaleDown, scaleUp } = spec?.behavior ?? {};
  const without = (rules: HPAScalingRules): HPAScalingRules => {
    const { tolerance: _, ...rest } = rules;
    return rest;
  };
  return {
    ...object,
    metadata: withAnnotations(object.metadata, {
      ...(scaleDown?.tolerance !== undefined && { [scaleDownToleranceAnnotation]: scaleDown.tolerance }),
      ...(scaleUp?.tolerance !== undefined && { [scaleUpToleranceAnnotation]: scaleUp.tolerance }),
    }),
    ...(spec?.behavior !== undefined && { spec: { ...spec, behavior: { ...spec.behavior, ...(scaleDown !== undefined && { scaleDown: without(scaleDown) }), ...(scaleUp !== undefined && { scaleUp: without(scaleUp) }) } } }),
  } as KubeObject;
}

export const v2beta1Rules: VersionRules = { toStored: fromV2beta1, fromStored: toV2beta1 };
export const v2beta2Rules: VersionRules = { toStored: fromV2beta2, fromStored: toV2beta2 };
