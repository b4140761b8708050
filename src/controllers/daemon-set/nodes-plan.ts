import { nameOf } from '../../api/meta/object.ts';
import { scaledValue } from '../../api/meta/int-or-string.ts';
import type { DaemonSet } from '../../api/types/apps/v1.ts';
import type { Node, Pod } from '../../api/types/core/v1.ts';
import { availableInMs, isReady } from '../common/pods.ts';
import { oldestFirst, placementOn, revisionLabel, targetNodeOf } from './placement.ts';

/** Pods by the node that they are on or wait for. */
export type PodsByNode = Map<string, Pod[]>;

/** What is to be done: nodes that get a pod, and pods that go. */
export interface Plan { readonly create: string[]; readonly remove: Pod[] }

/** What has to be said of pods that have ended, and whether a failed one may be deleted already. */
export interface EndedPods {
  readonly mayDeleteFailed: (pod: Pod, nodeName: string) => boolean;
  readonly succeeded: (pod: Pod, nodeName: string) => void;
}

export function groupByNode(pods: readonly Pod[]): PodsByNode {
  const groups: PodsByNode = new Map();
  for (const pod of pods) {
    const name = targetNodeOf(pod);
    if (name === undefined) continue;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [pod]);
    else group.push(pod);
  }
  return groups;
}

export const isAvailable = (pod: Pod, set: DaemonSet, nowMs: number): boolean => availableInMs(pod, set.spec?.minReadySeconds ?? 0, nowMs) === 0;
export const isLeaving = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined;

/** How many pods more than one a node may have for each of so many nodes; 0 for sets that do not surge. */
export function surgeCount(set: DaemonSet, nodes: number): number {
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {};
  return type === 'RollingUpdate' ? scaledValue(rollingUpdate?.maxSurge ?? 0, nodes, 'up') : 0;
}

/** One pod on each node that should have one, and none on those that should not. */
export function planNodes(set: DaemonSet, nodes: readonly Node[], podsByNode: PodsByNode, options: EndedPods & { readonly hash: string; readonly nowMs: number }): Plan {
  const plan: Plan = { create: [], remove: [] };
  const known = new Set<string>();
  for (const node of nodes) {
    known.add(nameOf(node));
    planNode(set, node, podsByNode.get(nameOf(node)), options, plan);
  }
  // Pods that wait for nodes that are gone would wait for ever, and are nobody else's to delete.
  for (const [name, pods] of podsByNode) if (!known.has(name)) plan.remove.push(...pods.filter(({ spec }) => (spec?.nodeName ?? '') === ''));
  return plan;
}

function planNode(set: DaemonSet, node: Node, pods: readonly Pod[] | undefined, options: EndedPods & { readonly hash: string; readonly nowMs: number }, plan: Plan): void {
  const name = nameOf(node);
  const { shouldRun, mayStay } = placementOn(node, set);
  if (pods === undefined) {
    if (shouldRun) plan.create.push(name);
    return;
  }
  const present = pods.filter((pod) => !isLeaving(pod));
  if (!mayStay) {
    plan.remove.push(...present);
    return;
  }
  const running: Pod[] = [];
  for (const pod of present) {
    if (pod.status?.phase === 'Failed') {
      if (options.mayDeleteFailed(pod, name)) plan.remove.push(pod);
    } else if (pod.status?.phase === 'Succeeded') {
      options.succeeded(pod, name);
      plan.remove.push(pod);
    } else running.push(pod);
  }
  running.sort(oldestFirst);
  if (surgeCount(set, 1) === 0) plan.remove.push(...running.slice(1));
  else if (running.length > 1) plan.remove.push(...surplusOfSurge(set, running, options));
  // A failed pod that is left alone for a while holds its place: a node that refuses pods would be given one after the other.
  else if (running.length === 0 && shouldRun && !present.some(({ status }) => status?.phase === 'Failed')) plan.create.push(name);
}

/** While surging, the oldest pod of each revision stays; and the old one goes when it is not ready, or the new one is available. */
function surplusOfSurge(set: DaemonSet, running: readonly Pod[], { hash, nowMs }: { readonly hash: string; readonly nowMs: number }): Pod[] {
  const isNew = (pod: Pod): boolean => pod.metadata.labels?.[revisionLabel] === hash;
  const newest = running.find(isNew);
  const old = running.find((pod) => !isNew(pod));
  const surplus = running.filter((pod) => pod !== newest && pod !== old);
  if (newest !== undefined && old !== undefined && (!isReady(old) || isAvailable(newest, set, nowMs))) surplus.push(old);
  return surplus;
}
