import type { HistogramValues } from './registry.ts';

/** Values sorted into buckets; observing touches an array. */
export class Histogram {
  readonly bounds: readonly number[];
  /** By bucket, each without those below it; the rest of `total` is above the last bound. */
  readonly counts: number[];
  sum = 0;
  total = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = bounds.map(() => 0);
  }

  /** `times`: so many values that are the same. */
  observe(value: number, times = 1): void {
    this.sum += value * times;
    this.total += times;
    const { bounds, counts } = this;
    for (let i = 0; i < bounds.length; i++) {
      if (value <= bounds[i]!) {
        counts[i]! += times;
        return;
      }
    }
  }
}

/** A histogram as one series of a family. */
export function labelled(labels: Readonly<Record<string, string>>, { bounds, counts, sum, total }: Histogram): HistogramValues {
  return { labels, bounds, counts, sum, total };
}

/** `count` bounds, each `factor` times the one before. */
export function exponentialBounds(start: number, factor: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start * factor ** i);
}
