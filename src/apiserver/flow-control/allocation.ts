/** One who shares in the sum. `target >= lower >= 0` and `upper >= lower`. */
export interface Claim {
  readonly target: number;
  readonly lower: number;
  readonly upper: number;
}

export interface Allocation {
  readonly shares: readonly number[];
  /** What share of its target everyone gets whom no bound holds back. */
  readonly fairFraction: number;
}

/** Smaller targets count as this much: nothing is divided by zero. */
const minTarget = 0.001;
const epsilon = 1e-7;

/**
 * Splits `sum` so that everyone gets the same fraction of their target, except for those whom their bounds hold above or
 * below it (KEP-1040, "dividing up the server's concurrency"). Undefined when the bounds allow no such split.
 */
export function allocate(sum: number, claims: readonly Claim[]): Allocation | undefined {
  let lowSum = 0;
  let highSum = 0;
  for (const { target, lower, upper } of claims) {
    if (lower < 0 || target < lower || upper < lower) return undefined;
    lowSum += lower;
    highSum += upper;
  }
  if (lowSum - sum > epsilon || sum - highSum > epsilon) return undefined;
  if (sum === 0) return { shares: claims.map(() => 0), fairFraction: 0 };
  const targets = claims.map(({ target }) => Math.max(target, minTarget));
  const at = (fraction: number): number[] => claims.map(({ lower, upper }, i) => Math.max(lower, Math.min(upper, fraction * targets[i]!)));
  const relativeLower = claims.map(({ lower }, i) => lower / targets[i]!);
  const relativeUpper = claims.map(({ upper }, i) => upper / targets[i]!);
  if (lowSum - sum > -epsilon) return { shares: claims.map(({ lower }) => lower), fairFraction: Math.min(...relativeLower) };
  if (sum - highSum > -epsilon) return { shares: claims.map(({ upper }) => upper), fairFraction: Math.max(...relativeUpper) };

  // The sum grows with the fraction, in straight pieces between the bounds: find the piece, then the point on it.
  const bounds = [...new Set([...relativeLower, ...relativeUpper])].sort((a, b) => a - b);
  let from = bounds[0]!;
  let sumAtFrom = lowSum;
  for (const bound of bounds.slice(1)) {
    const sumAtBound = at(bound).reduce((total, share) => total + share, 0);
    if (sumAtBound >= sum) {
      const fairFraction = sumAtBound === sumAtFrom ? bound : from + ((bound - from) * (sum - sumAtFrom)) / (sumAtBound - sumAtFrom);
      return { shares: at(fairFraction), fairFraction };
    }
    from = bound;
    sumAtFrom = sumAtBound;
  }
  return undefined;
}
