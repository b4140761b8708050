import type { HorizontalPodAutoscaler, HPAScalingRules, MetricSpec, MetricStatus } from '../../../../api/types/autoscaling/v2.ts';
import { describer } from '../describer.ts';
import type { Page } from '../page.ts';
import { longTime, orUnset } from '../page.ts';

interface Current { readonly averageValue?: string; readonly averageUtilization?: number; readonly value?: string }
interface Target extends Current { readonly type: string }

const unknown = '<unknown>';

/** `50% (10m) / 80%` or `10m / 20m`, behind what `subject` says. */
function ofResource(subject: string, target: Target, current: Current | undefined): string {
  if (target.averageValue !== undefined) return `${subject}:\t${current === undefined ? unknown : current.averageValue ?? '<nil>'} / ${target.averageValue}`;
  const now = current?.averageUtilization === undefined ? unknown : `${current.averageUtilization}% (${current.averageValue ?? '<nil>'})`;
  return `${subject}  (as a percentage of request):\t${now} / ${target.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`}`;
}

function metricText(metric: MetricSpec, status: MetricStatus | undefined): string {
  switch (metric.type) {
    case 'External': {
      const { metric: { name }, target } = metric.external!;
      const current = status?.external?.current;
      if (target.averageValue !== undefined) return `${JSON.stringify(name)} (target average value):\t${current?.averageValue ?? unknown} / ${target.averageValue}`;
      return `${JSON.stringify(name)} (target value):\t${current === undefined ? unknown : current.value ?? '<nil>'} / ${target.value ?? '<nil>'}`;
    }
    case 'Pods': {
      const { metric: { name }, target } = metric.pods!;
      return `${JSON.stringify(name)} on pods:\t${status?.pods === undefined ? unknown : status.pods.current.averageValue ?? '<nil>'} / ${target.averageValue ?? '<nil>'}`;
    }
    case 'Object': {
      const { metric: { name }, describedObject, target } = metric.object!;
      const current = status?.object?.current;
      const [what, key] = target.type === 'AverageValue' ? ['average value', 'averageValue'] as const : ['value', 'value'] as const;
      return `"${name}" on ${describedObject.kind}/${describedObject.name} (target ${what}):\t${current === undefined ? unknown : current[key] ?? '<nil>'} / ${target[key] ?? '<nil>'}`;
    }
    case 'Resource': return ofResource(`resource ${metric.resource!.name} on pods`, metric.resource!.target, status?.resource?.current);
    case 'ContainerResource': return ofResource(`resource ${metric.containerResource!.name} of container "${metric.containerResource!.container}" on pods`, metric.containerResource!.target, status?.containerResource?.current);
    default: return `<unknown metric type ${JSON.stringify(metric.type)}>`;
  }
}

function writeBehavior(page: Page, direction: string, rules: HPAScalingRules | undefined): void {
  if (rules === undefined) return;
  page.line(1, `${direction}:`);
  if (rules.stabilizationWindowSeconds !== undefined) page.line(2, `Stabilization Window: ${rules.stabilizationWindowSeconds} seconds`);
  if ((rules.policies ?? []).length === 0) return;
  page.line(2, `Select Policy: ${rules.selectPolicy ?? 'Max'}`);
  page.line(2, 'Policies:');
  for (const { type, value, periodSeconds } of rules.policies!) page.line(3, `- Type: ${type}\tValue: ${value}\tPeriod: ${periodSeconds} seconds`);
}

export default describer<HorizontalPodAutoscaler>('autoscaling/v2', async ({ metadata, spec, status }, { page, events }) => {
  const target = spec?.scaleTargetRef;
  page.field('Name', metadata.name);
  page.field('Namespace', metadata.namespace);
  page.labels('Labels', metadata.labels);
  page.annotations('Annotations', metadata.annotations);
  page.field('CreationTimestamp', longTime(metadata.creationTimestamp));
  page.field('Reference', `${target?.kind ?? ''}/${target?.name ?? ''}`);
  page.field('Metrics', '( current / target )');
  (spec?.metrics ?? []).forEach((metric, i) => page.line(1, metricText(metric, status?.currentMetrics?.[i])));
  page.field('Min replicas', orUnset(spec?.minReplicas));
  page.field('Max replicas', spec?.maxReplicas ?? 0);
  if (spec?.behavior !== undefined) {
    page.line(0, 'Behavior:');
    writeBehavior(page, 'Scale Up', spec.behavior.scaleUp);
    writeBehavior(page, 'Scale Down', spec.behavior.scaleDown);
  }
  page.field(`${target?.kind ?? ''} pods`, `${status?.currentReplicas ?? 0} current / ${status?.desiredReplicas ?? 0} desired`);
  const conditions = status?.conditions ?? [];
  if (conditions.length > 0) page.table('Conditions', ['Type', 'Status', 'Reason', 'Message'], conditions.map((one) => [one.type, one.status, one.reason ?? '', one.message ?? '']));
  await events();
});
