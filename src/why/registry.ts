import type { Rule } from './rule.ts';
import { unschedulable } from './rules/unschedulable.ts';

/** Every cause that is recognized, in the order in which findings are told: what stands in the way first comes first. */
export const rules: readonly Rule[] = [
  unschedulable,
];
