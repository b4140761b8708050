/** The metrics APIs, as an aggregated API server serves them. None is part of the cluster: each may be absent. */
import type { Selector } from '../../api/meta/labels.ts';
import { milliValue } from '../../api/meta/quantity.ts';
import { parseTime } from '../../api/meta/time.ts';
import { ApiError, isReason } from '../../api/status.ts';
import type { CrossVersionObjectReference } from '../../api/types/autoscaling/v2.ts';
import type { Client } from '../../client/client.ts';
import { messageOf } from '../common/errors.ts';
import type { Kinds } from './kinds.ts';

/** What is known of one pod. Values are in thousandths of the metric's unit. */
export interface PodMetric { readonly value: number; readonly timestampMs: number; readonly windowMs: number }
export type PodMetrics = Map<string, PodMetric>;

interface ResourceMetrics {
  readonly items?: readonly {
    readonly metadata: { readonly name: string };
    readonly timestamp: string;
    readonly window?: string;
    readonly containers?: readonly { readonly name: string; readonly usage?: Readonly<Record<string, string>> }[];
  }[];
}

interface MetricValues {
  readonly items?: readonly { readonly describedObject?: { readonly name: string }; readonly timestamp?: string; readonly windowSeconds?: number; readonly value: string }[];
}

const customGroup = 'custom.metrics.k8s.io';
const customVersions = ['v1beta2', 'v1beta1'];
const defaultWindowMs = 60_000;
const timeOf = (text: string | undefined): number => parseTime(text ?? '') ?? 0;

/** `30s`, `1m0s`: a window as Go writes it. */
function windowMs(text: string | undefined): number {
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  return [...(text ?? '').matchAll(/([0-9.]+)(ms|s|m|h)/g)].reduce((sum, [, amount, unit]) => sum + Number(amount) * units[unit!]!, 0);
}

/** Reads metrics. Every error is an Error whose message is upstream's. */
export class MetricsClient {
  readonly #client: Client;
  readonly #kinds: Kinds;

  constructor(client: Client, kinds: Kinds) {
    this.#client = client;
    this.#kinds = kinds;
  }

  /** What the selected pods use of a resource; of one container where that is asked for. */
  async resource(resource: string, namespace: string, selector: Selector, container: string | undefined): Promise<PodMetrics> {
    const { items = [] } = await this.#read<ResourceMetrics>('resource', `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`, { labelSelector: selector.toString() }, 'pods.metrics.k8s.io');
    if (items.length === 0) throw new Error('no metrics returned from resource metrics API');
    const metrics: PodMetrics = new Map();
    for (const { metadata, timestamp, window, containers = [] } of items) {
      const wanted = container === undefined ? containers : containers.filter(({ name }) => name === container);
      const used = wanted.map(({ usage }) => usage?.[resource]);
      if (used.length === 0 || used.includes(undefined)) continue;
      const value = used.reduce((sum, quantity) => sum + milliValue(quantity!), 0);
      metrics.set(metadata.name, { value, timestampMs: timeOf(timestamp), windowMs: windowMs(window) });
    }
    return metrics;
  }

  /** A metric that each of the selected pods has. */
  async pods(metric: string, namespace: string, selector: Selector, metricSelector: Selector): Promise<PodMetrics> {
    const items = await this.#custom(`namespaces/${namespace}/pods/*/${metric}`, { labelSelector: selector.toString(), metricLabelSelector: metricSelector.toString() });
    if (items.length === 0) throw new Error('no metrics returned from custom metrics API');
    return new Map(items.map(({ describedObject, timestamp, windowSeconds, value }) => [describedObject?.name ?? '', {
      value: milliValue(value), timestampMs: timeOf(timestamp), windowMs: windowSeconds === undefined ? defaultWindowMs : windowSeconds * 1000,
    }]));
  }

  /** A metric of one object of the namespace, or of the namespace itself. */
  async object(metric: string, namespace: string, { apiVersion = '', kind, name }: CrossVersionObjectReference, metricSelector: Selector): Promise<number> {
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
    const query = { metricLabelSelector: metricSelector.toString() };
    if (kind === 'Namespace' && group === '') return onlyValue(await this.#custom(`namespaces/${namespace}/metrics/${metric}`, query));
    let resource: string;
    try {
      const [mapping] = await this.#kinds.resourcesOf(group, kind);
      resource = mapping!.group === '' ? mapping!.resource : `${mapping!.resource}.${mapping!.group}`;
    } catch (error) {
      throw new Error(`unable to fetch metrics from custom metrics API: unable to map kind ${group === '' ? kind : `${kind}.${group}`} to resource: ${messageOf(error)}`, { cause: error });
    }
    return onlyValue(await this.#custom(`namespaces/${namespace}/${resource}/${name}/${metric}`, query));
  }

  /** The values of a metric from outside the cluster. */
  async external(metric: string, namespace: string, metricSelector: Selector): Promise<number[]> {
    const { items = [] } = await this.#read<MetricValues>('external', `/apis/external.metrics.k8s.io/v1beta1/namespaces/${namespace}/${metric}`, { labelSelector: metricSelector.toString() }, `${metric}.external.metrics.k8s.io`);
    if (items.length === 0) throw new Error('no metrics returned from external metrics API');
    return items.map(({ value }) => milliValue(value));
  }

  async #custom(path: string, query: Readonly<Record<string, string>>): Promise<NonNullable<MetricValues['items']>> {
    const versions = await this.#kinds.versionsOf(customGroup);
    if (versions.length === 0) throw new Error(`unable to fetch metrics from custom metrics API: no custom metrics API (${customGroup}) registered`);
    const version = customVersions.find((one) => versions.includes(one));
    if (version === undefined) throw new Error('unable to fetch metrics from custom metrics API: no known available metric versions found');
    const [, , resource = ''] = path.split('/');
    return (await this.#read<MetricValues>('custom', `/apis/${customGroup}/${version}/${path}`, query, `${resource}.${customGroup}`)).items ?? [];
  }

  async #read<T>(api: 'resource' | 'custom' | 'external', path: string, query: Readonly<Record<string, string>>, resource: string): Promise<T> {
    const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '')).toString();
    try {
      return (await this.#client.raw('GET', parameters === '' ? path : `${path}?${parameters}`)) as T;
    } catch (error) {
      throw new Error(`unable to fetch metrics from ${api} metrics API: ${explain(error, resource)}`, { cause: error });
    }
  }
}

/** Where nobody serves the path, clients say what they asked for. */
function explain(error: unknown, resource: string): string {
  const unserved = error instanceof ApiError && isReason(error, 'NotFound') && error.details?.kind === undefined;
  return unserved ? `the server could not find the requested resource (get ${resource})` : messageOf(error);
}

function onlyValue(items: NonNullable<MetricValues['items']>): number {
  if (items.length !== 1) throw new Error(`unable to fetch metrics from custom metrics API: the custom metrics API server returned ${items.length} results when we asked for exactly one`);
  return milliValue(items[0]!.value);
}
