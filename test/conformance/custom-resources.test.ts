/** Conformance of CustomResourceDefinitions: their life, their instances' watches, defaults and selectors, conversion. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { customresourcedefinitions, namespaces } from '../../src/api/resources.ts';
import type { CustomResourceConversion, CustomResourceDefinition, JSONSchemaProps } from '../../src/api/types/apiextensions/v1.ts';
import { LoopbackServer } from '../../src/apiserver/testing/loopback-server.ts';
import { customOf, defineIn, definitionOf, openSchema, typeOf, undefineIn, version } from './custom-resource-world.ts';
import type { Custom } from './custom-resource-world.ts';
import type { Watched } from './world.ts';
import { apiOperations, found, inDiscovery, World } from './world.ts';

const plain = (): CustomResourceDefinition => definitionOf('mygroup.example.com', 'WishIHadChosenNoxu', { versions: [version('v1beta1', openSchema)] });

test('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple CustomResourceDefinition creating/deleting custom resource definition objects works [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const definition = await defineIn(world, plain());
  await inDiscovery(world, typeOf(definition));
  await undefineIn(world, definition);
  assert.ok(!JSON.stringify(await world.client.raw('GET', '/apis')).includes('mygroup.example.com'));
});

test('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple CustomResourceDefinition listing custom resource definition objects works [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const labels = { 'e2e-list-test-uuid': 'list' };
  const made: CustomResourceDefinition[] = [];
  for (let i = 0; i < 10; i++) {
    const definition = definitionOf('list.example.com', `Listed${i}`, { versions: [version('v1', openSchema)] });
    made.push(await defineIn(world, { ...definition, metadata: { ...definition.metadata, labels } }));
  }
  const other = await defineIn(world, plain());
  const selector = { labelSelector: 'e2e-list-test-uuid=list' };
  const { items } = await world.client.list(customresourcedefinitions, {}, selector);
  assert.deepEqual(items.map(({ spec }) => spec), made.map(({ spec }) => spec));
  await world.client.deleteCollection(customresourcedefinitions, {}, selector);
  await world.until('the definitions to be gone', async () => (await world.client.list(customresourcedefinitions, {}, selector)).items.length === 0);
  assert.ok(await world.client.get(customresourcedefinitions, { name: other.metadata.name! }));
});

test('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] Simple CustomResourceDefinition getting/updating/patching custom resource definition status sub-resource works [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { metadata: { name = '' }, spec } = await defineIn(world, plain());
  const status = await world.client.getSubresource<CustomResourceDefinition>(customresourcedefinitions, { name }, 'status');
  assert.deepEqual(status.spec, spec);
  const added = { type: '', status: '', message: 'updated' };
  const updated = await world.client.update(customresourcedefinitions, { ...status, status: { ...status.status, conditions: [...(status.status?.conditions ?? []), added] } }, { subresource: 'status' });
  assert.equal(updated.status?.conditions?.at(-1)?.message, 'updated');
  const patched = await world.client.patch(customresourcedefinitions, { name }, { type: 'json', operations: [{ op: 'add', path: '/status/conditions', value: [{ message: 'patched' }] }] }, { subresource: 'status' });
  assert.equal(patched.status?.conditions?.[0]?.message, 'patched');
});

test('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] should include custom resource definition resources in discovery documents [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  await inDiscovery(world, customresourcedefinitions);
});

test('[sig-api-machinery] CustomResourceDefinition resources [Privileged:ClusterAdmin] custom resource defaulting for requests and from storage works [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const definition = await defineIn(world, definitionOf('mygroup.example.com', 'Noxu', { versions: [version('v1beta1', { ...openSchema, properties: { a: { type: 'string' }, b: { type: 'string' } } })] }));
  const type = typeOf(definition);
  const { name = '' } = definition.metadata;
  const properties = '/spec/versions/0/schema/openAPIV3Schema/properties';
  const first = await world.client.create(type, customOf(type, 'cr-1'));
  assert.equal(first['a'], undefined);
  await world.client.patch(customresourcedefinitions, { name }, { type: 'json', operations: [{ op: 'add', path: `${properties}/a/default`, value: 'A' }] });
  const read = await world.until('the default on reading', async () => {
    const now = await world.client.get(type, { name: 'cr-1' });
    return now['a'] === undefined ? undefined : now;
  });
  assert.equal(read['a'], 'A');
  assert.equal((await world.client.create(type, customOf(type, 'cr-2')))['a'], 'A');
  await world.client.patch(customresourcedefinitions, { name }, { type: 'json', operations: [{ op: 'remove', path: `${properties}/a/default` }, { op: 'add', path: `${properties}/b/default`, value: 'B' }] });
  const second = await world.until('the other default', async () => {
    const now = await world.client.get(type, { name: 'cr-2' });
    return now['b'] === undefined ? undefined : now;
  });
  assert.deepEqual([second['a'], second['b']], ['A', 'B']);
});

test('[sig-api-machinery] CustomResourceDefinition Watch [Privileged:ClusterAdmin] CustomResourceDefinition Watch watch on custom resource definition objects [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  // An int64 that no double has: upstream's objects hold it.
  const largest = 9_223_372_036_854_775_807n;
  const type = typeOf(await defineIn(world, plain()));
  const watches = { name1: await world.watch(type, {}, { fieldSelector: 'metadata.name=name1' }), name2: await world.watch(type, {}, { fieldSelector: 'metadata.name=name2' }) };
  for (const name of ['name1', 'name2']) assert.ok((await world.client.create(type, customOf(type, name, { content: { key: 'value' }, num: { num1: largest, num2: 1_000_000 } }))).metadata.uid);
  for (const name of ['name1', 'name2']) await world.client.patch(type, { name }, { type: 'json', operations: [{ op: 'add', path: '/dummy', value: 'test' }] });
  for (const name of ['name1', 'name2']) await world.client.delete(type, { name });
  await world.clock.settle();
  for (const [name, { events, stop }] of Object.entries(watches)) {
    assert.deepEqual(events.map(({ type: what, object }) => `${what} ${object.metadata.name}`), [`ADDED ${name}`, `MODIFIED ${name}`, `DELETED ${name}`]);
    for (const { object } of events) assert.deepEqual((object as { num?: unknown }).num, { num1: largest, num2: 1_000_000 });
    stop();
  }
});

interface Review { readonly request: { readonly uid: string; readonly desiredAPIVersion: string; readonly objects: readonly (Custom & { host?: string; port?: string; hostPort?: string })[] } }

/** What the e2e test's image does: v1 has one `hostPort`, v2 has `host` and `port`. */
async function startConverter(): Promise<{ readonly server: LoopbackServer; readonly conversion: CustomResourceConversion }> {
  const server = await LoopbackServer.start((asked) => {
    const { request: { uid, desiredAPIVersion, objects } } = asked.body as Review;
    const convertedObjects = objects.map(({ hostPort, host, port, ...object }) => {
      if (desiredAPIVersion.endsWith('/v1')) return { ...object, apiVersion: desiredAPIVersion, ...(host !== undefined && { hostPort: `${host}:${port ?? ''}` }) };
      const [first, second] = hostPort?.split(':') ?? [];
      return { ...object, apiVersion: desiredAPIVersion, ...(hostPort !== undefined && { host: first, port: second }) };
    });
    return { body: { kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1', response: { uid, convertedObjects, result: { status: 'Success' } } } };
  });
  return { server, conversion: { strategy: 'Webhook', webhook: { clientConfig: { url: `${server.url}/crdconvert`, caBundle: btoa(server.ca) }, conversionReviewVersions: ['v1', 'v1beta1'] } } };
}

const strings = (...names: readonly string[]): JSONSchemaProps => ({ type: 'object', properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])) });
const ns = 'default';

test('[sig-api-machinery] CustomResourceConversionWebhook [Privileged:ClusterAdmin] should be able to convert from CR v1 to CR v2 [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { server, conversion } = await startConverter();
  await using _ = server;
  const definition = await defineIn(world, definitionOf('stable.example.com', 'Converted', { scope: 'Namespaced', versions: [version('v1', strings('hostPort')), version('v2', strings('host', 'port'), { storage: false })], conversion }));
  const [v1, v2] = [typeOf(definition, 'v1'), typeOf(definition, 'v2')];
  await world.client.create(v1, customOf(v1, 'cr-instance-1', { hostPort: 'localhost:8080', metadata: { namespace: ns } }));
  const read = await world.client.get(v2, { namespace: ns, name: 'cr-instance-1' });
  assert.deepEqual([read.apiVersion, read['hostPort'], read['host'], read['port']], ['stable.example.com/v2', undefined, 'localhost', '8080']);
});

test('[sig-api-machinery] CustomResourceConversionWebhook [Privileged:ClusterAdmin] should be able to convert a non homogeneous list of CRs [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { server, conversion } = await startConverter();
  await using _ = server;
  const definition = await defineIn(world, definitionOf('stable.example.com', 'Converted', { scope: 'Namespaced', versions: [version('v1', strings('hostPort')), version('v2', strings('host', 'port'), { storage: false })], conversion }));
  const [v1, v2] = [typeOf(definition, 'v1'), typeOf(definition, 'v2')];
  await world.client.create(v1, customOf(v1, 'cr-instance-1', { hostPort: 'localhost:8080', metadata: { namespace: ns } }));
  await world.retry(customresourcedefinitions, { name: definition.metadata.name! }, (now) => ({ ...now, spec: { ...now.spec, versions: now.spec.versions.map((one) => ({ ...one, storage: one.name === 'v2' })) } }));
  await world.client.create(v1, customOf(v1, 'cr-instance-2', { hostPort: 'localhost:8080', metadata: { namespace: ns } }));
  for (const [type, fields] of [[v1, { hostPort: 'localhost:8080' }], [v2, { host: 'localhost', port: '8080' }]] as const) {
    const { items } = await world.client.list(type, { namespace: ns });
    assert.equal(items.length, 2);
    for (const item of items) {
      const { metadata: _metadata, ...rest } = item;
      assert.deepEqual(rest, { apiVersion: `stable.example.com/${type.version}`, kind: 'Converted', ...fields });
    }
  }
  const stored = (await world.client.get(customresourcedefinitions, { name: definition.metadata.name! })).status?.storedVersions;
  assert.deepEqual(stored, ['v1', 'v2']);
});

test('[sig-api-machinery] CustomResourceFieldSelectors [Privileged:ClusterAdmin] CustomResourceFieldSelectors MUST list and watch custom resources matching the field selector [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const { server, conversion } = await startConverter();
  await using _ = server;
  const definition = await defineIn(world, definitionOf('stable.example.com', 'Selectable', {
    scope: 'Namespaced', conversion,
    versions: [version('v1', strings('hostPort'), { selectableFields: [{ jsonPath: '.hostPort' }] }), version('v2', strings('host', 'port'), { storage: false, selectableFields: [{ jsonPath: '.host' }, { jsonPath: '.port' }] })],
  }));
  const [v1, v2] = [typeOf(definition, 'v1'), typeOf(definition, 'v2')];
  const scope = { namespace: ns };
  const watches: [string, readonly string[], Watched<Custom>][] = [
    ['host=host1', ['ADDED a', 'ADDED b', 'DELETED a', 'DELETED b'], await world.watch(v2, scope, { fieldSelector: 'host=host1' })],
    ['host=host1,port=80', ['ADDED a', 'DELETED a'], await world.watch(v2, scope, { fieldSelector: 'host=host1,port=80' })],
    ['hostPort=host1:80', ['ADDED a', 'DELETED a'], await world.watch(v1, scope, { fieldSelector: 'hostPort=host1:80' })],
  ];
  for (const [name, fields] of Object.entries({ a: { host: 'host1', port: '80' }, b: { host: 'host1', port: '8080' }, c: { host: 'host2' } })) await client.create(v2, customOf(v2, name, { ...fields, metadata: scope }));
  const names = async (type: typeof v1, fieldSelector: string): Promise<unknown[]> => (await client.list(type, scope, { fieldSelector })).items.map(({ metadata }) => metadata.name);
  assert.deepEqual(await names(v2, 'host=host1'), ['a', 'b']);
  assert.deepEqual(await names(v2, 'host=host1,port=80'), ['a']);
  assert.deepEqual(await names(v1, 'hostPort=host1:80'), ['a']);
  assert.deepEqual(await names(v1, 'hostPort=host1:8080'), ['b']);
  await client.deleteCollection(v2, scope, { fieldSelector: 'host=host1,port=80', gracePeriodSeconds: 0 });
  const b = await client.get(v2, { ...scope, name: 'b' });
  await client.update(v2, { ...structuredClone(b), host: 'host2' });
  assert.deepEqual(await names(v2, 'host=host1'), []);
  assert.deepEqual(await names(v2, 'host=host1,port=80'), []);
  for (const [selector, expected, { events, stop }] of watches) {
    await world.until(`events of ${selector}`, () => events.length >= expected.length);
    assert.deepEqual(events.map(({ type, object }) => `${type} ${object.metadata.name}`), expected, selector);
    stop();
  }
});

test('custom resources support the operations that built-in kinds do, go with their namespace, and are found by the garbage collector', async () => {
  await using world = await World.start({ nodes: 0 });
  const { client } = world;
  const schema: JSONSchemaProps = { type: 'object', properties: { spec: openSchema, status: openSchema } };
  const definition = await defineIn(world, definitionOf('life.example.com', 'Living', { scope: 'Namespaced', versions: [version('v1', schema, { subresources: { status: {} } })] }));
  const type = typeOf(definition);
  await apiOperations(world, type, (name) => customOf(type, name, { spec: { color: 'red' } }), { namespace: ns, status: true, statusPatch: { status: { phase: 'Fine' } }, statusKeepsMetadata: true });

  // The second lives in a version that its group does not prefer.
  const elder = await defineIn(world, definitionOf('life.example.com', 'Elder', { scope: 'Namespaced', versions: [version('v1beta1', schema)] }));
  await world.namespace('leaving');
  for (const each of [type, typeOf(elder)]) {
    const owner = await client.create(each, customOf(each, 'owner', { metadata: { namespace: ns } }));
    const ownerReferences = [{ apiVersion: `${each.group}/${each.version}`, kind: each.kind, name: 'owner', uid: owner.metadata.uid! }];
    await client.create(each, customOf(each, 'owned', { metadata: { namespace: ns, ownerReferences } }));
    await client.delete(each, { namespace: ns, name: 'owner' }, { propagationPolicy: 'Background' });
    await world.until(`the dependent ${each.kind} to be collected`, async () => (await found(client.get(each, { namespace: ns, name: 'owned' }))) === undefined);
    await client.create(each, customOf(each, 'resident', { metadata: { namespace: 'leaving' } }));
  }
  await client.delete(namespaces, { name: 'leaving' });
  await world.untilGone(namespaces, { name: 'leaving' });
  assert.deepEqual((await client.list(typeOf(elder))).items, []);
  await undefineIn(world, elder);
  await undefineIn(world, definition);
});
