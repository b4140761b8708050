import type { SuccessPolicy } from '../../api/types/batch/v1.ts';
import type { Intervals } from './intervals.ts';
import { countCommon, countIndexes, parseIntervals } from './intervals.ts';

/** Why the indexes that succeeded are enough; undefined while they are not, or when the job has no such policy. */
export function successPolicyMet(policy: SuccessPolicy | undefined, completions: number, succeeded: Intervals): string | undefined {
  if (succeeded.length === 0) return undefined;
  const index = (policy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    if (succeededIndexes === undefined) return succeededCount !== undefined && countIndexes(succeeded) >= succeededCount;
    const required = parseIntervals(succeededIndexes, completions);
    if (required.length === 0) return false;
    const done = countCommon(required, succeeded);
    return done === countIndexes(required) || (succeededCount !== undefined && done >= succeededCount);
  });
  return index < 0 ? undefined : `Matched rules at index ${index}`;
}
