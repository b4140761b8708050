import { findCondition } from '../../api/meta/conditions.ts';
import { horizontalpodautoscalers } from '../../api/resources.ts';
import type { Finding } from '../explanation.ts';
import { rule } from '../rule.ts';
import { conditionEvidence } from '../wording.ts';

const advice: Readonly<Record<string, string>> = {
  FailedGetResourceMetric: 'See that the metrics API answers (kubectl top pods), and that every container of the target states a request for the resource.',
  FailedGetPodsMetric: 'See that an adapter serves custom.metrics.k8s.io.',
  FailedGetObjectMetric: 'See that an adapter serves custom.metrics.k8s.io.',
  FailedGetExternalMetric: 'See that an adapter serves external.metrics.k8s.io.',
  FailedGetScale: 'See that spec.scaleTargetRef names something that is there and has a scale.',
  ScalingDisabled: 'The target is at 0 replicas: scale it up once, and the autoscaler takes over.',
  AmbiguousSelector: 'More than one autoscaler scales the same pods: leave one.',
};

/** An autoscaler that cannot do its work. */
export const autoscaler = rule('autoscaler', horizontalpodautoscalers, ({ metadata, status, spec }): Finding[] => {
  const found: Finding[] = [];
  for (const [type, text] of [['AbleToScale', 'cannot scale'], ['ScalingActive', 'has no metrics to go by']] as const) {
    const condition = findCondition(status?.conditions, type);
    if (condition?.status !== 'False') continue;
    const remedy = advice[condition.reason ?? ''];
    found.push({ cause: 'autoscaler', fact: `HorizontalPodAutoscaler ${metadata.name} ${condition.reason === 'ScalingDisabled' ? 'is off' : text}: ${condition.message ?? condition.reason ?? ''}.`.replace(/\.\.$/, '.'), evidence: conditionEvidence(condition), ...(remedy !== undefined && { remedy: [remedy] }) });
  }
  const limited = findCondition(status?.conditions, 'ScalingLimited');
  if (limited?.status === 'True' && limited.reason === 'TooManyReplicas') found.push({ cause: 'autoscaler-limited', fact: `HorizontalPodAutoscaler ${metadata.name} wants more than its maximum of ${spec?.maxReplicas ?? 0} replicas.`, evidence: conditionEvidence(limited), remedy: ['Raise spec.maxReplicas, if the cluster has room.'] });
  return found;
});
