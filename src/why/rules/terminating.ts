import { nodes } from '../../api/resources.ts';
import { isConditionTrue } from '../../api/meta/conditions.ts';
import { parseTime, humanDuration } from '../../api/meta/time.ts';
import type { Namespace, Pod } from '../../api/types/core/v1.ts';
import type { Finding } from '../explanation.ts';
import type { Rule } from '../rule.ts';
import { counted, fieldEvidence, inNamespace } from '../wording.ts';

/** Those that parts of the cluster put there and take away. */
const known: Readonly<Record<string, string>> = {
  'foregroundDeletion': 'the garbage collector takes it away when the objects that it owns are gone',
  'orphan': 'the garbage collector takes it away when its dependents are set free',
  'kubernetes.io/pvc-protection': 'it goes when no pod uses the claim any more',
  'kubernetes.io/pv-protection': 'it goes when the volume is not bound to a claim any more',
  'batch.kubernetes.io/job-tracking': 'the job controller takes it away when it has counted the pod',
  'customresourcecleanup.apiextensions.k8s.io': 'it goes when all objects of the kind are gone',
};

const deletionConditions: ReadonlySet<string> = new Set(['NamespaceDeletionDiscoveryFailure', 'NamespaceDeletionGroupVersionParsingFailure', 'NamespaceDeletionContentFailure', 'NamespaceContentRemaining', 'NamespaceFinalizersRemaining']);

/** An object that is to go and does not: finalizers, a node that does not answer, or what is still inside of it. */
export const terminating: Rule = {
  name: 'terminating',
  types: undefined,
  async find(object, { view }, type) {
    const { metadata } = object;
    if (metadata.deletionTimestamp === undefined) return [];
    const graceMs = (metadata.deletionGracePeriodSeconds ?? 0) * 1000;
    const askedMs = (parseTime(metadata.deletionTimestamp) ?? view.parts.nowMs()) - graceMs;
    const since = fieldEvidence('metadata.deletionTimestamp', `deletion was asked for ${humanDuration(Math.max(0, view.parts.nowMs() - askedMs))} ago`);
    const what = `${type.kind} ${metadata.name}`;
    const finalizers = metadata.finalizers ?? [];
    const found: Finding[] = [];
    if (finalizers.length > 0) {
      const others = finalizers.filter((name) => known[name] === undefined);
      found.push({
        cause: 'finalizer', fact: `${what} is being deleted, and waits for ${counted(finalizers.length, 'finalizer')}: ${finalizers.join(', ')}.`, evidence: [since],
        remedy: [
          ...finalizers.flatMap((name) => (known[name] === undefined ? [] : [`${name}: ${known[name]}.`])),
          ...(others.length === 0 ? [] : [`See that whoever put ${others.join(' and ')} there runs: it cleans up and takes it away.`, `If it is gone for good, and there is nothing to clean up: kubectl patch ${type.resource} ${metadata.name}${inNamespace(metadata.namespace ?? '')} --type merge -p '{"metadata":{"finalizers":null}}'`]),
        ],
      });
    }
    if (type.group === '' && type.resource === 'namespaces') found.push(...contents(object as Namespace, since));
    if (type.group === '' && type.resource === 'pods') {
      const nodeName = (object as Pod).spec?.nodeName ?? '';
      const node = nodeName === '' ? undefined : await view.get(nodes, { name: nodeName });
      const gone = node !== undefined && !isConditionTrue(node.status?.conditions, 'Ready');
      if (gone) found.push({ cause: 'terminating', fact: `Pod ${metadata.name} is being deleted, and its node ${nodeName} does not answer: nobody can say that its containers have ended.`, evidence: [since], about: { kind: 'Node', namespace: '', name: nodeName }, remedy: [`Bring the node back, or, when it is gone for good: kubectl delete node ${nodeName}`] });
      else if (finalizers.length === 0 && view.parts.nowMs() > askedMs + graceMs + 5000) found.push({ cause: 'terminating', fact: `Pod ${metadata.name} is being deleted, and has not ended in its ${graceMs / 1000} seconds.`, evidence: [since], remedy: [`See what the kubelet of ${nodeName} says: kubectl describe pod ${metadata.name}${inNamespace(metadata.namespace ?? '')}`] });
    }
    return found;
  },
};

function contents({ metadata, status, spec }: Namespace, since: ReturnType<typeof fieldEvidence>): Finding[] {
  const conditions = (status?.conditions ?? []).filter(({ type, status: holds }) => deletionConditions.has(type) && holds === 'True');
  if (conditions.length === 0 && (spec?.finalizers ?? []).length === 0) return [];
  return [{
    cause: 'namespace-content', fact: `Namespace ${metadata.name} is being deleted, and ${conditions.length === 0 ? 'what is in it is being deleted first' : 'not everything in it goes'}.`,
    evidence: [since, ...conditions.map(({ type, message = '' }) => ({ source: `condition ${type}`, text: message }))],
    remedy: conditions.some(({ type }) => type === 'NamespaceFinalizersRemaining') ? ['See why the objects that the condition names do not go: each waits for its finalizer.'] : conditions.some(({ type }) => type === 'NamespaceDeletionDiscoveryFailure') ? ['An API service does not answer: bring it back, or delete its APIService object: kubectl get apiservices'] : ['It takes a moment.'],
  }];
}
