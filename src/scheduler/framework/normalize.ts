/** Scales so that the largest becomes 100; `reverse`: less is better (upstream's DefaultNormalizeScore). */
export function normalizeByMax(scores: Float64Array, options: { readonly reverse?: boolean } = {}): void {
  let max = 0;
  for (const score of scores) if (score > max) max = score;
  if (max === 0) {
    if (options.reverse === true) scores.fill(100);
    return;
  }
  for (let i = 0; i < scores.length; i++) {
    const scaled = Math.floor((100 * scores[i]!) / max);
    scores[i] = options.reverse === true ? 100 - scaled : scaled;
  }
}
