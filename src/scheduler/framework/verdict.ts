/**
 * What a plug-in says against a node, or against all of them. `retry` false: nothing that happens to other pods there
 * can change the answer (upstream's UnschedulableAndUnresolvable), so preemption is of no use.
 */
export interface Refusal {
  /** Shown to the user: `Insufficient cpu`. Constant texts, so that they can be counted. */
  readonly reasons: readonly string[];
  readonly retry: boolean;
}

/** Undefined: no objection. */
export type Verdict = Refusal | undefined;

/** A refusal that other pods leaving the node could lift. */
export const refuse = (...reasons: string[]): Refusal => ({ reasons, retry: true });

/** A refusal that stands as long as the node is as it is. */
export const refuseForGood = (...reasons: string[]): Refusal => ({ reasons, retry: false });
