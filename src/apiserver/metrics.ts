import type { Metric, Registry } from 'prom-client';
import type { RequestInfo } from './request.ts';

const buckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

interface Series {
  readonly labels: Labels;
  readonly codes: Map<number, number>;
  readonly counts: number[];
  sumSeconds: number;
  total: number;
}

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

const readable = (info: RequestInfo, method: string): string => {
  switch (info.verb) {
    case 'create': return 'POST';
    case 'update': return 'PUT';
    case 'deletecollection': return 'DELETECOLLECTION';
    default: return info.isResourceRequest ? info.verb.toUpperCase() : method;
  }
};

/**
 * Counts requests under upstream's names. Recording touches a map and an array; prom-client is loaded, and writes the
 * text, when somebody scrapes.
 */
export class RequestMetrics {
  /** By resource (empty for other paths), then by the rest of what tells requests apart. */
  readonly #series = new Map<string, Map<string, Series>>();
  readonly #gauges: Gauge[];
  #registry: Registry | undefined;

  constructor(gauges: readonly Gauge[]) {
    this.#gauges = [...gauges];
  }

  /** More to read at each scrape; before the first one. */
  add(gauges: readonly Gauge[]): void {
    this.#gauges.push(...gauges);
  }

  record(info: RequestInfo, method: string, code: number, durationMs: number): void {
    let ofResource = this.#series.get(info.resource);
    if (ofResource === undefined) this.#series.set(info.resource, (ofResource = new Map<string, Series>()));
    const key = info.isResourceRequest ? `${info.verb}${info.name === '' ? (info.namespace === '' ? '*' : '+') : '-'}${info.subresource}/${info.apiVersion}/${info.apiGroup}` : method;
    let series = ofResource.get(key);
    if (series === undefined) ofResource.set(key, (series = newSeries(info, method)));
    series.codes.set(code, (series.codes.get(code) ?? 0) + 1);
    const seconds = durationMs / 1000;
    series.sumSeconds += seconds;
    series.total += 1;
    for (let i = 0; i < buckets.length; i++) {
      if (seconds <= buckets[i]!) {
        series.counts[i]! += 1;
        break;
      }
    }
  }

  /** Prometheus' text format, with the process's own figures. */
  async render(): Promise<string> {
    // A CommonJS package: a bundle that imports it on demand gives it as the default alone.
    const { default: { Registry, collectDefaultMetrics } } = await import('prom-client');
    if (this.#registry === undefined) {
      this.#registry = new Registry();
      collectDefaultMetrics({ register: this.#registry });
      for (const family of this.#families()) this.#registry.registerMetric(family as unknown as Metric);
    }
    return this.#registry.metrics();
  }

  #families(): Family[] {
    const family = (name: string, help: string, type: Family['type'], values: () => Value[]): Family => ({ name, help, type, get: () => Promise.resolve({ name, help, type, aggregator: 'sum', values: values() }) });
    const all = (): Series[] => Array.from(this.#series.values(), (ofResource) => [...ofResource.values()]).flat();
    const duration = 'apiserver_request_duration_seconds';
    return [
      family('apiserver_request_total', '[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.', 'counter', () =>
        all().flatMap(({ labels, codes }) => Array.from(codes, ([code, value]) => ({ labels: { code: String(code), ...labels }, value })))),
      family(duration, '[STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.', 'histogram', () =>
        all().flatMap(({ labels, counts, sumSeconds, total }) => histogramValues(duration, { labels, bounds: buckets, counts, sum: sumSeconds, total }))),
      ...this.#gauges.map((gauge) => family(gauge.name, gauge.help, gauge.type ?? 'gauge', () =>
        (gauge.histograms === undefined ? Array.from(gauge.read(), ([labels, value]) => ({ labels, value })) : Array.from(gauge.histograms(), (one) => histogramValues(gauge.name, one)).flat()))),
    ];
  }
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

interface Value { readonly labels: Labels; readonly value: number; readonly metricName?: string }

/** What prom-client's registry asks of a metric: its values at the moment of a scrape. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  get(): Promise<{ readonly name: string; readonly help: string; readonly type: string; readonly aggregator: string; readonly values: readonly Value[] }>;
}

function newSeries(info: RequestInfo, method: string): Series {
  const scope = !info.isResourceRequest ? '' : info.name !== '' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster';
  const labels = { component: 'apiserver', dry_run: '', group: info.apiGroup, resource: info.resource, scope, subresource: info.subresource, verb: readable(info, method), version: info.apiVersion };
  return { labels, codes: new Map(), counts: buckets.map(() => 0), sumSeconds: 0, total: 0 };
}
