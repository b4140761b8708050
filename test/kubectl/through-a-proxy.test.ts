import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { RunningCluster } from '../clients/simulated-cluster.ts';
import { startSimulatedCluster } from '../clients/simulated-cluster.ts';
import { words } from './compare.ts';
import type { Proxy } from './proxies.ts';
import { startHttpProxy, startSocksProxy } from './proxies.ts';
import type { Outcome } from './run-ours.ts';
import { runOurs } from './run-ours.ts';

describe('kubectl through a proxy', () => {
  let cluster: RunningCluster;
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-proxied-'));
  const kubectl = (line: string): Promise<Outcome> => runOurs(words(line), { environment: { KUBECONFIG: cluster.kubeconfig, PATH: '' }, folder });
  const succeeds = async (line: string): Promise<string> => {
    const { code, stdout, stderr } = await kubectl(line);
    assert.equal(code, 0, `kubectl ${line}: ${stderr}`);
    return stdout;
  };

  before(async () => {
    cluster = await startSimulatedCluster();
    await succeeds('run one --image=busybox -- sleep 3600');
    await succeeds('wait --for=condition=Ready pod/one --timeout=60s');
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  for (const [scheme, start] of [['http', startHttpProxy], ['socks5', startSocksProxy]] as [string, () => Promise<Proxy>][]) {
    test(`proxy-url of a cluster: ${scheme}`, async () => {
      await using proxy = await start();
      await succeeds(`config set-cluster coxswain --proxy-url=${scheme}://127.0.0.1:${proxy.port}`);
      assert.equal(await succeeds('get pods -o name'), 'pod/one\n');
      const requests = proxy.asked.length;
      assert.ok(requests > 0);
      const server = (await succeeds('config view --minify -o jsonpath={.clusters[0].cluster.server}')).replace('https://', '');
      assert.deepEqual([...new Set(proxy.asked)], [server]);
      assert.equal(await succeeds('exec one -- echo hello'), 'hello\n');
      assert.ok(proxy.asked.length > requests, 'streams go through the proxy too');
    });
  }

  test('a proxy that is not there is told of', async () => {
    await succeeds('config set-cluster coxswain --proxy-url=http://127.0.0.1:1');
    const { code, stderr } = await kubectl('get pods');
    assert.equal(code, 1);
    assert.match(stderr, /The connection to the server 127\.0\.0\.1:\d+ was refused - did you specify the right host or port\?\n$/);
  });
});
