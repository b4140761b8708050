/** First and last index of a run of indexes. */
export type Interval = readonly [first: number, last: number];
/** In increasing order, without overlaps: `0-2,5`. */
export type Intervals = readonly Interval[];

/** Reads what a status or a success policy says. Runs that cannot be read are passed over, and so is what is beyond the completions. */
export function parseIntervals(text: string, completions: number): Intervals {
  const result: Interval[] = [];
  if (text === '') return result;
  for (const part of text.split(',')) {
    const [start = '', end = start] = part.split('-');
    if (!/^[+]?[0-9]+$/.test(start) || !/^[+]?[0-9]+$/.test(end)) continue;
    const first = Number(start);
    if (first >= completions) break;
    const last = Math.min(Number(end), end === start ? Number(end) : completions - 1);
    const before = result.at(-1);
    if (before !== undefined && before[1] === first - 1) result[result.length - 1] = [before[0], last];
    else result.push([first, last]);
  }
  return result;
}

/** As a status writes them: two neighbours with a comma, more with a dash. */
export function formatIntervals(intervals: Intervals): string {
  return intervals.map(([first, last]) => (last === first ? `${first}` : `${first}${last === first + 1 ? ',' : '-'}${last}`)).join(',');
}

/** What is in one or the other. */
export function mergeIntervals(a: Intervals, b: Intervals): Intervals {
  const result: Interval[] = [];
  for (const interval of [...a, ...b].sort(([x], [y]) => x - y)) {
    const before = result.at(-1);
    if (before === undefined || interval[0] > before[1] + 1) result.push(interval);
    else if (before[1] < interval[1]) result[result.length - 1] = [before[0], interval[1]];
  }
  return result;
}

/** The intervals with more indexes, in any order. */
export function withIndexes(intervals: Intervals, indexes: Iterable<number>): Intervals {
  return mergeIntervals(intervals, [...indexes].map((index): Interval => [index, index]));
}

/** How many indexes there are. */
export function countIndexes(intervals: Intervals): number {
  return intervals.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

export function hasIndex(intervals: Intervals, index: number): boolean {
  let [low, high] = [0, intervals.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (intervals[middle]![1] >= index) high = middle;
    else low = middle + 1;
  }
  return low < intervals.length && intervals[low]![0] <= index;
}

/** How many indexes two have in common. */
export function countCommon(a: Intervals, b: Intervals): number {
  let common = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [[a1, a2], [b1, b2]] = [a[i]!, b[j]!];
    common += Math.max(0, Math.min(a2, b2) - Math.max(a1, b1) + 1);
    if (a2 <= b2) i++;
    if (b2 <= a2) j++;
  }
  return common;
}

/** The first `count` indexes below `completions` that are not in the intervals. */
export function firstMissing(intervals: Intervals, count: number, completions: number): number[] {
  const result: number[] = [];
  let candidate = 0;
  for (const [first, last] of [...intervals, [completions, completions] as const]) {
    for (; candidate < completions && result.length < count && candidate < first; candidate++) result.push(candidate);
    candidate = Math.max(candidate, last + 1);
  }
  return result;
}
