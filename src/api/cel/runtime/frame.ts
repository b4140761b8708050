import { CostExceeded } from './failure.ts';
import type { CelFailure } from './failure.ts';
import type { CelValue } from './values.ts';

/** What is known while one evaluation runs: the variables, and what it has cost so far. */
export interface Frame {
  /** The value of a declared variable; undefined when it has none. May throw a CelFailure. */
  readonly input: (name: string, frame: Frame) => CelValue | undefined;
  /** Of comprehensions. */
  readonly locals: (CelValue | CelFailure | undefined)[];
  cost: number;
  readonly limit: number;
}

/** A node, ready to run: a closure over its parts. Throws a CelFailure, or CostExceeded. */
export type Step = (frame: Frame) => CelValue;

/** Counts what was done; past the limit, it ends here. */
export function charge(frame: Frame, amount: number): void {
  if ((frame.cost += amount) > frame.limit) throw new CostExceeded();
}
