import { labelSelectorAsSelector, selectorFromLabels } from '../../api/meta/labels.ts';
import { isConditionTrue } from '../../api/meta/conditions.ts';
import { namespaceOf } from '../../api/meta/object.ts';
import { endpointslices, poddisruptionbudgets, pods, services } from '../../api/resources.ts';
import type { Finding } from '../explanation.ts';
import { rule } from '../rule.ts';
import { conditionEvidence, counted, eventEvidence, fieldEvidence, inNamespace, nameObject } from '../wording.ts';
import { findCondition } from '../../api/meta/conditions.ts';

/** A service that leads nowhere. */
export const noEndpoints = rule('no-endpoints', services, async (service, { view, findingsOf }): Promise<Finding[]> => {
  const { metadata, spec } = service;
  const found: Finding[] = [];
  if (spec?.type === 'LoadBalancer' && (service.status?.loadBalancer?.ingress ?? []).length === 0) {
    const failures = await view.eventsOf(service, 'SyncLoadBalancerFailed');
    found.push({
      cause: 'load-balancer', fact: `Service ${metadata.name} has no external address yet: no load balancer has been given to it.`, evidence: eventEvidence(failures),
      remedy: [failures.length > 0 ? 'The event says what stands in its way; it is tried again. Addresses come from the pool of --load-balancer-pool.' : 'See that a cloud controller or another load balancer provider runs; a NodePort works without one.'],
    });
  }
  if (spec?.type === 'ExternalName') return found;
  const namespace = namespaceOf(service);
  const slices = (await view.list(endpointslices, namespace)).filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name);
  const ready = slices.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
  if (ready.length > 0) return found;
  const selector = spec?.selector ?? {};
  const selectorText = Object.entries(selector).map(([key, value]) => `${key}=${value}`).join(',');
  if (selectorText === '') return [...found, { cause: 'no-endpoints', fact: `Service ${metadata.name} has no selector, and nobody has written an EndpointSlice for it.`, remedy: ['Give it a selector, or write an EndpointSlice with the label kubernetes.io/service-name.'] }];
  const matching = (await view.list(pods, namespace)).filter((pod) => selectorFromLabels(selector).matches(pod.metadata.labels));
  if (matching.length === 0) return [...found, { cause: 'no-endpoints', fact: `Service ${metadata.name} leads nowhere: no pod has the labels ${selectorText}.`, evidence: [fieldEvidence('spec.selector', selectorText)], remedy: [`Compare them with those of the pods: kubectl get pods${inNamespace(namespace)} --show-labels`] }];
  const because: Finding[] = [];
  for (const pod of matching.slice(0, 5)) for (const finding of await findingsOf(pods, pod)) because.push({ about: nameObject('Pod', pod), ...finding });
  return [...found, { cause: 'no-endpoints', fact: `Service ${metadata.name} leads nowhere: ${matching.length === 1 ? 'the pod that it selects is' : `${counted(matching.length, 'pod')} that it selects are`} not ready.`, evidence: [fieldEvidence('spec.selector', selectorText)], because }];
});

/** A budget that lets no pod go. */
export const budget = rule('budget', poddisruptionbudgets, async (object, { view, findingsOf }): Promise<Finding[]> => {
  const { status, spec, metadata } = object;
  if ((status?.disruptionsAllowed ?? 0) > 0 || (status?.expectedPods ?? 0) === 0) return [];
  const unready = (await view.list(pods, namespaceOf(object))).filter((pod) => labelSelectorAsSelector(spec?.selector).matches(pod.metadata.labels) && !isConditionTrue(pod.status?.conditions, 'Ready'));
  const because: Finding[] = [];
  for (const pod of unready.slice(0, 3)) for (const finding of await findingsOf(pods, pod)) because.push({ about: nameObject('Pod', pod), ...finding });
  const tooStrict = (status?.desiredHealthy ?? 0) >= (status?.expectedPods ?? 0);
  return [{
    cause: 'budget', fact: `Budget ${metadata.name} lets no pod go: ${status?.currentHealthy ?? 0} of ${status?.expectedPods ?? 0} pods are healthy, ${status?.desiredHealthy ?? 0} have to be.`,
    evidence: conditionEvidence(findCondition(status?.conditions, 'DisruptionAllowed')), because,
    remedy: tooStrict ? ['It asks for as many healthy pods as there are, so nothing can ever be drained: give the workload one replica more, or ask for one pod less.'] : ['Wait until more pods are healthy.'],
  }];
});
