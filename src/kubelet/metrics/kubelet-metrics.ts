import type { InstantGauge } from '../../base/metrics-text.ts';
import type { HistogramValues, Labels } from '../../base/metrics.ts';
import { Histogram, histogramFamily, labelled } from '../../base/metrics.ts';
import type { CounterFamily, CounterName, HistogramName } from './families.ts';
import { counters, histograms } from './families.ts';

/** What the kubelet's parts tell of their work. Without somebody who scrapes it costs a look into a map. */
export interface MetricsSink {
  /** One more; the labels' values in the order of the family's names. */
  count(name: CounterName, ...labels: readonly string[]): void;
  /** A value in the family's own unit. */
  observe(name: HistogramName, value: number, ...labels: readonly string[]): void;
  /** The two for one series that has much to tell: it is looked up once. Not for series of pods, which are forgotten. */
  counter(name: CounterName, ...labels: readonly string[]): () => void;
  observer(name: HistogramName, ...labels: readonly string[]): (value: number) => void;
  /** Series of a pod that has gone: no one else's have its labels. */
  forget(podUid: string): void;
  /** All that has a value, of names that are wanted. */
  families(isWanted: (name: string) => boolean): InstantGauge[];
}

/** For kubelets of which thousands are in one process. */
export const noMetrics: MetricsSink = { count: () => {}, observe: () => {}, counter: () => () => {}, observer: () => () => {}, forget: () => {}, families: () => [] };

/** Names come from pods: what is more is not told apart. */
const maxSeries = 5000;

/** Most have one label, or none. */
const keyOf = (labels: readonly string[]): string => (labels.length === 1 ? labels[0] ?? '' : labels.join('\0'));
const labelsOf = ({ labels }: CounterFamily, values: readonly string[]): Labels => Object.fromEntries(labels.map((name, index) => [name, values[index] ?? '']));

interface Counted { readonly labels: Labels; value: number }

/** What a kubelet counts and measures, under upstream's names. */
export class KubeletMetrics implements MetricsSink {
  readonly #counts = new Map<CounterName, Map<string, Counted>>();
  readonly #histograms = new Map<HistogramName, Map<string, { readonly labels: Labels; readonly histogram: Histogram }>>();

  constructor() {
    for (const [name, { always = [] }] of Object.entries(counters) as [CounterName, CounterFamily][]) for (const labels of always) this.#add(name, labels, 0);
  }

  count(name: CounterName, ...labels: readonly string[]): void {
    this.#add(name, labels, 1);
  }

  observe(name: HistogramName, value: number, ...labels: readonly string[]): void {
    this.#histogram(name, labels)?.observe(value);
  }

  counter(name: CounterName, ...labels: readonly string[]): () => void {
    let known: Counted | undefined;
    return () => {
      if (known === undefined) known = this.#add(name, labels, 1);
      else known.value += 1;
    };
  }

  observer(name: HistogramName, ...labels: readonly string[]): (value: number) => void {
    let known: Histogram | undefined;
    return (value) => {
      known ??= this.#histogram(name, labels);
      known?.observe(value);
    };
  }

  forget(podUid: string): void {
    const probes = this.#counts.get('prober_probe_total');
    for (const [key, { labels }] of probes ?? []) {
      if (labels['pod_uid'] !== podUid) continue;
      probes?.delete(key);
      this.#histograms.get('prober_probe_duration_seconds')?.delete([labels['probe_type'], labels['container'], labels['pod'], labels['namespace']].join('\0'));
    }
  }

  families(isWanted: (name: string) => boolean): InstantGauge[] {
    const counted = [...this.#counts].filter(([name]) => isWanted(name)).map(([name, series]): InstantGauge => ({ name, help: counters[name].help, type: 'counter', read: () => Array.from(series.values(), ({ labels, value }) => [labels, value] as const) }));
    const measured = [...this.#histograms].filter(([name]) => isWanted(name)).map(([name, series]): InstantGauge => ({ ...histogramFamily(name, histograms[name].help, () => Array.from(series.values(), ({ labels, histogram }): HistogramValues => labelled(labels, histogram))), read: () => [] }));
    return [...counted, ...measured];
  }

  /** Returns the series; undefined where there are too many. */
  #add(name: CounterName, labels: readonly string[], by: number): Counted | undefined {
    const series = getOrMake(this.#counts, name);
    const key = keyOf(labels);
    let known = series.get(key);
    if (known !== undefined) known.value += by;
    else if (series.size < maxSeries) series.set(key, known = { labels: labelsOf(counters[name], labels), value: by });
    return known;
  }

  #histogram(name: HistogramName, labels: readonly string[]): Histogram | undefined {
    const series = getOrMake(this.#histograms, name);
    const key = keyOf(labels);
    let known = series.get(key);
    if (known === undefined && series.size < maxSeries) series.set(key, known = { labels: labelsOf(histograms[name], labels), histogram: new Histogram(histograms[name].bounds) });
    return known?.histogram;
  }
}

function getOrMake<Key, K, V>(maps: Map<Key, Map<K, V>>, key: Key): Map<K, V> {
  let map = maps.get(key);
  if (map === undefined) maps.set(key, map = new Map());
  return map;
}
