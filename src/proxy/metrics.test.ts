import assert from 'node:assert/strict';
import { it } from 'node:test';
import { formatTime } from '../base/clock.ts';
import { metricsText } from '../base/metrics-text.ts';
import { VirtualClock } from '../base/virtual-clock.ts';
import { ProxyMetrics } from './metrics.ts';
import { kinds } from './testing/ports.ts';

/** Upstream's of v1.36 by backend, but for the two that count packets of rules which only kube-proxy has. */
const common = [
  'sync_proxy_rules_duration_seconds', 'sync_proxy_rules_last_queued_timestamp_seconds', 'sync_proxy_rules_last_timestamp_seconds', 'sync_proxy_rules_endpoint_changes_pending', 'sync_proxy_rules_endpoint_changes_total',
  'sync_proxy_rules_service_changes_pending', 'sync_proxy_rules_service_changes_total', 'proxy_healthz_total', 'proxy_livez_total', 'network_programming_duration_seconds', 'sync_proxy_rules_no_local_endpoints_total',
  'sync_full_proxy_rules_duration_seconds', 'sync_partial_proxy_rules_duration_seconds', 'conntrack_reconciler_sync_duration_seconds', 'conntrack_reconciler_deleted_entries_total',
];
const names = {
  nftables: [...common, 'sync_proxy_rules_nftables_sync_failures_total', 'sync_proxy_rules_nftables_cleanup_failures_total'],
  iptables: [...common, 'sync_proxy_rules_iptables_restore_failures_total', 'sync_proxy_rules_iptables_partial_restore_failures_total', 'sync_proxy_rules_iptables_total', 'sync_proxy_rules_iptables_last'],
};

for (const backend of ['nftables', 'iptables'] as const) {
  it(`the metrics of ${backend} are those that kube-proxy has`, async () => {
    const clock = new VirtualClock();
    const metrics = new ProxyMetrics({ clock, backend });
    const health = { answers: { healthz: new Map([['200', 3]]), livez: new Map([['503', 1]]) } };
    const lines = (): string[] => metricsText(metrics.gauges(health)).split('\n');
    const says = (...expected: string[]): void => { for (const line of expected) assert.ok(lines().includes(`kubeproxy_${line}`), `${line} in\n${lines().join('\n')}`); };

    await clock.advance(10_000);
    const triggeredAt = formatTime(clock.now());
    await clock.advance(2_000);
    metrics.changed('service');
    metrics.changed('endpoint', { family: 4, triggeredAt });
    says('sync_proxy_rules_service_changes_pending 1', 'sync_proxy_rules_endpoint_changes_pending 1', `sync_proxy_rules_last_queued_timestamp_seconds{ip_family="IPv6"} ${clock.now() / 1000}`);
    metrics.syncing();
    await clock.advance(1_000);
    metrics.synced({ family: 4, full: true, failed: false, cleanupFailed: true, rules: { nat: { there: 9, written: 9 }, filter: { there: 2, written: 2 } } }, 1);
    metrics.synced({ family: 6, full: false, failed: true, cleanupFailed: false }, 0.5);
    metrics.holds([kinds['plain']!, kinds['elsewhere']!, kinds['nowhere']!, kinds['six']!]);
    metrics.reconciled(4, 0.25, 3);
    says(
      'sync_proxy_rules_service_changes_pending 0', 'sync_proxy_rules_service_changes_total 1', 'sync_proxy_rules_endpoint_changes_total 1',
      'sync_proxy_rules_duration_seconds_sum{ip_family="IPv4"} 1', 'sync_full_proxy_rules_duration_seconds_count{ip_family="IPv4"} 1', 'sync_partial_proxy_rules_duration_seconds_count{ip_family="IPv6"} 1',
      `sync_proxy_rules_last_timestamp_seconds{ip_family="IPv4"} ${clock.now() / 1000}`,
      'network_programming_duration_seconds_sum{ip_family="IPv4"} 3', 'network_programming_duration_seconds_bucket{ip_family="IPv4",le="0.5"} 0', 'network_programming_duration_seconds_bucket{ip_family="IPv4",le="300"} 1',
      'sync_proxy_rules_no_local_endpoints_total{traffic_policy="internal",ip_family="IPv4"} 1', 'sync_proxy_rules_no_local_endpoints_total{traffic_policy="external",ip_family="IPv4"} 1', 'sync_proxy_rules_no_local_endpoints_total{traffic_policy="external",ip_family="IPv6"} 0',
      'conntrack_reconciler_sync_duration_seconds_sum{ip_family="IPv4"} 0.25', 'conntrack_reconciler_deleted_entries_total{ip_family="IPv4"} 3', 'proxy_healthz_total{code="200"} 3',
    );
    if (backend === 'nftables') says('sync_proxy_rules_nftables_sync_failures_total{ip_family="IPv6"} 1', 'sync_proxy_rules_nftables_cleanup_failures_total{ip_family="IPv4"} 1');
    else says('sync_proxy_rules_iptables_restore_failures_total{ip_family="IPv6"} 1', 'sync_proxy_rules_iptables_total{table="nat",ip_family="IPv4"} 9', 'sync_proxy_rules_iptables_last{table="filter",ip_family="IPv4"} 2');
    assert.deepEqual(lines().flatMap((line) => /^# TYPE kubeproxy_(\S+)/.exec(line)?.[1] ?? []).toSorted(), names[backend].toSorted());
  });
}
