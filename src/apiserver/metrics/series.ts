import { Histogram, labelled } from './histogram.ts';
import type { Labels } from './registry.ts';

/** Names come from objects of users: what is more is not told apart. */
const maxSeries = 5000;

/** Histograms by their labels. */
export class Series {
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, { readonly labels: Labels; readonly histogram: Histogram }>();

  constructor(of: readonly number[]) {
    this.#bounds = of;
  }

  observe(labels: Labels, seconds: number, times = 1): void {
    const key = Object.values(labels).join('\0');
    let known = this.#series.get(key);
    if (known === undefined) {
      if (this.#series.size >= maxSeries) return;
      this.#series.set(key, (known = { labels, histogram: new Histogram(this.#bounds) }));
    }
    known.histogram.observe(seconds, times);
  }

  histograms(): ReturnType<typeof labelled>[] {
    return Array.from(this.#series.values(), ({ labels, histogram }) => labelled(labels, histogram));
  }

  counts(): [Labels, number][] {
    return Array.from(this.#series.values(), ({ labels, histogram }) => [labels, histogram.total]);
  }
}
