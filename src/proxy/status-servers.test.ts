import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Node } from '../api/types/core/v1.ts';
import { VirtualClock } from '../base/virtual-clock.ts';
import { ProxyMetrics } from './metrics.ts';
import { ProxyHealth } from './proxy-health.ts';
import { StatusServers } from './status-servers.ts';

const address = '127.0.0.1';

it('the proxy is healthy while what changes is in the kernel within a minute, and its node is not about to go', async () => {
  const clock = new VirtualClock();
  let node: Node | undefined = { metadata: { name: 'n' } };
  const health = new ProxyHealth({ clock, node: () => node });
  const metrics = new ProxyMetrics({ clock, backend: 'nftables' });
  const told: string[] = [];
  await using servers = new StatusServers();
  const ports = await servers.start({ health, metrics, mode: 'nftables', addresses: { healthz: { address, port: 0 }, metrics: { address, port: 0 } }, failed: (where) => void told.push(where) });
  const ask = async (port: number | undefined, path: string): Promise<[number, string]> => {
    const answer = await fetch(`http://${address}:${port}${path}`, { headers: { connection: 'close' } });
    return [answer.status, await answer.text()];
  };
  const check = async (): Promise<number[]> => [(await ask(ports.healthz, '/healthz'))[0], (await ask(ports.healthz, '/livez'))[0]];

  health.queued();
  assert.deepEqual(await check(), [200, 200]);
  await clock.advance(60_000);
  assert.deepEqual(await check(), [503, 503]);
  health.updated();
  assert.deepEqual(await check(), [200, 200]);
  node = { ...node, spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }] } };
  assert.deepEqual(await check(), [503, 200]);
  assert.deepEqual(Object.keys(JSON.parse((await ask(ports.healthz, '/healthz'))[1]) as object), ['lastUpdated', 'currentTime', 'nodeEligible']);
  node = undefined;
  assert.deepEqual(await check(), [503, 200]);
  assert.equal((await ask(ports.healthz, '/metrics'))[0], 404);

  assert.deepEqual(await ask(ports.metrics, '/healthz'), [200, 'ok']);
  assert.deepEqual(await ask(ports.metrics, '/proxyMode'), [200, 'nftables']);
  metrics.synced({ family: 4, full: true, failed: false, cleanupFailed: false }, 1);
  const [, text] = await ask(ports.metrics, '/metrics');
  for (const line of ['kubeproxy_proxy_healthz_total{code="503"} 4', 'kubeproxy_proxy_livez_total{code="200"} 4', '# TYPE kubeproxy_sync_proxy_rules_duration_seconds histogram']) {
    assert.ok(text.split('\n').includes(line), `${line} in ${text}`);
  }

  await using others = new StatusServers();
  assert.deepEqual(await others.start({ health, metrics, mode: 'nftables', addresses: { healthz: { address, port: ports.healthz! }, metrics: { address, port: 0 } }, failed: (where) => void told.push(where) }).then(({ healthz }) => healthz), undefined);
  assert.deepEqual(told, [`${address}:${ports.healthz}`]);
});
