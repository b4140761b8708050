/**
 * What a filter says of a node. `undefined`: it fits. `retry` false: nothing that happens to other pods on this node can
 * change the answer (upstream's UnschedulableAndUnresolvable), so preemption is of no use there.
 */
export interface Refusal {
  /** Shown to the user: `Insufficient cpu`. Constant texts, so that they can be counted. */
  readonly reasons: readonly string[];
  readonly retry: boolean;
}

export type Verdict = Refusal | undefined;

/** A refusal that other pods leaving the node could lift. */
export const refuse = (...reasons: string[]): Refusal => ({ reasons, retry: true });

/** A refusal that stands as long as the node is as it is. */
export const refuseForGood = (...reasons: string[]): Refusal => ({ reasons, retry: false });
