import { findCondition } from '../../api/meta/conditions.ts';
import { namespaceOf } from '../../api/meta/object.ts';
import { podgroups, pods } from '../../api/resources.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import type { PodVerdict } from '../cluster-view.ts';
import type { Finding } from '../explanation.ts';
import type { Asking } from '../rule.ts';
import { conditionEvidence, counted, nameObject } from '../wording.ts';

/** Of the pods of a group that no node takes, those that are told of. */
const maxMembers = 3;
const groupOf = ({ spec }: Pod): string | undefined => spec?.schedulingGroup?.podGroupName;
const isOver = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

/**
 * What keeps a pod waiting for the group that it is scheduled with; undefined when nothing of that kind does. `explain` tells
 * of another pod of the group why no node takes it.
 */
export async function groupFinding(pod: Pod, { view }: Asking, explain: (member: Pod, verdict: PodVerdict) => Finding): Promise<Finding | undefined> {
  const name = groupOf(pod);
  // Where groups are not served, pods are scheduled each alone, whatever they name.
  if (name === undefined || view.parts.kindOf(`${podgroups.resource}.${podgroups.group}`) === undefined) return undefined;
  const namespace = namespaceOf(pod);
  const group = await view.get(podgroups, { namespace, name });
  const waits = `Pod ${pod.metadata.name} is scheduled with the pod group ${name}`;
  if (group === undefined) return { cause: 'missing-pod-group', fact: `${waits}, which is not there.`, about: { kind: podgroups.kind, namespace, name }, remedy: [`Create the PodGroup ${name} in ${namespace}: the pod waits for it.`] };
  const { gang } = group.spec.schedulingPolicy;
  if (gang === undefined) return undefined;
  const about = nameObject(podgroups.kind, group);
  const evidence = conditionEvidence(findCondition(group.status?.conditions, 'PodGroupScheduled'));
  const members = (await view.list(pods, namespace)).filter((one) => groupOf(one) === name && !isOver(one));
  const { minCount } = gang;
  if (members.length < minCount) {
    const missing = minCount - members.length;
    return { cause: 'gang-incomplete', fact: `${waits}, which wants at least ${counted(minCount, 'pod')} before any is scheduled: there ${members.length === 1 ? 'is' : 'are'} ${members.length}.`, about, evidence, remedy: [`Create ${counted(missing, 'more pod')} with spec.schedulingGroup.podGroupName: ${name}, or use a PodGroup with a smaller minCount: it cannot be changed.`] };
  }
  const stuck = members.flatMap((member) => {
    const verdict = member.metadata.uid === pod.metadata.uid ? undefined : view.parts.verdictOf(member.metadata.uid ?? '');
    return typeof verdict === 'object' ? [{ ...explain(member, verdict), about: nameObject(pods.kind, member) }] : [];
  });
  return {
    cause: 'gang', fact: `${waits}: at least ${counted(minCount, 'pod')} of it must find a place at the same time, and of ${members.length} ${members.length === 1 ? 'it does not' : 'not so many do'}. None of them holds room meanwhile.`, about, evidence,
    because: stuck.slice(0, maxMembers), remedy: stuck.length === 0 ? [] : ['Make room for the pods of the group that no node takes: the others follow.'],
  };
}
