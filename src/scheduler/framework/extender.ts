import type { Pod } from '../../api/types/core/v1.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { Snapshot } from '../cache/snapshot.ts';

/** Pods to be evicted from a node, most important first, and how many disruption budgets that violates. */
export interface Victims { readonly pods: readonly PodInfo[]; readonly violations: number }

/** Whose refusals these are, in a diagnosis. */
export const extenderName = 'Extender';

/**
 * A process beside the scheduler that has its say over nodes (the scheduler extender's webhook). All functions reject
 * when the process cannot be asked.
 */
export interface Extender {
  readonly name: string;
  /** Failing is no reason to fail the pod. */
  readonly ignorable: boolean;
  /** What its priorities, 0..10, count. */
  readonly weight: number;
  isInterested(pod: Pod): boolean;
  /** Which of the nodes it accepts, and what it says against the others by name. */
  filter?(pod: Pod, nodes: readonly NodeInfo[]): Promise<{ readonly nodes: readonly NodeInfo[]; readonly failed: ReadonlyMap<string, string>; readonly unresolvable: ReadonlyMap<string, string> }>;
  /** 0..10 by node name. */
  prioritize?(pod: Pod, nodes: readonly NodeInfo[]): Promise<ReadonlyMap<string, number>>;
  /** Binds the pod instead of the scheduler. */
  bind?(pod: Pod, nodeName: string): Promise<void>;
  /** Which of the candidates for preemption remain, with which victims; it may name other nodes and other pods of them. */
  preempt?(pod: Pod, candidates: ReadonlyMap<string, Victims>, snapshot: Snapshot): Promise<ReadonlyMap<string, Victims>>;
}
