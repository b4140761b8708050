import type { RequestInfo } from '../request.ts';
import { exponentialBounds, Histogram, labelled } from './histogram.ts';
import type { Gauge, Labels } from './registry.ts';
import { histogramFamily } from './registry.ts';

const durationBounds = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
const sliBounds = durationBounds.slice(2);
const sizeBounds = exponentialBounds(1000, 10, 7);

/** Subresources that are connections, and are counted as such. */
const connecting: ReadonlySet<string> = new Set(['log', 'exec', 'portforward', 'attach', 'proxy']);

/** What is counted of a request that has been answered. */
export interface CountedRequest {
  readonly info: RequestInfo;
  readonly method: string;
  readonly rawQuery: string;
  /** Bytes of the body that was sent; undefined where it is not known beforehand. */
  readonly sentBytes: number | undefined;
  /** How long it waited in a queue before it was worked on. */
  readonly waitedMs: number;
  /** A patch by server-side apply. */
  readonly isApply: boolean;
}

/** Requests that are alike in all that is told apart. */
interface Series {
  readonly labels: Labels;
  /** Counts by code. */
  readonly codes: Map<number, number>;
  readonly durations: Histogram;
  readonly sli: Histogram;
  readonly sizes: Histogram;
}

/** What upstream calls a verb in its metrics: the method, but that lists, watches, connections and apply are told apart. */
export function metricVerb(info: RequestInfo, method: string, more: { readonly isApply: boolean }): string {
  if (info.isResourceRequest && connecting.has(info.subresource)) return 'CONNECT';
  if (info.isResourceRequest && info.verb === 'watch') return 'WATCH';
  switch (method) {
    case 'GET':
    case 'HEAD': {
      const scope = scopeOf(info);
      return scope === '' || scope === 'resource' ? 'GET' : 'LIST';
    }
    case 'PATCH': return more.isApply ? 'APPLY' : 'PATCH';
    case 'POST':
    case 'PUT':
    case 'DELETE': return method;
    default: return 'other';
  }
}

/** What a request is about: one object, a namespace, the cluster; empty for paths that are no resource's. */
export const scopeOf = (info: RequestInfo): string => (!info.isResourceRequest ? '' : info.name !== '' || info.verb === 'create' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster');

/** Counts requests under upstream's names. Recording touches two maps and a few arrays. */
export class RequestMetrics {
  /** By resource (empty for other paths), then by the rest of what tells requests apart. */
  readonly #series = new Map<string, Map<string, Series>>();
  readonly #deprecated = new Map<string, Labels>();
  readonly #serves: (info: RequestInfo) => boolean;
  #unserved: Series | undefined;
  #tlsErrors = 0;

  /** `serves`: whether a request is for a resource and subresource that the server has, by a verb that these know. */
  constructor(serves: (info: RequestInfo) => boolean) {
    this.#serves = serves;
  }

  record(request: CountedRequest, code: number, durationMs: number): void {
    const series = this.#seriesOf(request);
    series.codes.set(code, (series.codes.get(code) ?? 0) + 1);
    const seconds = durationMs / 1000;
    series.durations.observe(seconds);
    if (series.labels['dry_run'] === '') series.sli.observe(Math.max(0, durationMs - request.waitedMs) / 1000);
    // Of what is read alone, as upstream does.
    if (request.sentBytes !== undefined && (series.labels['verb'] === 'GET' || series.labels['verb'] === 'LIST')) series.sizes.observe(request.sentBytes);
  }

  #seriesOf(request: CountedRequest): Series {
    const { info, method, rawQuery } = request;
    const dryRun = rawQuery !== '' && rawQuery.includes('dryRun=All');
    const verb = metricVerb(info, method, request);
    const key = info.isResourceRequest ? `${verb}${info.name === '' ? (info.verb === 'create' ? '' : info.namespace === '' ? '*' : '+') : '-'}${info.subresource}/${info.apiVersion}/${info.apiGroup}${dryRun ? '?' : ''}` : verb;
    const known = this.#series.get(info.resource)?.get(key);
    if (known !== undefined) return known;
    // What clients make up must not fill the memory: whatever is not served counts as one.
    if (info.isResourceRequest && !this.#serves(info)) return (this.#unserved ??= this.#begin('', 'unserved', { dry_run: '', group: '', resource: '', scope: '', subresource: '', verb: '', version: '' }));
    return this.#begin(info.resource, key, { dry_run: dryRun ? 'All' : '', group: info.apiGroup, resource: info.resource, scope: scopeOf(info), subresource: info.subresource, verb, version: info.apiVersion });
  }

  #begin(resource: string, key: string, labels: Labels): Series {
    const series: Series = { labels: { component: 'apiserver', ...labels }, codes: new Map(), durations: new Histogram(durationBounds), sli: new Histogram(sliBounds), sizes: new Histogram(sizeBounds) };
    let ofResource = this.#series.get(resource);
    if (ofResource === undefined) this.#series.set(resource, (ofResource = new Map<string, Series>()));
    ofResource.set(key, series);
    return series;
  }

  /** A version was asked for that upstream has marked as deprecated; `removed` as `1.29`, empty when it stays. */
  recordDeprecated({ apiGroup, apiVersion, resource, subresource }: RequestInfo, removed: string): void {
    const key = `${resource}/${subresource}/${apiVersion}/${apiGroup}`;
    if (!this.#deprecated.has(key)) this.#deprecated.set(key, { group: apiGroup, version: apiVersion, resource, subresource, removed_release: removed });
  }

  recordTlsError(): void {
    this.#tlsErrors += 1;
  }

  get families(): Gauge[] {
    const all = (): Series[] => Array.from(this.#series.values(), (ofResource) => [...ofResource.values()]).flat();
    const valuesOf = (read: (series: Series) => Histogram, without: readonly string[] = []) => () => all().filter((series) => read(series).total > 0).map((series) => labelled(leaving(series.labels, without), read(series)));
    return [
      {
        name: 'apiserver_request_total', type: 'counter', help: '[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
        read: () => all().flatMap(({ labels, codes }) => Array.from(codes, ([code, value]) => [{ code: String(code), ...labels }, value] as const)),
      },
      histogramFamily('apiserver_request_duration_seconds', '[STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.', valuesOf(({ durations }) => durations)),
      histogramFamily('apiserver_request_sli_duration_seconds', '[ALPHA] Response latency distribution (not counting webhook duration and priority & fairness queue wait times) in seconds for each verb, group, version, resource, subresource, scope and component.', valuesOf(({ sli }) => sli, ['dry_run'])),
      histogramFamily('apiserver_response_sizes', '[STABLE] Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.', valuesOf(({ sizes }) => sizes, ['dry_run'])),
      {
        name: 'apiserver_request_terminations_total', type: 'counter', help: '[ALPHA] Number of requests which apiserver terminated in self-defense.',
        read: () => all().flatMap(({ labels, codes }) => [429, 504].flatMap((code) => {
          const count = codes.get(code) ?? 0;
          return count === 0 ? [] : [[{ code: String(code), ...leaving(labels, ['dry_run']) }, count] as const];
        })),
      },
      {
        name: 'apiserver_requested_deprecated_apis', help: '[STABLE] Gauge of deprecated APIs that have been requested, broken out by API group, version, resource, subresource, and removed_release.',
        read: () => Array.from(this.#deprecated.values(), (labels) => [labels, 1] as const),
      },
      { name: 'apiserver_tls_handshake_errors_total', type: 'counter', help: '[ALPHA] Number of requests dropped with \'TLS handshake error from\' error', read: () => [[{}, this.#tlsErrors]] },
    ];
  }
}

function leaving(labels: Labels, without: readonly string[]): Labels {
  return without.length === 0 ? labels : Object.fromEntries(Object.entries(labels).filter(([name]) => !without.includes(name)));
}
