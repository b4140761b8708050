import { isLeaving } from '../api/node/leaving.ts';
import type { Node } from '../api/types/core/v1.ts';
import type { Clock } from '../base/clock.ts';
import { formatTime } from '../base/clock.ts';
import type { InstantGauge } from '../base/metrics-text.ts';
import type { Rows } from '../base/metrics.ts';
import { exponentialBounds, Histogram, histogramFamily, labelled } from '../base/metrics.ts';

/** A change that is not in the kernel after this makes the proxy unhealthy: twice kube-proxy's period of syncs. */
const healthTimeoutMs = 60_000;

type Counter = 'serviceChanges' | 'endpointChanges' | 'failures';

/** How well the service proxy keeps up: what its health check and its metrics tell. */
export class ProxyHealth {
  readonly #clock: Clock;
  readonly #backend: string;
  /** The node that it is on; undefined when there is none. */
  readonly #node: () => Node | undefined;
  readonly #durations = new Histogram(exponentialBounds(0.001, 2, 15));
  readonly #counts: Record<Counter, number> = { serviceChanges: 0, endpointChanges: 0, failures: 0 };
  readonly #answers = { healthz: new Map<string, number>(), livez: new Map<string, number>() };
  #updatedMs = 0;
  #queuedMs = 0;
  #oldestPendingMs: number | undefined;

  constructor({ clock, backend, node }: { readonly clock: Clock; readonly backend: string; readonly node: () => Node | undefined }) {
    this.#clock = clock;
    this.#backend = backend;
    this.#node = node;
  }

  /** Something changed that the kernel does not know yet. */
  queued(what: Exclude<Counter, 'failures'>): void {
    this.#counts[what]++;
    this.#queuedMs = this.#clock.now();
    this.#oldestPendingMs ??= this.#queuedMs;
  }

  /** The kernel knows all that had changed when that began, monotonic milliseconds. */
  updated(startedMs: number): void {
    this.#oldestPendingMs = undefined;
    this.#updatedMs = this.#clock.now();
    this.#durations.observe((this.#clock.monotonicMs() - startedMs) / 1000);
  }

  failed(): void {
    this.#counts.failures++;
  }

  /** The answer at /healthz, or at /livez, which does not mind whether load balancers should still use the node. */
  answer(path: 'healthz' | 'livez'): { readonly status: 200 | 503; readonly body: object } {
    const nowMs = this.#clock.now();
    const isOnTime = this.#oldestPendingMs === undefined || nowMs - this.#oldestPendingMs < healthTimeoutMs;
    const node = this.#node();
    const nodeEligible = node !== undefined && !isLeaving(node);
    const status = isOnTime && (path === 'livez' || nodeEligible) ? 200 : 503;
    const answers = this.#answers[path];
    answers.set(String(status), (answers.get(String(status)) ?? 0) + 1);
    return { status, body: { lastUpdated: formatTime(status === 200 ? nowMs : this.#updatedMs), currentTime: formatTime(nowMs), ...(path === 'healthz' && { nodeEligible }) } };
  }

  /** Under kube-proxy's names. */
  metrics(): InstantGauge[] {
    const one = (name: string, help: string, value: number, type: 'counter' | 'gauge' = 'counter') => ({ name: `kubeproxy_${name}`, help, type, read: (): Rows => [[{}, value]] });
    const byCode = (name: string, help: string, counts: ReadonlyMap<string, number>) => ({ name: `kubeproxy_${name}`, help, type: 'counter' as const, read: (): Rows => [...counts].map(([code, count]) => [{ code }, count] as const) });
    const durations = histogramFamily('kubeproxy_sync_proxy_rules_duration_seconds', 'How long writing the rules took', () => [labelled({}, this.#durations)]);
    return [
      { ...durations, read: (): Rows => [] },
      one('sync_proxy_rules_last_timestamp_seconds', 'When the rules were last written', this.#updatedMs / 1000, 'gauge'),
      one('sync_proxy_rules_last_queued_timestamp_seconds', 'When something last changed', this.#queuedMs / 1000, 'gauge'),
      one('sync_proxy_rules_service_changes_total', 'Changes of Services', this.#counts.serviceChanges),
      one('sync_proxy_rules_endpoint_changes_total', 'Changes of endpoints', this.#counts.endpointChanges),
      one(this.#backend === 'nftables' ? 'sync_proxy_rules_nftables_sync_failures_total' : 'sync_proxy_rules_iptables_restore_failures_total', 'Times that the rules could not be written', this.#counts.failures),
      byCode('proxy_healthz_total', 'Answers at /healthz', this.#answers.healthz),
      byCode('proxy_livez_total', 'Answers at /livez', this.#answers.livez),
    ];
  }
}
