import { parseTime } from '../meta/time.ts';
import { quantityOf } from '../meta/quantity.ts';
import type { Quantity } from '../meta/quantity.ts';
import { addResources } from '../meta/resource-list.ts';
import type { ResourceList } from '../meta/resource-list.ts';
import { hasPodLevelResources, podLimits, podRequests } from '../pod/pod-quantities.ts';
import { podQosClass } from '../pod/qos.ts';
import { isExtendedResource, isHugePageResource, isNativeResource } from '../pod/validation/resource-names.ts';
import type { Container, Pod, PodAffinityTerm } from '../types/core/v1.ts';
import type { QuotaEvaluator } from './evaluator.ts';
import { objectCountName, scopeValueMatches } from './evaluator.ts';

const one = quantityOf(1);
const countName = objectCountName('', 'pods');
const computeNames = ['cpu', 'memory', 'ephemeral-storage'];
const names = new Set([countName, 'pods', ...computeNames, ...computeNames.flatMap((name) => [`requests.${name}`, `limits.${name}`])]);
/** It was a mistake that quotas of these make every container say them; upstream makes it with no others. */
const mustBeSaid = new Set(['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']);

const deviceClassPrefix = 'deviceclass.resource.kubernetes.io/';

/** `requests.example.com/gpu`: extended resources are never promised twice, so that only requests are limited. */
export function isExtendedQuotaName(name: string): boolean {
  return name.startsWith('requests.') && (!isNativeResource(name) || name.startsWith(`requests.${deviceClassPrefix}`));
}

/** What amounts count as in a quota's names. */
function computeUsage(requests: ResourceList, limits: ResourceList): Record<string, Quantity> {
  const usage: Record<string, Quantity> = { pods: one };
  for (const name of computeNames) {
    const request = requests[name];
    if (request !== undefined) usage[name] = usage[`requests.${name}`] = request;
    const limit = limits[name];
    if (limit !== undefined) usage[`limits.${name}`] = limit;
  }
  for (const [name, request] of Object.entries(requests)) {
    if (isHugePageResource(name)) usage[name] = usage[`requests.${name}`] = request;
    if (isExtendedResource(name) || name.startsWith(deviceClassPrefix)) usage[`requests.${name}`] = request;
  }
  return usage;
}

/** Does a pod use what its node has? Not when it has ended, or its grace period is long over (its node may be lost). */
export function isChargedPod({ metadata, status }: Pod, nowMs: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false;
  if (metadata.deletionTimestamp === undefined || metadata.deletionGracePeriodSeconds === undefined) return true;
  return nowMs <= (parseTime(metadata.deletionTimestamp) ?? nowMs) + metadata.deletionGracePeriodSeconds * 1000;
}

/** What a pod counts as. */
export function podUsage(pod: Pod, nowMs: number): ResourceList {
  if (!isChargedPod(pod, nowMs)) return { [countName]: one };
  const options = { useStatus: true, overhead: true };
  return addResources({ [countName]: one }, computeUsage(podRequests(pod, options), podLimits(pod, options)));
}

export const isTerminatingPod = ({ spec }: Pod): boolean => (spec?.activeDeadlineSeconds ?? -1) >= 0;

const crosses = (term: PodAffinityTerm): boolean => (term.namespaces ?? []).length > 0 || term.namespaceSelector !== undefined;

function crossesNamespaces({ spec }: Pod): boolean {
  return [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity].some((affinity) =>
    affinity?.requiredDuringSchedulingIgnoredDuringExecution?.some(crosses) === true || affinity?.preferredDuringSchedulingIgnoredDuringExecution?.some(({ podAffinityTerm }) => crosses(podAffinityTerm)) === true);
}

function unsaid(container: Container, wanted: readonly string[]): string[] {
  const { requests = {}, limits = {} } = container.resources ?? {};
  return wanted.filter((name) => (name.startsWith('limits.') ? limits[name.slice('limits.'.length)] : requests[name.replace('requests.', '')]) === undefined);
}

export const podEvaluator: QuotaEvaluator = {
  group: '',
  resource: 'pods',
  handles({ operation, subresource, object, oldObject }) {
    if (subresource === 'resize') return operation === 'UPDATE';
    if (subresource !== '') return false;
    if (operation === 'UPDATE') return isTerminatingPod(object as Pod) !== isTerminatingPod(oldObject as Pod);
    return operation === 'CREATE';
  },
  counts: (name) => names.has(name) || isHugePageResource(name) || name.startsWith('requests.hugepages-') || isExtendedQuotaName(name),
  matchesScope(scope, object) {
    const pod = object as Pod;
    switch (scope.scopeName) {
      case 'Terminating': return isTerminatingPod(pod);
      case 'NotTerminating': return !isTerminatingPod(pod);
      case 'BestEffort': return (pod.status?.qosClass ?? podQosClass(pod.spec ?? {})) === 'BestEffort';
      case 'NotBestEffort': return (pod.status?.qosClass ?? podQosClass(pod.spec ?? {})) !== 'BestEffort';
      case 'PriorityClass': return scopeValueMatches(scope, (pod.spec?.priorityClassName ?? '') === '' ? [] : [pod.spec!.priorityClassName!]);
      case 'CrossNamespacePodAffinity': return crossesNamespaces(pod);
      default: return false;
    }
  },
  constraint(required, object) {
    const pod = object as Pod;
    // Who asks for the pod as a whole need not ask for every container.
    if (hasPodLevelResources(pod)) return undefined;
    const wanted = required.filter((name) => mustBeSaid.has(name));
    const missing = new Map<string, Set<string>>();
    for (const container of [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]) {
      for (const name of unsaid(container, wanted)) missing.set(name, (missing.get(name) ?? new Set()).add(container.name));
    }
    if (missing.size === 0) return undefined;
    return `must specify ${[...missing.keys()].sort().map((name) => `${name} for: ${[...missing.get(name)!].sort().join(',')}`).join('; ')}`;
  },
  usage: (object, { nowMs }) => podUsage(object as Pod, nowMs),
};
