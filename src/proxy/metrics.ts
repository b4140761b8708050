import type { Clock } from '../base/clock.ts';
import type { InstantGauge } from '../base/metrics-text.ts';
import type { Rows } from '../base/metrics.ts';
import { exponentialBounds, Histogram, labelled } from '../base/metrics.ts';
import type { SyncReport } from './backend.ts';
import type { ProxyHealth } from './proxy-health.ts';
import { externalBackends, internalBackends, isExternal } from './service-port.ts';
import type { ServicePort } from './service-port.ts';

type Family = 4 | 6;
const families = [4, 6] as const;
const familyName = (family: Family): string => `IPv${family}`;

/** Rows of one value for each family, which is left out where nothing ever happened. */
class ByFamily<T> {
  readonly #values = new Map<Family, T>();

  set(family: Family, value: T): void {
    this.#values.set(family, value);
  }

  get(family: Family): T | undefined {
    return this.#values.get(family);
  }

  *[Symbol.iterator](): Generator<readonly [{ readonly ip_family: string }, T]> {
    for (const [family, value] of this.#values) yield [{ ip_family: familyName(family) }, value];
  }
}

class Counts extends ByFamily<number> {
  add(family: Family, count = 1): void {
    this.set(family, (this.get(family) ?? 0) + count);
  }
}

class Durations extends ByFamily<Histogram> {
  readonly #bounds: readonly number[];

  constructor(bounds: readonly number[]) {
    super();
    this.#bounds = bounds;
  }

  observe(family: Family, seconds: number): void {
    let histogram = this.get(family);
    if (histogram === undefined) this.set(family, histogram = new Histogram(this.#bounds));
    histogram.observe(seconds);
  }
}

const linear = (start: number, step: number, count: number): number[] => Array.from({ length: count }, (_, index) => start + step * index);
/** Upstream's bounds for the latency that its service level objective is about. */
const programmingBounds = [...linear(0.25, 0.25, 2), ...linear(1, 1, 59), ...linear(60, 5, 12), ...linear(120, 30, 7)];
const syncBounds = exponentialBounds(0.001, 2, 15);

/** What the service proxy counts, under kube-proxy's names and labels. */
export class ProxyMetrics {
  readonly #clock: Clock;
  readonly #backend: string;
  readonly #startedMs: number;
  readonly #changes = { service: { pending: 0, total: 0 }, endpoint: { pending: 0, total: 0 } };
  /** When endpoints that are waited for changed, milliseconds since the epoch. */
  #triggers: { readonly family: Family; readonly atMs: number }[] = [];
  readonly #synced = { all: new Durations(syncBounds), full: new Durations(syncBounds), partial: new Durations(syncBounds) };
  readonly #programmed = new Durations(programmingBounds);
  readonly #reconciled = new Durations(syncBounds);
  readonly #forgotten = new Counts();
  readonly #queuedSeconds = new Counts();
  readonly #syncedSeconds = new Counts();
  readonly #failures = new Counts();
  readonly #cleanupFailures = new Counts();
  #ports: readonly ServicePort[] = [];
  readonly #rules = new ByFamily<NonNullable<SyncReport['rules']>>();

  constructor({ clock, backend }: { readonly clock: Clock; readonly backend: string }) {
    this.#clock = clock;
    this.#backend = backend;
    this.#startedMs = clock.now();
  }

  /** A Service changed, or endpoints of a family; `triggeredAt`: when that began, where the endpoints say so. */
  changed(what: 'service' | 'endpoint', { family, triggeredAt }: { readonly family?: Family; readonly triggeredAt?: string | undefined } = {}): void {
    this.#changes[what].total++;
    this.#changes[what].pending++;
    for (const one of family === undefined ? families : [family]) this.#queuedSeconds.set(one, this.#clock.now() / 1000);
    const atMs = triggeredAt === undefined ? NaN : Date.parse(triggeredAt);
    if (family !== undefined && atMs > this.#startedMs) this.#triggers.push({ family, atMs });
  }

  /** All that has changed is being written. */
  syncing(): void {
    for (const change of Object.values(this.#changes)) change.pending = 0;
  }

  /** A family was written, or could not be. */
  synced({ family, full, failed, cleanupFailed, rules }: SyncReport, seconds: number): void {
    this.#synced.all.observe(family, seconds);
    this.#synced[full ? 'full' : 'partial'].observe(family, seconds);
    if (failed) return this.#failures.add(family);
    if (cleanupFailed) this.#cleanupFailures.add(family);
    if (rules !== undefined) this.#rules.set(family, rules);
    const nowMs = this.#clock.now();
    this.#syncedSeconds.set(family, nowMs / 1000);
    for (const trigger of this.#triggers) if (trigger.family === family) this.#programmed.observe(family, (nowMs - trigger.atMs) / 1000);
    this.#triggers = this.#triggers.filter((trigger) => trigger.family !== family);
  }

  /** What the kernel holds now. */
  holds(ports: readonly ServicePort[]): void {
    this.#ports = ports;
  }

  /** Stale UDP flows were looked for, and so many forgotten. */
  reconciled(family: Family, seconds: number, forgotten: number): void {
    this.#reconciled.observe(family, seconds);
    this.#forgotten.add(family, forgotten);
  }

  /** `health`: whose answers are counted. */
  gauges(health: Pick<ProxyHealth, 'answers'>): InstantGauge[] {
    const change = (what: 'service' | 'endpoint', name: string): InstantGauge[] => [
      gauge(`sync_proxy_rules_${what}_changes_pending`, `Pending proxy rules ${name} changes`, 'gauge', () => [[{}, this.#changes[what].pending]]),
      gauge(`sync_proxy_rules_${what}_changes_total`, `Cumulative proxy rules ${name} changes`, 'counter', () => [[{}, this.#changes[what].total]]),
    ];
    const answers = (path: 'healthz' | 'livez'): InstantGauge => gauge(`proxy_${path}_total`, `Cumulative proxy ${path} HTTP status`, 'counter', () => [...health.answers[path]].map(([code, count]) => [{ code }, count]));
    return [
      durations('sync_proxy_rules_duration_seconds', 'SyncProxyRules latency in seconds', this.#synced.all),
      gauge('sync_proxy_rules_last_queued_timestamp_seconds', 'The last time a sync of proxy rules was queued', 'gauge', () => this.#queuedSeconds),
      gauge('sync_proxy_rules_last_timestamp_seconds', 'The last time proxy rules were successfully synced', 'gauge', () => this.#syncedSeconds),
      ...change('endpoint', 'Endpoint'), ...change('service', 'Service'), answers('healthz'), answers('livez'),
      durations('network_programming_duration_seconds', 'In Cluster Network Programming Latency in seconds', this.#programmed),
      gauge('sync_proxy_rules_no_local_endpoints_total', 'Number of services with a Local traffic policy and no endpoints', 'gauge', () => this.#withoutLocal()),
      durations('sync_full_proxy_rules_duration_seconds', 'SyncProxyRules latency in seconds for full resyncs', this.#synced.full),
      durations('sync_partial_proxy_rules_duration_seconds', 'SyncProxyRules latency in seconds for partial resyncs', this.#synced.partial),
      ...(this.#backend === 'nftables' ? this.#ofNftables() : this.#ofIptables()),
      durations('conntrack_reconciler_sync_duration_seconds', 'ReconcileConntrackFlowsLatency latency in seconds', this.#reconciled),
      gauge('conntrack_reconciler_deleted_entries_total', 'Cumulative conntrack flows deleted by conntrack reconciler', 'counter', () => this.#forgotten),
    ];
  }

  /** Ports whose policy Local leaves nobody here to send to, though somebody is elsewhere. */
  #withoutLocal(): Rows {
    const lacks = { internal: (port: ServicePort) => internalBackends(port).length === 0, external: (port: ServicePort) => isExternal(port) && externalBackends(port).length === 0 };
    return Object.entries(lacks).flatMap(([traffic_policy, lacksIt]) => families.map((family) => [{ traffic_policy, ip_family: familyName(family) }, this.#ports.filter((port) => port.family === family && port.hasEndpoints && lacksIt(port)).length] as const));
  }

  #ofNftables(): InstantGauge[] {
    return [
      gauge('sync_proxy_rules_nftables_sync_failures_total', 'Cumulative proxy nftables sync failures', 'counter', () => this.#failures),
      gauge('sync_proxy_rules_nftables_cleanup_failures_total', 'Cumulative proxy nftables cleanup failures', 'counter', () => this.#cleanupFailures),
    ];
  }

  /** Without those of partial restores, which are never made, and of packets that only upstream's own rules count. */
  #ofIptables(): InstantGauge[] {
    const tables = (which: 'there' | 'written') => (): Rows => [...this.#rules].flatMap(([labels, rules]) => Object.entries(rules).map(([table, counts]) => [{ table, ...labels }, counts[which]] as const));
    return [
      gauge('sync_proxy_rules_iptables_restore_failures_total', 'Cumulative proxy iptables restore failures', 'counter', () => this.#failures),
      gauge('sync_proxy_rules_iptables_partial_restore_failures_total', 'Cumulative proxy iptables partial restore failures', 'counter', () => families.map((family) => [{ ip_family: familyName(family) }, 0])),
      gauge('sync_proxy_rules_iptables_total', 'Total number of iptables rules owned by kube-proxy', 'gauge', tables('there')),
      gauge('sync_proxy_rules_iptables_last', 'Number of iptables rules written by kube-proxy in last sync', 'gauge', tables('written')),
    ];
  }
}

const gauge = (name: string, help: string, type: 'counter' | 'gauge', read: () => Rows): InstantGauge => ({ name: `kubeproxy_${name}`, help, type, read });
const durations = (name: string, help: string, values: Durations): InstantGauge => ({ name: `kubeproxy_${name}`, help, type: 'histogram', read: () => [], histograms: () => [...values].map(([labels, histogram]) => labelled(labels, histogram)) });
