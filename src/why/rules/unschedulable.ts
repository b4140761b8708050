import { findCondition } from '../../api/meta/conditions.ts';
import { namespaceOf } from '../../api/meta/object.ts';
import { persistentvolumeclaims, pods } from '../../api/resources.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { NodeVerdict, PodVerdict } from '../cluster-view.ts';
import type { Finding } from '../explanation.ts';
import type { Asking } from '../rule.ts';
import { rule } from '../rule.ts';
import { groupFinding } from './pod-groups.ts';
import { conditionEvidence, counted, nameObject } from '../wording.ts';

/** A pod that no node takes, with what each of them said. */
export const unschedulable = rule('unschedulable', pods, async (pod, asking): Promise<Finding[]> => {
  if ((pod.spec?.nodeName ?? '') !== '' || (pod.status?.phase ?? 'Pending') !== 'Pending') return [];
  const gates = pod.spec?.schedulingGates ?? [];
  const condition = findCondition(pod.status?.conditions, 'PodScheduled');
  if (gates.length > 0) {
    return [{
      cause: 'scheduling-gates', fact: `Pod ${pod.metadata.name} is not to be scheduled yet: ${counted(gates.length, 'scheduling gate')} hold${gates.length === 1 ? 's' : ''} it (${gates.map(({ name }) => name).join(', ')}).`,
      evidence: conditionEvidence(condition), remedy: ['Whoever put the gates there removes them from spec.schedulingGates when the pod may go.'],
    }];
  }
  const verdict = asking.view.parts.verdictOf(pod.metadata.uid ?? '');
  const claims = await claimFindings(pod, asking);
  const group = await groupFinding(pod, asking, (member, said) => explained(member, said, []));
  if (group !== undefined) return typeof verdict === 'object' ? [explained(pod, verdict, claims), group] : [{ ...group, because: [...(group.because ?? []), ...claims] }];
  if (condition === undefined && verdict === undefined) {
    const scheduler = pod.spec?.schedulerName ?? 'default-scheduler';
    return [{ cause: 'unscheduled', fact: `Pod ${pod.metadata.name} has not been looked at by a scheduler yet.`, remedy: [`See that ${scheduler} runs: it is the one that spec.schedulerName names.`], because: claims }];
  }
  if (typeof verdict === 'object') return [explained(pod, verdict, claims)];
  if (verdict === 'elsewhere') asking.view.notes.add('What each node said is known to the scheduler alone, which runs in another process: its summary is shown.');
  return condition?.status === 'True' ? [] : [{ cause: 'unschedulable', fact: `Pod ${pod.metadata.name} is pending: no node takes it.`, evidence: conditionEvidence(condition), because: claims }];
});

function explained(pod: Pod, verdict: PodVerdict, claims: readonly Finding[]): Finding {
  const condition = conditionEvidence(findCondition(pod.status?.conditions, 'PodScheduled'));
  if (verdict.refusedAtOnce !== '') return { cause: 'unschedulable', fact: `Pod ${pod.metadata.name} is pending: no node was looked at, because ${verdict.refusedAtOnce}.`, evidence: condition, because: claims };
  const { nodes, nodeCount } = verdict;
  if (nodeCount === 0) return { cause: 'unschedulable', fact: `Pod ${pod.metadata.name} is pending: there are no nodes.`, evidence: condition, remedy: ['Add a node, or see why those that there were are gone: kubectl get nodes'], because: claims };
  const because = [...nodes.map(nodeFinding), ...claims];
  if (nodeCount > nodes.length) because.push({ cause: 'more-nodes', fact: `${counted(nodeCount - nodes.length, 'more node')} refused it as well.` });
  return {
    cause: 'unschedulable', fact: `Pod ${pod.metadata.name} is pending: ${nodeCount === 1 ? 'the only node does not take it' : `none of ${nodeCount} nodes takes it`}.`,
    evidence: condition.length > 0 || verdict.preemption === '' ? condition : [{ source: 'scheduler', text: verdict.preemption }], because,
  };
}

function nodeFinding({ node, plugin, reasons, remedy }: NodeVerdict): Finding {
  const said = reasons.map((reason) => reason.replace(/^node\(s\) /, '')).join(', ');
  return { cause: plugin === '' ? 'node' : plugin, fact: `Node ${node}: ${said}${plugin === '' ? '' : ` (${plugin})`}.`, about: { kind: 'Node', namespace: '', name: node }, remedy };
}

/** What keeps the pod's claims from having volumes. */
async function claimFindings(pod: Pod, { view, findingsOf }: Asking): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const volume of pod.spec?.volumes ?? []) {
    const name = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral === undefined ? undefined : `${pod.metadata.name}-${volume.name}`);
    if (name === undefined) continue;
    const namespace = namespaceOf(pod);
    const claim = await view.get(persistentvolumeclaims, { namespace, name });
    if (claim === undefined) found.push({ cause: 'missing-claim', fact: `Volume ${volume.name} uses the claim ${name}, which is not there.`, about: { kind: 'PersistentVolumeClaim', namespace, name }, remedy: [`Create the PersistentVolumeClaim ${name} in ${namespace}.`] });
    else for (const finding of await findingsOf(persistentvolumeclaims, claim)) found.push({ ...finding, about: nameObject('PersistentVolumeClaim', claim) });
  }
  return found;
}
