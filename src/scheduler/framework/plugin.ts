import type { Node } from '../../api/types/core/v1.ts';
import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { Verdict } from './verdict.ts';

/** All nodes as they are during one scheduling cycle. */
export interface Snapshot {
  readonly nodes: readonly NodeInfo[];
  get(name: string): NodeInfo | undefined;
  /** On how many nodes an image is, by any of its names. */
  imageSpread(name: string): number;
  /** Empty for a namespace that is not known. */
  namespaceLabels(name: string): Readonly<Record<string, string>>;
}

/** What happened in the cluster that may let a waiting pod be scheduled. */
export type ClusterEvent =
  | { readonly type: 'node-added' | 'node-updated'; readonly node: Node; readonly old?: Node }
  | { readonly type: 'pod-removed'; readonly pod: PodInfo }
  | { readonly type: 'pod-assigned'; readonly pod: PodInfo };

/**
 * The contract of a scheduling plug-in, named as upstream names it. Every extension point is optional and pure: it reads
 * the pod and the snapshot and changes neither. `State` is what `prepare` computes once a pod and hands to the others.
 */
export interface Plugin<State = unknown, ScoreState = unknown> {
  readonly name: string;
  /** Before the pod enters the queue: a refusal keeps it out until it changes (PreEnqueue). */
  gate?(pod: PodInfo): Verdict;
  /**
   * Once a cycle (PreFilter). `skip` leaves this plug-in's filter out; `nodes` narrows the search to these names;
   * `refused` ends the cycle.
   */
  prepare?(pod: PodInfo, snapshot: Snapshot): { readonly state?: State; readonly skip?: boolean; readonly nodes?: ReadonlySet<string>; readonly refused?: Verdict };
  /** May the pod run on this node? The cheapest possible answer: it is asked thousands of times a second. */
  filter?(pod: PodInfo, node: NodeInfo, state: State | undefined): Verdict;
  /** False: the score below would be the same for every node, so it is left out (PreScore's Skip). */
  scores?(pod: PodInfo, snapshot: Snapshot): boolean;
  /** What `score` needs of the whole cluster, computed once a cycle. */
  prepareScore?(pod: PodInfo, snapshot: Snapshot): ScoreState;
  /** How well the node suits: any number, brought to 0..100 by `normalize`. `state` is what `prepareScore` gave. */
  score?(pod: PodInfo, node: NodeInfo, snapshot: Snapshot, state: ScoreState | undefined): number;
  /**
   * `as-is` scores are 0..100 already. `by-max` scales by the largest, `min-max` between the smallest and the largest;
   * `inverse…` so that less is better.
   */
  readonly normalize?: 'as-is' | 'by-max' | 'inverse' | 'min-max' | 'inverse-min-max';
  readonly weight?: number;
  /** Queueing hint: can this event make a pod schedulable that this plug-in refused? Default: no event can. */
  mayHelp?(event: ClusterEvent, pod: PodInfo): boolean;
}
