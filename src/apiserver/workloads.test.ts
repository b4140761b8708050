import assert from 'node:assert/strict';
import test from 'node:test';
import { formatTime } from '../base/clock.ts';
import { StoreUnavailableError } from '../store/store.ts';
import type { KubeletDialer, KubeletTarget } from './subresources/kubelet-dialer.ts';
import { refusal, TestServer } from './testing/server.ts';
import type { Shown } from './testing/server.ts';

const pods = '/api/v1/namespaces/default/pods';
const services = '/api/v1/namespaces/default/services';
const pod = (name: string, spec: object = {}) => ({ metadata: { name, labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });
const node = (name: string) => ({ metadata: { name }, status: { addresses: [{ type: 'Hostname', address: 'h' }, { type: 'InternalIP', address: '10.0.0.9' }], daemonEndpoints: { kubeletEndpoint: { Port: 10999 } } } });

async function runningPod(api: TestServer, name: string): Promise<Shown> {
  await api.create(pods, pod(name));
  await api.create(`${pods}/${name}/binding`, { metadata: { name }, target: { kind: 'Node', name: 'n' } });
  return api.patch(`${pods}/${name}/status`, { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } });
}

test('a binding gives a pod its node, once', async () => {
  await using api = await TestServer.start();
  await api.create(pods, pod('a'));
  const answer = await api.create(`${pods}/a/binding`, { metadata: { name: 'a', annotations: { x: 'y' }, labels: { app: 'bound' } }, target: { kind: 'Node', name: 'n' } });
  assert.deepEqual(answer, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
  const bound = await api.get(`${pods}/a`);
  assert.equal(bound.spec['nodeName'], 'n');
  assert.equal(bound.metadata.annotations!['x'], 'y');
  assert.equal(bound.metadata.labels!['app'], 'bound', 'what the binding says comes after what the pod says of itself');
  await assert.rejects(api.create(`${pods}/a/binding`, { metadata: { name: 'a' }, target: { name: 'm' } }), refusal('Conflict', 'Operation cannot be fulfilled on pods/binding "a": pod a is already assigned to node "n"'));
  await assert.rejects(api.create(`${pods}/a/binding`, { metadata: { name: 'a' } }), refusal('Invalid', 'Binding "a" is invalid: target.name: Required value'));
  await assert.rejects(api.create(`${pods}/none/binding`, { metadata: { name: 'none' }, target: { name: 'm' } }), refusal('NotFound', 'pods "none" not found'));
});

test('status writes status alone, and the resource itself does not', async () => {
  await using api = await TestServer.start();
  const created = await api.create('/apis/apps/v1/namespaces/default/deployments', {
    metadata: { name: 'd' }, spec: { replicas: 2, selector: { matchLabels: { app: 'x' } }, template: { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } }, status: { replicas: 9 },
  });
  assert.equal(created.metadata.generation, 1);
  assert.equal(created.status?.['replicas'], undefined);
  const path = '/apis/apps/v1/namespaces/default/deployments/d';
  const told = await api.patch(`${path}/status`, { spec: { replicas: 7 }, status: { replicas: 2 } });
  assert.equal(told.status['replicas'], 2);
  assert.equal(told.spec['replicas'], 2);
  assert.equal(told.metadata.generation, 1);
  const scale = await api.get(`${path}/scale`);
  assert.deepEqual([scale.kind, scale.spec, scale.status], ['Scale', { replicas: 2 }, { replicas: 2, selector: 'app=x' }]);
  await api.update(`${path}/scale`, { ...scale, spec: { replicas: 5 } });
  const scaled = await api.get(path);
  assert.equal(scaled.spec['replicas'], 5);
  assert.equal(scaled.metadata.generation, 2);
  await assert.rejects(api.update(`${path}/scale`, scale), refusal('Conflict'));
  assert.equal((await api.patch(`${path}/scale`, { spec: { replicas: 0 } })).spec['replicas'], 0);
});

test('pods go gracefully: marked first, shortened, then deleted', async () => {
  await using api = await TestServer.start();
  await runningPod(api, 'a');
  const { events } = api.watch(`${pods}?watch=1`);
  const marked = await api.delete(`${pods}/a`);
  assert.equal(marked.metadata.deletionGracePeriodSeconds, 30);
  assert.equal(marked.metadata.deletionTimestamp, formatTime(api.clock.now() + 30_000));
  assert.equal((await api.delete(`${pods}/a`)).metadata.resourceVersion, marked.metadata.resourceVersion);
  assert.equal((await api.delete(`${pods}/a`, { gracePeriodSeconds: 5 })).metadata.deletionGracePeriodSeconds, 5);
  await api.delete(`${pods}/a`, { gracePeriodSeconds: 0 });
  await assert.rejects(api.get(`${pods}/a`), refusal('NotFound'));
  assert.equal(events.at(-1)!.type, 'DELETED');
  await api.create(pods, pod('b'));
  assert.equal((await api.delete(`${pods}/b`)).kind, 'Pod');
  await assert.rejects(api.get(`${pods}/b`), refusal('NotFound'), 'a pod without a node goes at once');
});

test('regression: a pod that was marked and then could not be removed is removed when somebody asks again', async () => {
  await using api = await TestServer.start();
  await runningPod(api, 'a');
  const write = api.store.write.bind(api.store);
  api.store.write = (what) => (what.type === 'delete' ? Promise.reject(new StoreUnavailableError('disk full')) : write(what));
  await assert.rejects(api.delete(`${pods}/a`, { gracePeriodSeconds: 0 }));
  assert.equal((await api.get(`${pods}/a`)).metadata.deletionGracePeriodSeconds, 0);
  api.store.write = write;
  await api.delete(`${pods}/a`, { gracePeriodSeconds: 0 });
  await assert.rejects(api.get(`${pods}/a`), refusal('NotFound'));
});

test('a grace period is not shortened into the past', async () => {
  await using api = await TestServer.start();
  await runningPod(api, 'a');
  await api.delete(`${pods}/a`);
  await api.clock.advance(20_000);
  const { metadata } = await api.delete(`${pods}/a`, { gracePeriodSeconds: 5 });
  assert.equal(metadata.deletionTimestamp, formatTime(api.clock.now()));
  assert.equal(metadata.deletionGracePeriodSeconds, 1);
});

test('evictions respect budgets', async () => {
  await using api = await TestServer.start();
  const evict = (name: string): Promise<Shown> => api.create(`${pods}/${name}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } });
  await runningPod(api, 'a');
  await runningPod(api, 'b');
  const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
  await api.create(budgets, { metadata: { name: 'pdb' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } } });
  await assert.rejects(evict('a'), refusal('TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget."));
  await api.patch(`${budgets}/pdb/status`, { status: { observedGeneration: 1, disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 } });
  await evict('a');
  assert.notEqual((await api.get(`${pods}/a`)).metadata.deletionTimestamp, undefined);
  const budget = await api.get(`${budgets}/pdb`);
  assert.equal(budget.status['disruptionsAllowed'], 0);
  assert.deepEqual(Object.keys(budget.status['disruptedPods']!), ['a']);
  await assert.rejects(evict('b'), refusal('TooManyRequests'));
});

test('Services get addresses and node ports, and give them back', async () => {
  await using api = await TestServer.start();
  const make = (name: string, spec: object): Promise<Shown> => api.create(services, { metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } });
  assert.equal((await api.get(`${services}/kubernetes`)).spec['clusterIP'], '10.96.0.1');
  const a = await make('a', { clusterIP: '10.96.0.50' });
  assert.deepEqual(a.spec['clusterIPs'], ['10.96.0.50']);
  await assert.rejects(make('b', { clusterIP: '10.96.0.50' }), refusal('Invalid', 'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.50"]: failed to allocate IP 10.96.0.50: provided IP is already allocated'));
  await assert.rejects(make('b', { clusterIP: '10.0.0.1' }), refusal('Invalid', /failed to allocate IP 10.0.0.1: the provided network does not match the current range/));
  assert.equal((await make('headless', { clusterIP: 'None' })).spec['clusterIP'], 'None');
  assert.equal('clusterIP' in (await make('external', { type: 'ExternalName', externalName: 'x.example.com', ports: [] })).spec, false);
  const np = await make('np', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080, name: 'a' }, { port: 81, name: 'b' }] });
  const ports = np.spec['ports'] as unknown as { nodePort: number }[];
  assert.equal(ports[0]!.nodePort, 30080);
  assert.ok(ports[1]!.nodePort >= 30086 && ports[1]!.nodePort <= 32767);
  await assert.rejects(make('c', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] }), refusal('Invalid', 'Service "c" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated'));
  await api.patch(`${services}/np`, { spec: { type: 'ClusterIP' } });
  const changed = await api.patch(`${services}/headless`, { metadata: { labels: { a: 'b' } } });
  assert.equal(changed.spec['clusterIP'], 'None');
  await make('c', { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] });
  await api.delete(`${services}/a`);
  assert.equal((await make('b', { clusterIP: '10.96.0.50' })).spec['clusterIP'], '10.96.0.50');
  await api.create(`${services}?dryRun=All`, { metadata: { name: 'dry' }, spec: { clusterIP: '10.96.0.60', ports: [{ port: 80 }] } });
  await make('wet', { clusterIP: '10.96.0.60' });
});

test('a namespace is Terminating until it is finalized', async () => {
  await using api = await TestServer.start();
  const namespaces = '/api/v1/namespaces';
  const created = await api.create(namespaces, { metadata: { name: 'x' } });
  assert.deepEqual(created.spec, { finalizers: ['kubernetes'] });
  const terminating = await api.delete(`${namespaces}/x`);
  assert.equal(terminating.status['phase'], 'Terminating');
  assert.equal((await api.delete(`${namespaces}/x`)).metadata.resourceVersion, terminating.metadata.resourceVersion);
  await api.update(`${namespaces}/x/finalize`, { ...terminating, spec: { finalizers: [] } });
  await assert.rejects(api.get(`${namespaces}/x`), refusal('NotFound'));
});

test('logs come from the pod\'s kubelet; what is missing is said', async () => {
  const asked: { target: KubeletTarget; path: string }[] = [];
  const kubelet: KubeletDialer = {
    get: (target, path) => {
      asked.push({ target, path });
      return Promise.resolve(path.includes('/two/bad') ? { kind: 'raw', code: 400, contentType: 'text/plain', body: 'container "bad" is waiting to start: ContainerCreating\n' } : { kind: 'raw', code: 200, contentType: 'text/plain', body: 'hello\n' });
    },
    forward: (target, { path }) => Promise.resolve({ code: 200, headers: { 'content-type': 'text/plain' }, body: (async function* () { yield new TextEncoder().encode(`${target.nodeName} ${path}`); })() }),
    upgrade: () => Promise.reject(new Error('not asked for')),
  };
  await using api = await TestServer.start({ kubelet });
  await api.create('/api/v1/nodes', node('n'));
  await api.patch('/api/v1/nodes/n/status', { status: node('n').status });
  await api.create(pods, pod('two', { containers: [{ name: 'a', image: 'i' }, { name: 'bad', image: 'i' }] }));
  await assert.rejects(api.get(`${pods}/two/log`), refusal('BadRequest', 'a container name must be specified for pod two, choose one of: [a bad]'));
  await assert.rejects(api.get(`${pods}/two/log?container=z`), refusal('BadRequest', 'container z is not valid for pod two'));
  await assert.rejects(api.get(`${pods}/two/exec?container=a&command=ls`), refusal('BadRequest', 'pod two does not have a host assigned'));
  await api.create(`${pods}/two/binding`, { metadata: { name: 'two' }, target: { name: 'n' } });
  assert.equal(await api.get(`${pods}/two/log?container=a&follow=true&tailLines=5`), 'hello\n');
  assert.deepEqual(asked[0], { target: { nodeName: 'n', address: '10.0.0.9', port: 10999 }, path: '/containerLogs/default/two/a?follow=true&tailLines=5' });
  await assert.rejects(api.get(`${pods}/two/log?container=bad`), refusal('BadRequest', 'container "bad" is waiting to start: ContainerCreating'));
  await assert.rejects(api.get(`${pods}/two/log?container=a&tailLines=-1`), refusal('Invalid', /tailLines: Invalid value: -1: must be greater than or equal to 0/));
  assert.equal(await api.get('/api/v1/nodes/n/proxy/healthz?verbose'), 'n /healthz?verbose');
  assert.equal(await api.get('/api/v1/nodes/n:10999/proxy/healthz'), 'n /healthz');
});

test('[sig-node] Pods Extended Pod TerminationGracePeriodSeconds is negative pod with negative grace period', async () => {
  await using api = await TestServer.start();
  const pods = '/api/v1/namespaces/default/pods';
  const negative = { metadata: { name: 'p' }, spec: { terminationGracePeriodSeconds: -1, containers: [{ name: 'c', image: 'i' }] } };
  const created = await api.create(pods, negative);
  assert.equal(created.spec['terminationGracePeriodSeconds'], 1);
  assert.equal((await api.update(`${pods}/p`, { ...created, spec: { ...created.spec, terminationGracePeriodSeconds: -1 } })).spec['terminationGracePeriodSeconds'], 1);
});

test('health and version answer without a socket', async () => {
  await using api = await TestServer.start();
  assert.equal(await api.get('/readyz'), 'ok');
  const checks = String(await api.get('/livez?verbose'));
  assert.match(checks, /^\[\+\]ping ok\n\[\+\]log ok\n\[\+\]etcd ok\n(\[\+\]poststarthook\/\S+ ok\n)+livez check passed\n$/);
  for (const hook of ['generic-apiserver-start-informers', 'crd-informer-synced', 'scheduling/bootstrap-system-priority-classes', 'storage-readiness']) assert.ok(checks.includes(`[+]poststarthook/${hook} ok\n`), hook);
  const slis = String(await api.get('/metrics/slis'));
  for (const line of ['kubernetes_healthcheck{name="etcd",type="livez"} 1', 'kubernetes_healthchecks_total{name="ping",status="success",type="readyz"} 1']) assert.ok(slis.includes(`${line}\n`), slis);
  assert.match(slis, /^process_start_time_seconds \d+/m);
  assert.equal((await api.get('/version') as unknown as { gitVersion: string }).gitVersion, 'v1.36.0+coxswain');
  assert.match(String(await api.get('/metrics')), /apiserver_storage_objects\{resource="namespaces"\} 4/);
});
