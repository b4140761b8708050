/**
 * Metrics of a HorizontalPodAutoscaler as versions before autoscaling/v2beta2 write them: the target and the metric's
 * name lie flat beside each other. autoscaling/v1 keeps them in annotations in the same form.
 */
import type { Loose } from '../../meta/loose.ts';
import type { CrossVersionObjectReference, MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../types/autoscaling/v2.ts';
import type { LabelSelector } from '../../types/meta/v1.ts';

interface OldResourceSource { name: string; targetAverageUtilization?: number; targetAverageValue?: string; container?: string }
interface OldResourceStatus { name: string; currentAverageUtilization?: number; currentAverageValue?: string; container?: string }

/** A MetricSpec of autoscaling/v2beta1. */
export interface OldMetricSpec {
  type: string;
  object?: { target?: CrossVersionObjectReference; metricName: string; targetValue?: string; selector?: LabelSelector; averageValue?: string };
  pods?: { metricName: string; targetAverageValue?: string; selector?: LabelSelector };
  resource?: OldResourceSource;
  containerResource?: OldResourceSource;
  external?: { metricName: string; metricSelector?: LabelSelector; targetValue?: string; targetAverageValue?: string };
}

/** A MetricStatus of autoscaling/v2beta1. */
export interface OldMetricStatus {
  type: string;
  object?: { target?: CrossVersionObjectReference; metricName: string; currentValue?: string; selector?: LabelSelector; averageValue?: string };
  pods?: { metricName: string; currentAverageValue?: string; selector?: LabelSelector };
  resource?: OldResourceStatus;
  containerResource?: OldResourceStatus;
  external?: { metricName: string; metricSelector?: LabelSelector; currentValue?: string; currentAverageValue?: string };
}

type Optional<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** The fields that are there. */
function defined<T extends object>(fields: T): Optional<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Optional<T>;
}

const identifier = (name: string | undefined, selector: Loose<LabelSelector> | undefined): { name: string; selector?: LabelSelector } => ({ name: name ?? '', ...(selector !== undefined && { selector: selector as LabelSelector }) });

/** Kind, name and version, in this order. */
const reference = (to: Loose<CrossVersionObjectReference> | undefined): CrossVersionObjectReference => ({ kind: to?.kind ?? '', name: to?.name ?? '', ...(to?.apiVersion !== undefined && { apiVersion: to.apiVersion }) });

const utilizationTarget = ({ targetAverageUtilization, targetAverageValue }: Loose<OldResourceSource>): MetricTarget => ({
  type: targetAverageUtilization === undefined ? 'AverageValue' : 'Utilization',
  ...defined({ averageValue: targetAverageValue, averageUtilization: targetAverageUtilization }),
});

/** As autoscaling/v2. What an old version requires and was not sent counts as zero. */
export function metricSpecFromOld({ type = '', object, pods, resource, containerResource, external }: Loose<OldMetricSpec>): MetricSpec {
  return {
    type,
    ...(object !== undefined && {
      object: {
        describedObject: reference(object.target),
        metric: identifier(object.metricName, object.selector),
        target: { type: object.averageValue === undefined ? 'Value' : 'AverageValue', ...defined({ value: object.targetValue ?? '0', averageValue: object.averageValue }) },
      },
    }),
    ...(pods !== undefined && { pods: { metric: identifier(pods.metricName, pods.selector), target: { type: 'AverageValue', averageValue: pods.targetAverageValue ?? '0' } } }),
    ...(resource !== undefined && { resource: { name: resource.name ?? '', target: utilizationTarget(resource) } }),
    ...(containerResource !== undefined && { containerResource: { container: containerResource.container ?? '', name: containerResource.name ?? '', target: utilizationTarget(containerResource) } }),
    ...(external !== undefined && {
      external: {
        metric: identifier(external.metricName, external.metricSelector),
        target: { type: external.targetValue === undefined ? 'AverageValue' : 'Value', ...defined({ value: external.targetValue, averageValue: external.targetAverageValue }) },
      },
    }),
  };
}

const oldResourceSource = (name: string | undefined, target: Loose<MetricTarget> | undefined): OldResourceSource => ({ name: name ?? '', ...defined({ targetAverageUtilization: target?.averageUtilization, targetAverageValue: target?.averageValue }) });

/** The way back; fields in upstream's order, because annotations show it. */
export function metricSpecToOld({ type = '', object, pods, resource, containerResource, external }: Loose<MetricSpec>): OldMetricSpec {
  return {
    type,
    ...(object !== undefined && {
      object: {
        target: reference(object.describedObject), metricName: object.metric?.name ?? '', targetValue: object.target?.value ?? '0',
        ...defined({ selector: object.metric?.selector as LabelSelector | undefined, averageValue: object.target?.averageValue }),
      },
    }),
    ...(pods !== undefined && { pods: { metricName: pods.metric?.name ?? '', targetAverageValue: pods.target?.averageValue ?? '0', ...defined({ selector: pods.metric?.selector as LabelSelector | undefined }) } }),
    ...(resource !== undefined && { resource: oldResourceSource(resource.name, resource.target) }),
    ...(containerResource !== undefined && { containerResource: { ...oldResourceSource(containerResource.name, containerResource.target), container: containerResource.container ?? '' } }),
    ...(external !== undefined && {
      external: {
        metricName: external.metric?.name ?? '',
        ...defined({ metricSelector: external.metric?.selector as LabelSelector | undefined, targetValue: external.target?.value, targetAverageValue: external.target?.averageValue }),
      },
    }),
  };
}

const utilizationStatus = ({ currentAverageUtilization, currentAverageValue }: Loose<OldResourceStatus>): MetricValueStatus => defined({ averageUtilization: currentAverageUtilization, averageValue: currentAverageValue ?? '0' });

/** As autoscaling/v2. */
export function metricStatusFromOld({ type = '', object, pods, resource, containerResource, external }: Loose<OldMetricStatus>): MetricStatus {
  return {
    type,
    ...(object !== undefined && {
      object: { describedObject: reference(object.target), metric: identifier(object.metricName, object.selector), current: defined({ averageValue: object.averageValue, value: object.currentValue ?? '0' }) },
    }),
    ...(pods !== undefined && { pods: { metric: identifier(pods.metricName, pods.selector), current: { averageValue: pods.currentAverageValue ?? '0' } } }),
    ...(resource !== undefined && { resource: { name: resource.name ?? '', current: utilizationStatus(resource) } }),
    ...(containerResource !== undefined && { containerResource: { container: containerResource.container ?? '', name: containerResource.name ?? '', current: utilizationStatus(containerResource) } }),
    ...(external !== undefined && {
      external: { metric: identifier(external.metricName, external.metricSelector), current: defined({ averageValue: external.currentAverageValue, value: external.currentValue ?? '0' }) },
    }),
  };
}

const oldResourceStatus = (name: string | undefined, current: Loose<MetricValueStatus> | undefined): OldResourceStatus => ({
  name: name ?? '', ...defined({ currentAverageUtilization: current?.averageUtilization }), currentAverageValue: current?.averageValue ?? '0',
});

/** The way back, in upstream's order. */
export function metricStatusToOld({ type = '', object, pods, resource, containerResource, external }: Loose<MetricStatus>): OldMetricStatus {
  return {
    type,
    ...(object !== undefined && {
      object: {
        target: reference(object.describedObject), metricName: object.metric?.name ?? '', currentValue: object.current?.value ?? '0',
        ...defined({ selector: object.metric?.selector as LabelSelector | undefined, averageValue: object.current?.averageValue }),
      },
    }),
    ...(pods !== undefined && { pods: { metricName: pods.metric?.name ?? '', currentAverageValue: pods.current?.averageValue ?? '0', ...defined({ selector: pods.metric?.selector as LabelSelector | undefined }) } }),
    ...(resource !== undefined && { resource: oldResourceStatus(resource.name, resource.current) }),
    ...(containerResource !== undefined && { containerResource: { ...oldResourceStatus(containerResource.name, containerResource.current), container: containerResource.container ?? '' } }),
    ...(external !== undefined && {
      external: {
        metricName: external.metric?.name ?? '', ...defined({ metricSelector: external.metric?.selector as LabelSelector | undefined }),
        currentValue: external.current?.value ?? '0', ...defined({ currentAverageValue: external.current?.averageValue }),
      },
    }),
  };
}
