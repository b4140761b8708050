import { nameOf, namespaceOf } from '../../../api/meta/object.ts';
import type { PodGroupStates } from '../../cache/pod-group-states.ts';
import { groupNameOf } from '../../cache/pod-group-states.ts';
import type { PodInfo } from '../../cache/pod-info.ts';
import type { Listers } from '../../framework/listers.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { refuseForGood } from '../../framework/verdict.ts';

/** A pod of a gang keeps its place for so long while others are missed. */
const permitTimeoutMs = 5 * 60 * 1000;
const name = 'GangScheduling';
const tooFew = refuseForGood('waiting for minCount pods from a gang to appear in scheduling queue');

export interface GangSchedulingContext {
  readonly listers: Pick<Listers, 'podGroups'>;
  readonly podGroups: PodGroupStates;
  /** Tries pods again at once, wherever they wait. */
  readonly activate: (uids: readonly string[]) => void;
  /** Lets a pod go on that waits because of the plug-in of this name. */
  readonly allow: (uid: string, plugin: string) => void;
}

const isSameGroup = (pod: PodInfo, other: PodInfo): boolean => pod.namespace === other.namespace && groupNameOf(pod.pod) !== undefined && groupNameOf(pod.pod) === groupNameOf(other.pod);

/** Pods of a group with the policy `gang` are bound when as many as it wants have a place, and none before (KEP-4671). */
export function gangScheduling({ listers, podGroups, activate, allow }: GangSchedulingContext): Plugin {
  // Looking at them starts them, before the scheduler waits for what it knows.
  const groups = listers.podGroups;
  return {
    name,
    gate({ pod, namespace }) {
      const group = groupNameOf(pod);
      if (group === undefined) return undefined;
      const policy = groups.get(namespace, group)?.spec.schedulingPolicy;
      if (policy === undefined) return refuseForGood(`waiting for pods's pod group ${JSON.stringify(group)} to appear in scheduling queue`);
      return policy.gang !== undefined && (podGroups.of(namespace, group)?.count ?? 0) < policy.gang.minCount ? tooFew : undefined;
    },
    permit({ pod, namespace }) {
      const group = groupNameOf(pod);
      if (group === undefined) return undefined;
      const policy = groups.get(namespace, group)?.spec.schedulingPolicy;
      if (policy === undefined) throw new Error(`failed to get podGroup ${namespace}/${group}: podgroup.scheduling.k8s.io ${JSON.stringify(group)} not found`);
      if (policy.gang === undefined) return undefined;
      const state = podGroups.of(namespace, group);
      if (state === undefined) throw new Error(`pod group state not found for pod group ${namespace}/${group}`);
      if (state.scheduledCount < policy.gang.minCount) {
        activate(state.uids('unscheduled'));
        return { reason: 'waiting for minCount pods from a gang to be scheduled', timeoutMs: permitTimeoutMs };
      }
      for (const uid of state.uids('assumed')) allow(uid, name);
      return undefined;
    },
    wakes: {
      AssignedPodAdd: (pod, { object }) => isSameGroup(pod, object),
      UnscheduledPodAdd: (pod, { object }) => isSameGroup(pod, object),
      PodGroupAdd: (pod, { object }) => pod.namespace === namespaceOf(object) && groupNameOf(pod.pod) === nameOf(object),
    },
  };
}
