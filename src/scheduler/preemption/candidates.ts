import type { PodDisruptionBudget } from '../../api/types/policy/v1.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { PodCycle } from '../cycle/pod-cycle.ts';
import { ImaginedNode } from '../cycle/pod-cycle.ts';
import type { Victims } from '../framework/extender.ts';
import type { Refusal } from '../framework/verdict.ts';
import { refuseForGood } from '../framework/verdict.ts';
import { splitByBudgets } from './disruption-budgets.ts';

const noVictims = refuseForGood('No preemption victims found for incoming pod');

/** When a pod began to run; one that has not yet, now. */
export const startOf = ({ pod }: PodInfo, nowMs: number): number => (pod.status?.startTime === undefined ? nowMs : Date.parse(pod.status.startTime));

/** More important pods come first: higher priority, then longer running. */
export const byImportance = (nowMs: number) => (a: PodInfo, b: PodInfo): number => b.priority - a.priority || startOf(a, nowMs) - startOf(b, nowMs);

/** The fewest and least important pods whose leaving lets the pod run on the node; or why none would. */
export function selectVictims(cycle: PodCycle, node: NodeInfo, options: { readonly budgets: readonly PodDisruptionBudget[]; readonly nowMs: number }): Victims | Refusal {
  const potential = [...node.pods.values()].filter(({ priority }) => priority < cycle.pod.priority);
  if (potential.length === 0) return noVictims;
  const imagined = new ImaginedNode(cycle, node.imagined());
  try {
    for (const pod of potential) imagined.remove(pod);
    const refusal = cycle.objectionWithNominated(imagined.node);
    if (refusal !== undefined) return refusal;
    potential.sort(byImportance(options.nowMs));
    const victims: PodInfo[] = [];
    /** Lets the pod stay if the new one fits beside it. */
    const reprieve = (pod: PodInfo): boolean => {
      imagined.add(pod);
      if (cycle.objectionWithNominated(imagined.node) === undefined) return true;
      imagined.remove(pod);
      victims.push(pod);
      return false;
    };
    const { violating, others } = splitByBudgets(potential, options.budgets);
    let violations = 0;
    for (const pod of violating) if (!reprieve(pod)) violations++;
    for (const pod of others) reprieve(pod);
    return { pods: victims.sort(byImportance(options.nowMs)), violations };
  } finally {
    imagined.undo();
  }
}

/**
 * The node whose victims matter least: fewest violated budgets, then lowest highest priority, lowest sum of priorities,
 * fewest victims, latest start of the most important ones.
 */
export function pickNode(candidates: ReadonlyMap<string, Victims>, nowMs: number): string | undefined {
  const criteria: readonly ((victims: Victims) => number)[] = [
    ({ violations }) => -violations,
    ({ pods }) => -(pods[0]?.priority ?? 0),
    // All priorities are made positive first, so that a few victims of negative priority are not worse than one.
    ({ pods }) => -pods.reduce((sum, { priority }) => sum + priority + 2 ** 31, 0),
    ({ pods }) => -pods.length,
    ({ pods }) => Math.min(...pods.filter(({ priority }) => priority === pods[0]?.priority).map((pod) => startOf(pod, nowMs))),
  ];
  let left = [...candidates];
  for (const criterion of criteria) {
    const scores = left.map(([, victims]) => criterion(victims));
    const most = Math.max(...scores);
    left = left.filter((_, i) => scores[i] === most);
    if (left.length <= 1) break;
  }
  return left[0]?.[0];
}
