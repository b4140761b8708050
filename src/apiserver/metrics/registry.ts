import type { Metric, Registry } from 'prom-client';

export type Labels = Readonly<Record<string, string>>;

/** Counts by bucket, each without those below it; the rest of `total` is above the last bound. */
export interface HistogramValues {
  readonly labels: Labels;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
  readonly total: number;
}

/** Numbers that are read when metrics are scraped. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  /** Default gauge. */
  readonly type?: 'counter' | 'gauge' | 'histogram';
  read(): Iterable<readonly [labels: Labels, value: number]>;
  /** Instead of `read`, for histograms. */
  histograms?(): Iterable<HistogramValues>;
}

/** A histogram of labelled series. */
export function histogramFamily(name: string, help: string, histograms: () => Iterable<HistogramValues>): Gauge {
  return { name, help, type: 'histogram', read: () => [], histograms };
}

/** What is scraped at /metrics. prom-client is loaded, and writes the text, when somebody scrapes. */
export class MetricsRegistry {
  readonly #gauges: Gauge[] = [];
  #registry: Registry | undefined;

  /** More to read at each scrape; before the first one. */
  add(gauges: readonly Gauge[]): void {
    this.#gauges.push(...gauges);
  }

  /** Prometheus' text format, with the process's own figures. */
  async render(): Promise<string> {
    // A CommonJS package: a bundle that imports it on demand gives it as the default alone.
    const { default: { Registry, collectDefaultMetrics } } = await import('prom-client');
    if (this.#registry === undefined) {
      this.#registry = new Registry();
      collectDefaultMetrics({ register: this.#registry });
      for (const gauge of this.#gauges) this.#registry.registerMetric(familyOf(gauge) as unknown as Metric);
    }
    return this.#registry.metrics();
  }
}

interface Value { readonly labels: Labels; readonly value: number; readonly metricName?: string }

/** What prom-client's registry asks of a metric: its values at the moment of a scrape. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  get(): Promise<{ readonly name: string; readonly help: string; readonly type: string; readonly aggregator: string; readonly values: readonly Value[] }>;
}

function familyOf(gauge: Gauge): Family {
  const { name, help, type = 'gauge' } = gauge;
  const values = (): Value[] => (gauge.histograms === undefined
    ? Array.from(gauge.read(), ([labels, value]) => ({ labels, value }))
    : Array.from(gauge.histograms(), (one) => histogramValues(name, one)).flat());
  return { name, help, type, get: () => Promise.resolve({ name, help, type, aggregator: 'sum', values: values() }) };
}

function histogramValues(name: string, { labels, bounds, counts, sum, total }: HistogramValues): Value[] {
  let cumulative = 0;
  return [
    ...counts.map((count, i) => ({ labels: { ...labels, le: String(bounds[i]) }, value: (cumulative += count), metricName: `${name}_bucket` })),
    { labels: { ...labels, le: '+Inf' }, value: total, metricName: `${name}_bucket` },
    { labels, value: sum, metricName: `${name}_sum` },
    { labels, value: total, metricName: `${name}_count` },
  ];
}
