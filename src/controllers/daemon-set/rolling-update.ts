import { scaledValue } from '../../api/meta/int-or-string.ts';
import { nameOf } from '../../api/meta/object.ts';
import type { DaemonSet } from '../../api/types/apps/v1.ts';
import type { Node, Pod } from '../../api/types/core/v1.ts';
import type { Plan, PodsByNode } from './nodes-plan.ts';
import { isAvailable, isLeaving, surgeCount } from './nodes-plan.ts';
import { isUpToDate, placementOn } from './placement.ts';

export interface RolloutInput {
  readonly set: DaemonSet;
  readonly nodes: readonly Node[];
  readonly podsByNode: PodsByNode;
  readonly hash: string;
  readonly nowMs: number;
}

/** The pods of one node, when there is at most one of each revision; undefined when there are more, and some have to go first. */
interface Pair { readonly newPod: Pod | undefined; readonly oldPod: Pod | undefined }

function pairOn({ set, hash }: RolloutInput, pods: readonly Pod[]): Pair | undefined {
  const present = pods.filter((pod) => !isLeaving(pod));
  const updated = present.filter((pod) => isUpToDate(pod, set, hash));
  const old = present.filter((pod) => !isUpToDate(pod, set, hash));
  return updated.length > 1 || old.length > 1 ? undefined : { newPod: updated[0], oldPod: old[0] };
}

/** What a rolling update may do now: replace old pods, or add new ones beside them, within the bounds of the strategy. */
export function planRollout(input: RolloutInput): Plan {
  const { set, nodes } = input;
  const wanted = nodes.filter((node) => placementOn(node, set).shouldRun);
  const pairs = new Map([...input.podsByNode].map(([name, pods]) => [name, pairOn(input, pods)]));
  for (const node of wanted) if (!pairs.has(nameOf(node))) pairs.set(nameOf(node), { newPod: undefined, oldPod: undefined });
  const maxSurge = surgeCount(set, wanted.length);
  if (maxSurge > 0) return surge(input, pairs, { maxSurge, desired: wanted.length });
  const rolling = set.spec?.updateStrategy?.rollingUpdate;
  const allowed = rolling === undefined ? 0 : scaledValue(rolling.maxUnavailable ?? 1, wanted.length, 'up');
  // Validation forbids that both are 0.
  return { create: [], remove: replaceable(input, pairs, wanted.length > 0 ? Math.max(1, allowed) : allowed) };
}

/** Old pods to delete, so that no more nodes than allowed are without an available pod. Those that are not available go first. */
function replaceable({ set, nowMs }: RolloutInput, pairs: ReadonlyMap<string, Pair | undefined>, maxUnavailable: number): Pod[] {
  let unavailable = 0;
  const broken: Pod[] = [];
  const candidates: Pod[] = [];
  for (const pair of pairs.values()) {
    const { newPod, oldPod } = pair ?? {};
    if ((newPod === undefined) === (oldPod === undefined)) unavailable++;
    else if (newPod !== undefined) {
      if (!isAvailable(newPod, set, nowMs)) unavailable++;
    } else if (oldPod !== undefined) {
      if (!isAvailable(oldPod, set, nowMs)) {
        broken.push(oldPod);
        unavailable++;
      } else if (unavailable < maxUnavailable) candidates.push(oldPod);
    }
  }
  return [...broken, ...candidates.slice(0, Math.max(0, maxUnavailable - unavailable))];
}

function surge({ set, nodes, nowMs }: RolloutInput, pairs: ReadonlyMap<string, Pair | undefined>, { maxSurge, desired }: { readonly maxSurge: number; readonly desired: number }): Plan {
  const nodeOf = new Map(nodes.map((node) => [nameOf(node), node]));
  const shouldRunOn = (name: string): boolean => {
    const node = nodeOf.get(name);
    return node !== undefined && placementOn(node, set).shouldRun;
  };
  const available = (pod: Pod | undefined): boolean => pod !== undefined && isAvailable(pod, set, nowMs);
  let [surging, availableNodes] = [0, 0];
  const plan: Plan = { create: [], remove: [] };
  const candidates: string[] = [];
  const sunset: Pod[] = [];
  for (const [name, pair] of pairs) {
    if (pair === undefined) {
      surging++;
      continue;
    }
    const { newPod, oldPod } = pair;
    if (available(oldPod ?? newPod)) availableNodes++;
    if (oldPod === undefined) continue;
    if (newPod !== undefined) {
      if (available(newPod)) plan.remove.push(oldPod);
      else surging++;
    } else if (!shouldRunOn(name)) (available(oldPod) ? sunset : plan.remove).push(oldPod);
    else if (!available(oldPod)) plan.create.push(name);
    else if (surging < maxSurge) candidates.push(name);
  }
  // A pod on a node that should have none any more stays until enough others are available.
  plan.remove.push(...sunset.slice(0, Math.max(0, availableNodes - desired)));
  plan.create.push(...candidates.slice(0, Math.max(0, maxSurge - surging)));
  return plan;
}
