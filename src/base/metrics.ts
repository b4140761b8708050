export type Labels = Readonly<Record<string, string>>;

/** Counts by bucket, each without those below it; the rest of `total` is above the last bound. */
export interface HistogramValues {
  readonly labels: Labels;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
  readonly total: number;
}

export type Rows = Iterable<readonly [labels: Labels, value: number]>;

/** Numbers that are read when metrics are scraped. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  /** Default gauge. */
  readonly type?: 'counter' | 'gauge' | 'histogram';
  read(): Rows | Promise<Rows>;
  /** Instead of `read`, for histograms. */
  histograms?(): Iterable<HistogramValues>;
}

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
export function labelled(labels: Labels, { bounds, counts, sum, total }: Histogram): HistogramValues {
  return { labels, bounds, counts, sum, total };
}

/** `count` bounds, each `factor` times the one before: multiplied step by step, as upstream's are, to the last digit. */
export function exponentialBounds(start: number, factor: number, count: number): number[] {
  const bounds: number[] = [];
  for (let bound = start; bounds.length < count; bound *= factor) bounds.push(bound);
  return bounds;
}

/** `count` bounds from `min` to `max`, each as much larger than the one before. */
export function exponentialBoundsBetween(min: number, max: number, count: number): number[] {
  const factor = (max / min) ** (1 / (count - 1));
  return Array.from({ length: count }, (_, i) => min * factor ** i);
}

/** A histogram of labelled series. */
export function histogramFamily(name: string, help: string, histograms: () => Iterable<HistogramValues>): Gauge {
  return { name, help, type: 'histogram', read: () => [], histograms };
}
