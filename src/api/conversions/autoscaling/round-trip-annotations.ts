/**
 * What an old version of HorizontalPodAutoscaler has no field for travels in annotations, which are not stored.
 */
import type { Loose } from '../../meta/loose.ts';
import type { HorizontalPodAutoscalerBehavior, HPAScalingPolicy, HPAScalingRules } from '../../types/autoscaling/v2.ts';
import type { ObjectMeta } from '../../types/meta/v1.ts';

export const metricsAnnotation = 'autoscaling.alpha.kubernetes.io/metrics';
export const currentMetricsAnnotation = 'autoscaling.alpha.kubernetes.io/current-metrics';
export const conditionsAnnotation = 'autoscaling.alpha.kubernetes.io/conditions';
export const behaviorAnnotation = 'autoscaling.alpha.kubernetes.io/behavior';
export const scaleDownToleranceAnnotation = 'autoscaling.alpha.kubernetes.io/scale-down-tolerance';
export const scaleUpToleranceAnnotation = 'autoscaling.alpha.kubernetes.io/scale-up-tolerance';
const all = [metricsAnnotation, currentMetricsAnnotation, conditionsAnnotation, behaviorAnnotation, scaleDownToleranceAnnotation, scaleUpToleranceAnnotation];

/** The metadata without round-trip annotations, and with those given instead. */
export function withAnnotations(metadata: ObjectMeta, added: Readonly<Record<string, string>> = {}): ObjectMeta {
  const annotations = { ...metadata.annotations };
  for (const key of all) delete annotations[key];
  Object.assign(annotations, added);
  const { annotations: _, ...rest } = metadata;
  return Object.keys(annotations).length > 0 ? { ...rest, annotations } : rest;
}

/** What an annotation says in JSON; undefined when it is not there, or cannot be read: then it is passed over, as upstream does. */
export function parsedAnnotation<T>({ annotations }: ObjectMeta, key: string): T | undefined {
  const text = annotations?.[key];
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}

interface InternalPolicy { Type?: string; Value?: number; PeriodSeconds?: number }
interface InternalRules { StabilizationWindowSeconds: number | null; SelectPolicy: string | null; Policies: InternalPolicy[] | null; Tolerance: string | null }
interface InternalBehavior { ScaleUp: InternalRules | null; ScaleDown: InternalRules | null }

/** Upstream writes its internal type into the annotation: Go's names, and null for what is not there. */
export function encodeBehavior({ scaleUp, scaleDown }: Loose<HorizontalPodAutoscalerBehavior>): string {
  const rules = (from: Loose<HPAScalingRules> | undefined): InternalRules | null => from === undefined ? null : {
    StabilizationWindowSeconds: from.stabilizationWindowSeconds ?? null,
    SelectPolicy: from.selectPolicy ?? null,
    Policies: from.policies?.map(({ type = '', value = 0, periodSeconds = 0 }) => ({ Type: type, Value: value, PeriodSeconds: periodSeconds })) ?? null,
    Tolerance: from.tolerance ?? null,
  };
  const behavior: InternalBehavior = { ScaleUp: rules(scaleUp), ScaleDown: rules(scaleDown) };
  return JSON.stringify(behavior);
}

/** Go reads names in whatever case they are written. */
function field(object: unknown, name: string): unknown {
  if (typeof object !== 'object' || object === null) return undefined;
  const found = Object.entries(object).find(([key]) => key.toLowerCase() === name.toLowerCase());
  return found?.[1] ?? undefined;
}

/** The way back. Undefined when nothing is said. */
export function decodeBehavior(value: unknown): HorizontalPodAutoscalerBehavior | undefined {
  const pick = <T extends object>(from: unknown, names: readonly (keyof T & string)[]): T => Object.fromEntries(names.map((name) => [name, field(from, name)]).filter(([, one]) => one !== undefined)) as T;
  const rules = (from: unknown): HPAScalingRules | undefined => {
    if (from === undefined) return undefined;
    const found = pick<HPAScalingRules>(from, ['stabilizationWindowSeconds', 'selectPolicy', 'policies', 'tolerance']);
    return Array.isArray(found.policies) ? { ...found, policies: found.policies.map((policy) => pick<HPAScalingPolicy>(policy, ['type', 'value', 'periodSeconds'])) } : found;
  };
  const scaleUp = rules(field(value, 'scaleUp'));
  const scaleDown = rules(field(value, 'scaleDown'));
  if (scaleUp === undefined && scaleDown === undefined) return undefined;
  return { ...(scaleUp !== undefined && { scaleUp }), ...(scaleDown !== undefined && { scaleDown }) };
}
