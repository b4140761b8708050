import type { NodeInfo } from '../cache/node-info.ts';
import type { PodInfo } from '../cache/pod-info.ts';
import type { Snapshot } from '../cache/snapshot.ts';
import type { Wakes } from './events.ts';
import type { Verdict } from './verdict.ts';

/** What `prepare` found out. */
export interface Preparation<State> {
  /** Handed to the other functions of this plug-in during the cycle. */
  readonly state?: State;
  /** Leaves this plug-in's filter out. */
  readonly skip?: boolean;
  /** Narrows the search to nodes of these names. */
  readonly nodes?: ReadonlySet<string>;
  /** No node will do. */
  readonly refused?: Verdict;
}

/** What was done so that a later attempt may succeed. */
export interface Rescue {
  /** Said to the user after the reasons. */
  readonly message: string;
  /** What has to be written for it. */
  readonly work?: () => Promise<unknown>;
}

/** A plug-in lets a pod wait that has its place. */
export interface Permission {
  readonly reason: string;
  /** After this the pod gives its place back. */
  readonly timeoutMs: number;
}

/** What `alike` says of a pod whose answers follow from more than itself and the node: they are remembered for nobody. */
export const likeNoOther: unique symbol = Symbol('like no other');

/**
 * The contract of a scheduling plug-in, named as upstream names it. Every extension point is optional. Those of the
 * scheduling cycle are synchronous and change nothing but their own state; what they throw is an error of the moment
 * (the pod is tried again after a back-off), what they return is an answer.
 */
export interface Plugin<State = unknown, ScoreState = unknown> {
  readonly name: string;
  /**
   * Present: what `filter` and `score` say, and what `prepare` and `prepareScore` hand to them, follows from the node as it
   * is and from this of the pod, and from nothing else. Then it is asked once a node for all pods that are alike
   * (KEP-5598); `prepareScore` may look at the nodes only where `normalize` is present.
   */
  alike?(pod: PodInfo): unknown;
  /** Before the pod enters the queue: a refusal keeps it out until one of `wakes` (PreEnqueue). */
  gate?(pod: PodInfo): Verdict;
  /** Once a cycle (PreFilter). */
  prepare?(pod: PodInfo, snapshot: Snapshot): Preparation<State>;
  /** May the pod run on this node? The cheapest possible answer: it is asked hundreds of thousands of times a second. */
  filter?(pod: PodInfo, node: NodeInfo, state: State | undefined): Verdict;
  /**
   * What if another pod ran on the node, or did not? Changes the state accordingly; `amount` -1 is the exact inverse of
   * 1 (PreFilterExtensions). For preemption and nominated pods.
   */
  imagine?(state: State, pod: PodInfo, other: { readonly pod: PodInfo; readonly node: NodeInfo; readonly amount: 1 | -1 }): void;
  /** No node will do: can something be given back so that one does the next time (PostFilter)? Asked in the order of the plug-ins. */
  rescue?(pod: PodInfo, state: State | undefined): Rescue;
  /** What `score` needs of the cluster, computed once a cycle; `skip`: all nodes are as good (PreScore). */
  prepareScore?(pod: PodInfo, nodes: readonly NodeInfo[], snapshot: Snapshot): { readonly skip: true } | { readonly skip?: false; readonly state?: ScoreState };
  /** How well the node suits: any number, brought to 0..100 by `normalize`. */
  score?(pod: PodInfo, node: NodeInfo, state: ScoreState | undefined): number;
  /** Brings the scores of these nodes to whole numbers 0..100, in place. Absent: they are such already. */
  normalize?(scores: Float64Array, nodes: readonly NodeInfo[], state: ScoreState | undefined): void;
  /** A node was chosen; takes what the pod needs of it beside room (Reserve). */
  reserve?(pod: PodInfo, nodeName: string, state: State | undefined): Verdict;
  /** Gives it back; also called when nothing was reserved. What has to be written for that, comes back. */
  unreserve?(pod: PodInfo, nodeName: string, state: State | undefined): (() => Promise<unknown>) | undefined;
  /**
   * May the pod that has its place be bound now? Otherwise it waits until the plug-in lets it go on (Permit). Undefined: it
   * may. Also asked while it is found out whether a group fits; then nobody waits.
   */
  permit?(pod: PodInfo, nodeName: string): Permission | undefined;
  /**
   * Work to be done before the pod is bound; undefined when there is none. Runs beside the scheduling of other pods;
   * rejects when the pod cannot be bound (PreBind).
   */
  preBind?(pod: PodInfo, nodeName: string, state: State | undefined): ((signal: AbortSignal) => Promise<void>) | undefined;
  readonly wakes?: Wakes;
}
