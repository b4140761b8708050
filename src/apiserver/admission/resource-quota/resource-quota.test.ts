import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../../api/status.ts';
import { refusal, TestServer } from '../../testing/server.ts';
import type { Shown } from '../../testing/server.ts';
import type { AdmissionSettings } from '../registry.ts';
import { createAdmission } from '../registry.ts';
import { limitedResources } from './configuration.ts';

type Amounts = Record<string, string>;

/** A server with the usual plug-ins, and the namespaces a and b with their default accounts. */
async function start(settings: AdmissionSettings = {}): Promise<TestServer> {
  const server = await TestServer.start({ plugged: (parts) => ({ admission: createAdmission(parts, settings) }) });
  for (const name of ['a', 'b']) {
    await server.create('/api/v1/namespaces', { metadata: { name } });
    await server.create(`/api/v1/namespaces/${name}/serviceaccounts`, { metadata: { name: 'default' } });
  }
  return server;
}

const quotasOf = (namespace: string): string => `/api/v1/namespaces/${namespace}/resourcequotas`;

/** A quota as its controller leaves it. */
async function putQuota(server: TestServer, name: string, hard: Amounts, used: Amounts, namespace = 'a'): Promise<void> {
  await server.create(quotasOf(namespace), { metadata: { name }, spec: { hard } });
  await server.patch(`${quotasOf(namespace)}/${name}/status`, { status: { hard, used } });
}

const usedOf = async (server: TestServer, name: string, namespace = 'a'): Promise<unknown> => (await server.get(`${quotasOf(namespace)}/${name}`)).status['used'];
const podOf = (name: string, cpu?: string): object => ({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'i', ...(cpu !== undefined && { resources: { requests: { cpu } } }) }] } });
const map = (name: string): object => ({ metadata: { name } });
const maps = (namespace: string, query = ''): string => `/api/v1/namespaces/${namespace}/configmaps${query}`;

/** How many of the requests were answered, and the refusals. */
async function settled(requests: readonly Promise<Shown>[]): Promise<{ readonly created: number; readonly refusals: string[] }> {
  const outcomes = await Promise.allSettled(requests);
  return { created: outcomes.filter(({ status }) => status === 'fulfilled').length, refusals: outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason instanceof ApiError ? one.reason.message : String(one.reason)] : [])) };
}

test('parallel creations never use more than there is, and are charged together', async () => {
  await using server = await start();
  await putQuota(server, 'pods', { pods: '10', cpu: '100' }, { pods: '0', cpu: '0' });
  await putQuota(server, 'cpu', { cpu: '4' }, { cpu: '0' });
  const before = server.store.revision;
  const { created, refusals } = await settled(Array.from({ length: 60 }, (_, i) => server.create('/api/v1/namespaces/a/pods', podOf(`p${i}`, '500m'))));
  assert.equal(created, 8);
  assert.deepEqual(new Set(refusals.map((message) => message.replace(/"p\d+"/, 'P'))), new Set(['pods P is forbidden: exceeded quota: cpu, requested: cpu=500m, used: cpu=4, limited: cpu=4']));
  assert.deepEqual([await usedOf(server, 'pods'), await usedOf(server, 'cpu')], [{ pods: '8', cpu: '4' }, { cpu: '4' }]);
  assert.equal((await server.get('/api/v1/namespaces/a/pods')).items.length, 8);
  // Eight pods, and far fewer than eight writes of each of the two quotas.
  assert.ok(server.store.revision - before <= 8 + 6, `${server.store.revision - before} writes`);
});

test('namespaces do not wait for each other, and those without quotas for nothing', async () => {
  await using server = await start();
  await putQuota(server, 'maps', { configmaps: '2' }, { configmaps: '0' });
  await putQuota(server, 'maps', { configmaps: '5' }, { configmaps: '0' }, 'b');
  const [a, b, free] = await Promise.all([
    settled(Array.from({ length: 6 }, (_, i) => server.create(maps('a'), map(`m${i}`)))),
    settled(Array.from({ length: 6 }, (_, i) => server.create(maps('b'), map(`m${i}`)))),
    settled(Array.from({ length: 6 }, (_, i) => server.create(maps('default'), map(`m${i}`)))),
  ]);
  assert.deepEqual([a.created, b.created, free.created], [2, 5, 6]);
  assert.deepEqual([await usedOf(server, 'maps'), await usedOf(server, 'maps', 'b')], [{ configmaps: '2' }, { configmaps: '5' }]);
});

test('somebody else writing the quota meanwhile is no reason to refuse, or to forget what was written', async () => {
  await using server = await start();
  await putQuota(server, 'maps', { configmaps: '20', secrets: '20' }, { configmaps: '0', secrets: '7' });
  const label = (i: number): Promise<Shown> => server.patch(`${quotasOf('a')}/maps`, { metadata: { labels: { n: String(i) } } });
  const { created } = await settled(Array.from({ length: 10 }, (_, i) => [server.create(maps('a'), map(`m${i}`)), label(i)]).flat());
  assert.equal(created, 20);
  assert.deepEqual(await usedOf(server, 'maps'), { configmaps: '10', secrets: '7' });
});

test('a dry run is checked and not charged', async () => {
  await using server = await start();
  await putQuota(server, 'maps', { configmaps: '1' }, { configmaps: '0' });
  await server.create(maps('a', '?dryRun=All'), map('m'));
  assert.deepEqual(await usedOf(server, 'maps'), { configmaps: '0' });
  await server.create(maps('a'), map('m'));
  await assert.rejects(server.create(maps('a', '?dryRun=All'), map('n')), refusal('Forbidden', 'configmaps "n" is forbidden: exceeded quota: maps, requested: configmaps=1, used: configmaps=1, limited: configmaps=1'));
});

test('a quota that is not counted yet lets nothing in that it counts; what is not counted is free', async () => {
  await using server = await start();
  await server.create(quotasOf('a'), { metadata: { name: 'new' }, spec: { hard: { configmaps: '1' } } });
  // Without a status the quota counts nothing at all.
  await server.create(maps('a'), map('m'));
  await server.patch(`${quotasOf('a')}/new/status`, { status: { hard: { configmaps: '1' } } });
  await assert.rejects(server.create(maps('a'), map('n')), refusal('Forbidden', 'configmaps "n" is forbidden: status unknown for quota: new, resources: configmaps'));
  await server.create('/api/v1/namespaces/a/secrets', map('s'));
  await server.delete(`${quotasOf('a')}/new`);
  await server.create(maps('a'), map('n'));
});

test('resizes and other updates are charged by what they add', async () => {
  await using server = await start();
  await putQuota(server, 'all', { cpu: '2', services: '2', 'services.nodeports': '1' }, { cpu: '0', services: '0', 'services.nodeports': '0' });
  await server.create('/api/v1/namespaces/a/pods', podOf('p', '1'));
  const resize = (cpu: string): Promise<Shown> => server.patch('/api/v1/namespaces/a/pods/p/resize', { spec: { containers: [{ name: 'c', resources: { requests: { cpu } } }] } }, 'application/strategic-merge-patch+json');
  await assert.rejects(resize('2500m'), refusal('Forbidden', 'pods "p" is forbidden: exceeded quota: all, requested: cpu=1500m, used: cpu=1, limited: cpu=2'));
  await resize('2');
  assert.deepEqual(await usedOf(server, 'all'), { cpu: '2', services: '0', 'services.nodeports': '0' });
  await server.create('/api/v1/namespaces/a/services', { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } });
  await server.patch('/api/v1/namespaces/a/services/s', { spec: { type: 'NodePort' } });
  assert.deepEqual(await usedOf(server, 'all'), { cpu: '2', services: '1', 'services.nodeports': '1' });
});

test('limited resources come from the configuration', async () => {
  const configuration = new Map([['ResourceQuota', { source: 'test', value: { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'ResourceQuotaConfiguration', limitedResources: [
    { resource: 'configmaps', matchContains: ['count/'] }, { resource: 'pods', matchScopes: [{ scopeName: 'PriorityClass', operator: 'In', values: ['system-node-critical'] }] },
  ] } }]]);
  await using server = await start({ configuration });
  await assert.rejects(server.create(maps('a'), map('m')), refusal('Forbidden', 'configmaps "m" is forbidden: insufficient quota to consume: count/configmaps'));
  await putQuota(server, 'maps', { 'count/configmaps': '1' }, { 'count/configmaps': '0' });
  await server.create(maps('a'), map('m'));
  await server.create('/api/v1/namespaces/a/secrets', map('s'));
  const critical = { ...podOf('p'), spec: { priorityClassName: 'system-node-critical', containers: [{ name: 'c', image: 'i' }] } };
  await assert.rejects(server.create('/api/v1/namespaces/a/pods', critical), (error: unknown) => error instanceof ApiError && error.code === 500 && error.message === 'insufficient quota to match these scopes: [{PriorityClass In [system-node-critical]}]');
  const wrong = (value: object): (() => unknown) => () => limitedResources({ source: 'f', value });
  assert.throws(wrong({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'ResourceQuotaConfiguration', limitedResources: [{}] }), { message: 'f: limitedResources[0].resource: Required value' });
  assert.throws(wrong({ apiVersion: 'resourcequota.admission.k8s.io/v1', kind: 'Configuration' }), { message: 'f: wants resourcequota.admission.k8s.io/v1beta1 Configuration, not resourcequota.admission.k8s.io/v1 Configuration' });
});
