import type { Gauge, Histogram, Labels } from './metrics.ts';
import { histogramFamily, labelled } from './metrics.ts';

/** A number of a family: counting is the increment of a field. */
export class Counter {
  value = 0;
}

/** Label values may come from objects of users: what is more is not told apart, and not shown. */
const maxSeries = 5000;

/** The names of a vector's labels: at most three. */
export type LabelNames = readonly [first?: string, second?: string, third?: string];

/**
 * Series of one family by the values of their labels, in the order of the labels' names. One that is looked up is there from
 * then on, with nothing counted. A look-up allocates nothing but a new series; still, it belongs outside of loops.
 */
export class Vector<T> {
  readonly #names: LabelNames;
  readonly #make: () => T;
  readonly #series = new Map<string, Map<string, Map<string, T>>>();
  readonly #all: (readonly [Labels, T])[] = [];
  #spare: T | undefined;

  constructor(names: LabelNames, make: () => T) {
    this.#names = names;
    this.#make = make;
  }

  with(first = '', second = '', third = ''): T {
    return this.#series.get(first)?.get(second)?.get(third) ?? this.#begin([first, second, third]);
  }

  #begin(values: readonly [string, string, string]): T {
    if (this.#all.length >= maxSeries) return (this.#spare ??= this.#make());
    const [first, second, third] = values;
    let bySecond = this.#series.get(first);
    if (bySecond === undefined) this.#series.set(first, (bySecond = new Map<string, Map<string, T>>()));
    let byThird = bySecond.get(second);
    if (byThird === undefined) bySecond.set(second, (byThird = new Map<string, T>()));
    const one = this.#make();
    byThird.set(third, one);
    this.#all.push([Object.fromEntries(this.#names.map((name, i) => [name, values[i]])), one]);
    return one;
  }

  [Symbol.iterator](): Iterator<readonly [Labels, T]> {
    return this.#all[Symbol.iterator]();
  }
}

/** A vector of counters. */
export function counterVector(...names: LabelNames): Vector<Counter> {
  return new Vector(names, () => new Counter());
}

/** What has been counted, as a family. */
export function countersFamily(name: string, help: string, counters: Iterable<readonly [Labels, Counter]>): Gauge {
  return { name, help, type: 'counter', read: () => Array.from(counters, ([labels, { value }]) => [labels, value] as const) };
}

/** What has been measured, as a family. */
export function histogramsFamily(name: string, help: string, histograms: Iterable<readonly [Labels, Histogram]>): Gauge {
  return histogramFamily(name, help, () => Array.from(histograms, ([labels, histogram]) => labelled(labels, histogram)));
}
