import assert from 'node:assert/strict';
import { request } from 'node:https';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, KubeObject } from './testing.ts';
import { ExpectationError, isReason, resources, startCluster } from './testing.ts';

const { configmaps, deployments, leases, namespaces, nodes, pods, replicasets } = resources;

const web = (replicas: number, image = 'nginx:1.27'): KubeObject & object => ({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } } },
} as KubeObject);

/** The pods of the default namespace, as one would look at them. */
async function shown(cluster: Cluster): Promise<readonly string[]> {
  const { items } = await cluster.client.list(pods, { namespace: 'default' });
  return items.map(({ metadata, spec, status }) => `${metadata.name} ${spec?.nodeName} ${status?.phase} ${status?.podIP} ${status?.conditions?.find(({ type }) => type === 'Ready')?.status} ${status?.containerStatuses?.[0]?.containerID}`);
}

test('a cluster does what it is asked for, and settle waits for it', async () => {
  await using cluster = await startCluster({ nodes: 2 });
  assert.equal((await cluster.client.list(nodes)).items.length, 2);
  const [applied] = await cluster.apply(`
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: nginx }] }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: kube-public }
`);
  assert.equal(applied?.metadata.namespace, 'default');
  await cluster.settle();
  assert.equal((await cluster.client.get(deployments, { namespace: 'default', name: 'web' })).status?.readyReplicas, 3);
  await cluster.expect(configmaps, { namespace: 'kube-public', name: 'settings' }).toExist();
  assert.equal(await cluster.namespace('other'), 'other');
});

test('a fork goes its own way, and so does the original', async () => {
  await using cluster = await startCluster({ nodes: 2 });
  await cluster.apply(web(3));
  await cluster.settle();
  const before = await shown(cluster);
  await using fork = await cluster.fork();
  assert.deepEqual(fork.clock.now(), cluster.clock.now());
  assert.deepEqual(await shown(fork), before);
  // Its components start anew, and find everything as it is to be: containers run on.
  await fork.settle();
  assert.deepEqual(await shown(fork), before);

  await fork.apply(web(5));
  await fork.expect(deployments, 'web').toBeRolledOut();
  await cluster.client.delete(deployments, { namespace: 'default', name: 'web' });
  await cluster.settle();
  assert.deepEqual([(await shown(cluster)).length, (await shown(fork)).length], [0, 5]);
  assert.equal(new Set((await shown(fork)).map((line) => line.split(' ')[3])).size, 5);
});

test('the same happens in every fork of one moment', async () => {
  await using cluster = await startCluster({ nodes: 3 });
  await cluster.apply(web(2));
  await cluster.settle();
  const run = async (): Promise<readonly string[]> => {
    await using fork = await cluster.fork();
    await fork.apply(web(6, 'nginx:1.28'));
    await fork.clock.advance('1m');
    return await shown(fork);
  };
  const first = await run();
  assert.equal(first.length, 6);
  assert.deepEqual(await run(), first);
});

test('a cluster that started before in this process starts the same', async () => {
  const run = async (seed: number): Promise<readonly (string | undefined)[]> => {
    await using cluster = await startCluster({ nodes: 1, seed });
    await cluster.apply(web(1));
    await cluster.settle();
    return [...await shown(cluster), ...(await cluster.client.list(namespaces)).items.map(({ metadata }) => metadata.uid), String((await cluster.client.list(pods)).resourceVersion)];
  };
  const first = await run(4711);
  assert.deepEqual(await run(4711), first);
  assert.notDeepEqual(await run(4712), first);
});

test('a snapshot can be gone back to, time and all, and clients go on', async () => {
  await using cluster = await startCluster({ nodes: 1 });
  await cluster.apply(web(2));
  await cluster.settle();
  const before = await shown(cluster);
  const snapshot = await cluster.snapshot();
  for (let round = 0; round < 2; round++) {
    await cluster.client.delete(deployments, { namespace: 'default', name: 'web' });
    await cluster.nodes.add();
    await cluster.clock.advance('1h');
    assert.equal((await shown(cluster)).length, 0);
    await cluster.restore(snapshot);
    assert.deepEqual(cluster.clock.now(), snapshot.at);
    await cluster.settle();
    assert.deepEqual(await shown(cluster), before);
    assert.deepEqual(cluster.nodes.names, ['node-1']);
  }
});

test('a fork, and a cluster that was set back, know who wanted what is there', async () => {
  await using cluster = await startCluster({ nodes: 1 });
  await cluster.apply(web(1));
  await cluster.settle();
  const snapshot = await cluster.snapshot();
  await using fork = await cluster.fork();
  await fork.client.patch(deployments, { namespace: 'default', name: 'web' }, { type: 'merge', value: { spec: { replicas: 2 } } });
  await cluster.restore(snapshot);
  const [pod] = await shown(cluster);
  for (const one of [cluster, fork]) {
    const why = (await one.why(pods, (await one.client.list(pods)).items.find(({ metadata }) => pod!.includes(metadata.name!))!.metadata.name!)).join('\n');
    assert.match(why, /pod\/web-\S+ was created by replicaset-controller[^]*deployment\/web was created by coxswain:test/);
  }
  assert.match((await fork.why(deployments, 'web')).join('\n'), /deployment\/web was changed by coxswain:test/);
  assert.doesNotMatch((await cluster.why(deployments, 'web')).join('\n'), /was changed by/);
});

test('what an expectation says when it fails is the cluster\'s reason', async () => {
  await using cluster = await startCluster({ nodes: [{ capacity: { cpu: '2', memory: '4Gi', pods: '10' } }] });
  await cluster.apply({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'big' }, spec: { containers: [{ name: 'a', image: 'x', resources: { requests: { cpu: '100' } } }] } } as KubeObject);
  await assert.rejects(cluster.expect(pods, 'big').toBeReady({ within: '30s' }), (error: ExpectationError) => {
    assert.ok(error instanceof ExpectationError);
    assert.match(error.message, /^expected pods default\/big to have the condition Ready=True within 30s\n {2}pod\/big in default\n {4}Pod big is pending: the only node does not take it\.\n/);
    assert.match(error.message, /Node node-1: Insufficient cpu \(NodeResourcesFit\)\.\n {8}-> is too small: 100 cpu requested, 2 allocatable even when empty\n/);
    assert.match(error.message, /pod\/big was created by coxswain:test with coxswain-testing$/);
    return true;
  });
  await cluster.apply(web(2, 'nonexistent:1'));
  await assert.rejects(cluster.expect(deployments, 'web').toBeRolledOut(), /Deployment web is not done: 0 of 2 replicas are available[^]*ReplicaSet web-\w+ has 0 ready pods of 2[^]*pod web-\S+ does not start: its image nonexistent:1 cannot be pulled/);
  await assert.rejects(cluster.expect(pods, 'absent').toExist({ within: '1s' }), /There is no pod\/absent\.\n[^]*there are: big, web-/);
  await cluster.expect(deployments, 'web').toNeverSatisfy('to be available', ({ status }) => (status?.availableReplicas ?? 0) > 0);
  await assert.rejects(cluster.expect(deployments, 'web').toBeGone({ within: '5s' }), /expected deployments.apps default\/web to be gone/);
});

test('requests fail and are slow as they are told to be, and the cluster gets over it', async () => {
  await using cluster = await startCluster({ nodes: 1 });
  const { faults } = cluster;
  {
    using fault = faults.failRequests({ user: 'system:serviceaccount:kube-system:replicaset-controller', verbs: ['create'], resource: pods, times: 3, message: 'no pods today' });
    await cluster.apply(web(1));
    await cluster.settle();
    assert.equal(fault.count, 3);
    assert.equal((await shown(cluster)).length, 1);
  }
  {
    using _ = faults.failRequests({ reason: 'ServiceUnavailable', resource: 'configmaps' });
    await cluster.client.list(configmaps);
    await assert.rejects(cluster.as('somebody', ['system:masters']).list(configmaps), (error) => isReason(error, 'ServiceUnavailable'));
  }
  const somebody = cluster.as('somebody', ['system:masters']);
  await somebody.list(configmaps);
  using _ = faults.slowRequests('3s', { user: 'somebody' });
  const startedAt = cluster.clock.now().getTime();
  let over = false;
  const listing = somebody.list(configmaps).then(() => { over = true; });
  await cluster.until('the list', () => over);
  await listing;
  assert.equal(cluster.clock.now().getTime() - startedAt, 3000);
});

test('watch events are lost, and watches end', async () => {
  await using cluster = await startCluster({ nodes: 1 });
  const watcher = cluster.as('watcher', ['system:masters']);
  const { resourceVersion } = await watcher.list(configmaps, { namespace: 'default' });
  const seen: string[] = [];
  const stop = new AbortController();
  const ended = (async () => {
    for await (const { type, object } of watcher.watch(configmaps, { namespace: 'default' }, { resourceVersion, signal: stop.signal })) seen.push(`${type} ${object.metadata.name}`);
  })();
  await cluster.clock.advance('1s');
  const make = async (name: string): Promise<void> => {
    await cluster.client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name } });
    await cluster.clock.advance('1s');
  };
  await make('a');
  const fault = cluster.faults.loseWatchEvents({ user: 'watcher', times: 1 });
  await make('b');
  await make('c');
  assert.deepEqual([seen.filter((line) => !line.includes('kube-root-ca')), fault.count], [['ADDED a', 'ADDED c'], 1]);
  cluster.faults.breakWatches();
  await ended;
  // Everybody else begins anew.
  await cluster.apply(web(2));
  await cluster.expect(deployments, 'web').toBeRolledOut();
});

test('a store that stalls holds writes up, and one that is full refuses them', async () => {
  await using cluster = await startCluster({ nodes: 1 });
  const stalled = cluster.faults.stallStore();
  let written = false;
  const writing = cluster.client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'late' } }).then(() => { written = true; });
  await cluster.clock.advance('20s');
  assert.equal(written, false);
  await cluster.client.list(nodes);
  stalled.lift();
  await writing;
  {
    using _ = cluster.faults.failStore();
    await assert.rejects(cluster.client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'default', name: 'no' } }), /no space left on device/);
  }
  await cluster.clock.advance('1m');
  await cluster.expect(nodes, 'node-1').toBeReady();
});

test('machines are cut off, come back, crash and are taken away', async () => {
  await using cluster = await startCluster({ nodes: 2 });
  await cluster.apply(web(2));
  await cluster.settle();
  await cluster.nodes.disconnect('node-2');
  await cluster.expect(nodes, 'node-2').toHaveCondition('Ready', 'Unknown');
  await cluster.nodes.start('node-2');
  await cluster.expect(nodes, 'node-2').toBeReady();
  const pod = (await cluster.client.list(pods, { namespace: 'default' })).items[0]!.metadata.name!;
  await cluster.nodes.crash(pod, { exitCode: 3 });
  await cluster.expect(pods, pod).toSatisfy('to have been started again', ({ status }) => status?.containerStatuses?.[0]?.restartCount === 1);
  assert.equal(await cluster.nodes.add({ labels: { disk: 'ssd' } }), 'node-3');
  await cluster.nodes.remove('node-2');
  assert.deepEqual((await cluster.client.list(nodes)).items.map(({ metadata }) => metadata.name), ['node-1', 'node-3']);
  await assert.rejects(cluster.nodes.kill('node-2'), /there is no node "node-2"; there are node-1, node-3/);
  await cluster.settle();
  await cluster.expect(deployments, 'web').toBeRolledOut({ within: '10m' });
});

test('the parts of the control plane are stopped and started', async () => {
  await using cluster = await startCluster({ nodes: 1 });
  await cluster.controlPlane.stopApiServer();
  await assert.rejects(cluster.client.list(nodes), /the API server is not running/);
  await cluster.clock.advance('10s');
  await cluster.controlPlane.startApiServer();
  await cluster.controlPlane.stopControllers();
  await cluster.apply(web(1));
  await cluster.settle();
  assert.equal((await cluster.client.list(replicasets)).items.length, 0);
  await cluster.controlPlane.startControllers();
  await cluster.expect(deployments, 'web').toBeRolledOut();
});

test('clients outside find the cluster by its kubeconfig, after it was set back too', async () => {
  await using cluster = await startCluster({ nodes: 1 });
  const { url, kubeconfig, token, ca } = await cluster.connect();
  assert.match(kubeconfig, new RegExp(url.replaceAll('.', '\\.')));
  const get = (path: string): Promise<string> => new Promise((resolve, reject) => {
    request(`${url}${path}`, { ca, agent: false, headers: { authorization: `Bearer ${token}` } }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => { body += text; }).on('end', () => resolve(body));
    }).on('error', reject).end();
  });
  assert.match(await get('/api/v1/nodes'), /"name":"node-1"/);
  const snapshot = await cluster.snapshot();
  await cluster.restore(snapshot);
  assert.equal((await cluster.connect()).url, url);
  assert.match(await get('/api/v1/nodes'), /"name":"node-1"/);
  {
    using fault = cluster.faults.failRequests({ user: 'kubernetes-admin', verbs: ['list'], resource: 'nodes', times: 1 });
    assert.match(await get('/api/v1/nodes'), /a fault was injected/);
    assert.equal(fault.count, 1);
  }
});

test('real time: things happen by themselves', async () => {
  const before = Date.now();
  await using cluster = await startCluster({ nodes: 1, clock: 'real' });
  const now = cluster.clock.now().getTime();
  assert.ok(before <= now && now <= Date.now());
  await cluster.apply(web(1));
  while ((await cluster.client.get(deployments, { namespace: 'default', name: 'web' })).status?.readyReplicas !== 1) await sleep(10);
  await cluster.settle();
  assert.equal((await cluster.client.list(leases, { namespace: 'kube-node-lease' })).items.length, 1);
});

test('RBAC holds for others, and what is no duration, time or snapshot is refused', async () => {
  await using cluster = await startCluster({ nodes: 0 });
  await assert.rejects(cluster.asServiceAccount('default', 'default').list(pods), (error) => isReason(error, 'Forbidden'));
  await assert.rejects(cluster.clock.advance('soon' as '1s'), /"soon" is not a duration: write 500ms/);
  await assert.rejects(startCluster({ startTime: 'yesterday' }), /"yesterday" is not a time/);
  await assert.rejects(cluster.restore({ at: new Date() }), /not a snapshot/);
  await assert.rejects(cluster.apply('apiVersion: v1\nkind: Pot\nmetadata: { name: x }\n'), /no matches for kind "Pot" in version "v1"/);
});
