import type { RequestInfo } from './request.ts';

const buckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

interface Series {
  readonly labels: string;
  readonly codes: Map<number, number>;
  readonly counts: number[];
  sumSeconds: number;
  total: number;
}

/** A number that is read when metrics are scraped. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  /** Labels in Prometheus' form, without braces, with their values. */
  read(): Iterable<readonly [labels: string, value: number]>;
}

const readable = (info: RequestInfo, method: string): string => {
  switch (info.verb) {
    case 'create': return 'POST';
    case 'update': return 'PUT';
    case 'deletecollection': return 'DELETECOLLECTION';
    default: return info.isResourceRequest ? info.verb.toUpperCase() : method;
  }
};

/** Counts requests under upstream's names. Recording touches a map and an array; text is made when it is asked for. */
export class RequestMetrics {
  /** By resource (empty for other paths), then by the rest of what tells requests apart. */
  readonly #series = new Map<string, Map<string, Series>>();
  readonly #gauges: readonly Gauge[];

  constructor(gauges: readonly Gauge[]) {
    this.#gauges = gauges;
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

  /** Prometheus' text format. */
  render(): string {
    const lines: string[] = ['# HELP apiserver_request_total [STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.', '# TYPE apiserver_request_total counter'];
    const all = Array.from(this.#series.values(), (ofResource) => [...ofResource.values()]).flat();
    for (const { labels, codes } of all) for (const [code, count] of codes) lines.push(`apiserver_request_total{code="${code}",component="apiserver",dry_run="",${labels}} ${count}`);
    lines.push('# HELP apiserver_request_duration_seconds [STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.', '# TYPE apiserver_request_duration_seconds histogram');
    for (const series of all) {
      const labels = `component="apiserver",dry_run="",${series.labels}`;
      let cumulative = 0;
      series.counts.forEach((count, i) => {
        cumulative += count;
        lines.push(`apiserver_request_duration_seconds_bucket{${labels},le="${buckets[i]}"} ${cumulative}`);
      });
      lines.push(`apiserver_request_duration_seconds_bucket{${labels},le="+Inf"} ${series.total}`, `apiserver_request_duration_seconds_sum{${labels}} ${series.sumSeconds}`, `apiserver_request_duration_seconds_count{${labels}} ${series.total}`);
    }
    for (const gauge of this.#gauges) {
      lines.push(`# HELP ${gauge.name} ${gauge.help}`, `# TYPE ${gauge.name} gauge`);
      for (const [labels, value] of gauge.read()) lines.push(`${gauge.name}${labels === '' ? '' : `{${labels}}`} ${value}`);
    }
    return `${lines.join('\n')}\n`;
  }
}

const quoted = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

function newSeries(info: RequestInfo, method: string): Series {
  const scope = !info.isResourceRequest ? '' : info.name !== '' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster';
  const labels = `group="${quoted(info.apiGroup)}",resource="${quoted(info.resource)}",scope="${scope}",subresource="${quoted(info.subresource)}",verb="${quoted(readable(info, method))}",version="${quoted(info.apiVersion)}"`;
  return { labels, codes: new Map(), counts: buckets.map(() => 0), sumSeconds: 0, total: 0 };
}
