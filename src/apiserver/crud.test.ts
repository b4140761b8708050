import assert from 'node:assert/strict';
import test from 'node:test';
import { admin, refusal, TestServer } from './testing/server.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string, data: Record<string, string> = { k: 'v' }) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

test('create fills in metadata, get answers the same, update needs the latest version', async () => {
  await using api = await TestServer.start();
  const created = await api.create(configMaps, configMap('a'));
  assert.equal(created.metadata.namespace, 'default');
  assert.match(created.metadata.uid!, /^[0-9a-f-]{36}$/);
  assert.equal(created.metadata.creationTimestamp, '2026-01-01T00:00:00Z');
  assert.deepEqual(await api.get(`${configMaps}/a`), created);

  const updated = await api.update(`${configMaps}/a`, { ...created, data: { k: 'w' } });
  assert.notEqual(updated.metadata.resourceVersion, created.metadata.resourceVersion);
  assert.equal(updated.metadata.uid, created.metadata.uid);
  await assert.rejects(api.update(`${configMaps}/a`, { ...created, data: { k: 'x' } }), refusal('Conflict', 'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again'));
});

test('what changes nothing is not written, whatever the order of the fields', async () => {
  await using api = await TestServer.start();
  const created = await api.create(configMaps, configMap('a', { x: '1', y: '2' }));
  const before = api.store.revision;
  const same = await api.update(`${configMaps}/a`, { kind: 'ConfigMap', data: { y: '2', x: '1' }, metadata: { name: 'a' }, apiVersion: 'v1' });
  assert.equal(same.metadata.resourceVersion, created.metadata.resourceVersion);
  await api.patch(`${configMaps}/a`, { data: { x: '1' } });
  assert.equal(api.store.revision, before);
});

test('refusals are worded as upstream words them', async () => {
  await using api = await TestServer.start();
  const created = await api.create(configMaps, configMap('a'));
  await assert.rejects(api.create(configMaps, configMap('a')), refusal('AlreadyExists', 'configmaps "a" already exists'));
  await assert.rejects(api.get(`${configMaps}/b`), refusal('NotFound', 'configmaps "b" not found'));
  await assert.rejects(api.create(configMaps, { ...configMap('c'), metadata: { name: 'c', namespace: 'other' } }), refusal('BadRequest', 'the namespace of the provided object does not match the namespace sent on the request'));
  await assert.rejects(api.update(`${configMaps}/a`, configMap('b')), refusal('BadRequest', 'the name of the object (b) does not match the name on the URL (a)'));
  await assert.rejects(api.update(`${configMaps}/none`, configMap('none')), refusal('NotFound', 'configmaps "none" not found'));
  await assert.rejects(api.update(`${configMaps}/a`, { ...created, metadata: { ...created.metadata, uid: 'other' } }), refusal('Conflict', /Precondition failed: UID in precondition: other, UID in object meta: /));
  await assert.rejects(api.create(configMaps, configMap('Bad_Name')), refusal('Invalid', /^ConfigMap "Bad_Name" is invalid: metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist of/));
  await assert.rejects(api.create(configMaps, { ...configMap('d'), kind: 'Pod' }), refusal('BadRequest', /cannot be handled as a ConfigMap/));
  await assert.rejects(api.create(configMaps, { ...configMap('d'), apiVersion: 'v2' }), refusal('BadRequest', /cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2"/));
  await assert.rejects(api.create(configMaps, { ...configMap('d'), data: { a: 1 } }), refusal('BadRequest', 'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string'));
  await assert.rejects(api.get('/api/v1/namespaces/default/nothings'), refusal('NotFound', 'the server could not find the requested resource'));
  await assert.rejects(api.get('/apis/no.such.group/v1/things'), refusal('NotFound', '404 page not found'));
  await assert.rejects(api.create('/api/v1/configmaps', configMap('e')), refusal('MethodNotAllowed', 'the server does not allow this method on the requested resource'));
});

test('objects are not exported any longer', async () => {
  await using api = await TestServer.start();
  const created = await api.create(configMaps, configMap('a'));
  for (const path of [`${configMaps}/a?export=true`, `${configMaps}/a?export`, `${configMaps}/none?export=1`]) await assert.rejects(api.get(path), refusal('BadRequest', 'the export parameter, deprecated since v1.14, is no longer supported'));
  assert.deepEqual(await api.get(`${configMaps}/a?export=false`), created);
  await api.get(`${configMaps}?export=true`);
});

test('unknown fields: refused when strict, warned of by default', async () => {
  await using api = await TestServer.start();
  const odd = { ...configMap('a'), foo: 1, metadata: { name: 'a', bar: 2 } };
  await assert.rejects(api.create(`${configMaps}?fieldValidation=Strict`, odd), refusal('BadRequest', /strict decoding error: unknown field "foo", unknown field "metadata.bar"|strict decoding error: unknown field "metadata.bar", unknown field "foo"/));
  const created = await api.create(configMaps, odd);
  assert.equal('foo' in created, false);
});

test('generated names are tried again when they are taken', async () => {
  await using api = await TestServer.start();
  const names = new Set<string>();
  for (let i = 0; i < 20; i++) names.add((await api.create(configMaps, { ...configMap(''), metadata: { generateName: 'p-' } })).metadata.name!);
  assert.equal(names.size, 20);
  for (const name of names) assert.match(name, /^p-[a-z0-9]{5}$/);
});

test('a dry run answers as if, and writes nothing', async () => {
  await using api = await TestServer.start();
  const before = api.store.revision;
  const created = await api.create(`${configMaps}?dryRun=All`, configMap('a'));
  assert.equal(created.metadata.name, 'a');
  assert.equal('resourceVersion' in created.metadata, false);
  await assert.rejects(api.get(`${configMaps}/a`), refusal('NotFound'));
  await assert.rejects(api.create(`${configMaps}?dryRun=Some`, configMap('a')), refusal('Invalid', /supported values: "All"/));
  assert.equal(api.store.revision, before);
});

test('patches: merge, JSON and strategic', async () => {
  await using api = await TestServer.start();
  await api.create(configMaps, configMap('a'));
  assert.deepEqual((await api.patch(`${configMaps}/a`, { data: { k: null, l: '1' } })).data, { l: '1' });
  assert.deepEqual((await api.patch(`${configMaps}/a`, [{ op: 'add', path: '/data/m', value: '2' }], 'application/json-patch+json')).data, { l: '1', m: '2' });
  const labelled = await api.patch(`${configMaps}/a`, { metadata: { labels: { x: 'y' } } }, 'application/strategic-merge-patch+json');
  assert.deepEqual(labelled.metadata.labels, { x: 'y' });
  await assert.rejects(api.patch(`${configMaps}/a`, {}, 'application/apply-patch+yaml'), refusal('Invalid', 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'));
  await assert.rejects(api.patch(`${configMaps}/a`, { metadata: { resourceVersion: '1' } }), refusal('Conflict'));
  await assert.rejects(api.patch(`${configMaps}/a`, { metadata: { name: 'b' } }), refusal('BadRequest', 'the name of the object (b) does not match the name on the URL (a)'));
});

test('many writers at once lose nothing', async () => {
  await using api = await TestServer.start();
  await api.create(configMaps, configMap('a', {}));
  await Promise.all(Array.from({ length: 30 }, (_, i) => api.patch(`${configMaps}/a`, { data: { [`k${i}`]: 'v' } })));
  assert.equal(Object.keys((await api.get(`${configMaps}/a`)).data).length, 30);
});

test('deletion: a Status, preconditions, finalizers, propagation', async () => {
  await using api = await TestServer.start();
  const created = await api.create(configMaps, configMap('a'));
  await assert.rejects(api.delete(`${configMaps}/a`, { preconditions: { uid: 'other' } }), refusal('Conflict', /the UID in the precondition \(other\) does not match the UID in record/));
  const gone = await api.delete(`${configMaps}/a`);
  assert.deepEqual(gone, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: { name: 'a', kind: 'configmaps', uid: created.metadata.uid } });

  await api.create(configMaps, { ...configMap('b'), metadata: { name: 'b', finalizers: ['example.com/hold'] } });
  const held = await api.delete(`${configMaps}/b`);
  assert.equal(held.metadata.deletionTimestamp, '2026-01-01T00:00:00Z');
  assert.equal(held.metadata.deletionGracePeriodSeconds, 0);
  await assert.rejects(api.create(configMaps, configMap('b')), refusal('AlreadyExists', 'object is being deleted: configmaps "b" already exists'));
  await assert.rejects(api.patch(`${configMaps}/b`, { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } }), refusal('Invalid', /no new finalizers can be added/));
  await api.patch(`${configMaps}/b`, { metadata: { finalizers: null } });
  await assert.rejects(api.get(`${configMaps}/b`), refusal('NotFound'));

  await api.create(configMaps, configMap('c'));
  const foreground = await api.delete(`${configMaps}/c?propagationPolicy=Foreground`);
  assert.deepEqual(foreground.metadata.finalizers, ['foregroundDeletion']);
  await api.create(configMaps, configMap('d'));
  const orphaned = await api.delete(`${configMaps}/d`, { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Orphan' });
  assert.deepEqual(orphaned.metadata.finalizers, ['orphan']);
});

test('deletecollection deletes what its selector chooses', async () => {
  await using api = await TestServer.start();
  for (const [name, app] of [['a', 'x'], ['b', 'x'], ['c', 'y']]) await api.create(configMaps, { ...configMap(name!), metadata: { name, labels: { app } } });
  await api.delete(`${configMaps}?labelSelector=app%3Dx`);
  assert.deepEqual((await api.get(configMaps)).items.map((item) => item.metadata.name), ['c']);
});

test('bad requests over the local endpoint are refusals, not crashes', async () => {
  await using api = await TestServer.start();
  await assert.rejects(api.create(configMaps, 'text'), refusal('BadRequest'));
  await assert.rejects(api.create(configMaps, undefined), refusal('BadRequest', /unexpected end of JSON input/));
  await assert.rejects(api.request('GET', '/api/v1/namespaces/%zz/pods'), refusal('BadRequest'));
  await assert.rejects(api.server.local.watch({ method: 'GET', path: `${configMaps}?watch=1&resourceVersion=x`, user: admin }, () => {}), { code: 500, reason: '', message: 'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax' });
});

test('users are told what they may not do', async () => {
  await using api = await TestServer.start({ authorizers: [{ name: 'Deny', authorize: () => ({ verdict: 'no-opinion', reason: '' }) }] });
  await assert.rejects(api.get('/api/v1/namespaces/default/pods'), refusal('Forbidden', 'pods is forbidden: User "admin" cannot list resource "pods" in API group "" in the namespace "default"'));
  await assert.rejects(api.get('/apis/apps/v1/namespaces/default/deployments/x/scale'), refusal('Forbidden', 'deployments.apps "x" is forbidden: User "admin" cannot get resource "deployments/scale" in API group "apps" in the namespace "default"'));
  await assert.rejects(api.get('/api/v1/nodes'), refusal('Forbidden', 'nodes is forbidden: User "admin" cannot list resource "nodes" in API group "" at the cluster scope'));
  await assert.rejects(api.get('/version'), refusal('Forbidden', 'forbidden: User "admin" cannot get path "/version"'));
});

test('a generated name that is taken is given up for another', async () => {
  const suffixes = ['aaaaa', 'aaaaa', 'bbbbb'];
  const random = { float: () => 0.5, uuid: () => '00000000-0000-4000-8000-000000000000', suffix: () => suffixes.shift() ?? 'zzzzz' };
  await using api = await TestServer.start({ random });
  const make = async (): Promise<string> => (await api.create(configMaps, { ...configMap(''), metadata: { generateName: 'p-' } })).metadata.name!;
  assert.equal(await make(), 'p-aaaaa');
  assert.equal(await make(), 'p-bbbbb');
  assert.equal(await make(), 'p-zzzzz');
  await assert.rejects(make(), refusal('AlreadyExists', 'configmaps "p-zzzzz" already exists'));
});
