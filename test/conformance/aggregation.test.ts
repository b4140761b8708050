import assert from 'node:assert/strict';
import { once } from 'node:events';
import test from 'node:test';
import { connect } from 'node:tls';
import type { KubeObject } from '../../src/api/meta/object.ts';
import type { ResourceType } from '../../src/api/resource-type.ts';
import { apiservices, customresourcedefinitions, endpointslices, namespaces, services } from '../../src/api/resources.ts';
import type { APIService } from '../../src/api/types/apiregistration/v1.ts';
import { SampleApiServer } from './sample-api-server.ts';
import type { Field } from './world.ts';
import { found, refusal, World } from './world.ts';

const group = 'wardle.example.com';
const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const flundersOf = (version: string): ResourceType<KubeObject> => ({ group, version, resource: 'flunders', kind: 'Flunder', namespaced: true });
const flunder = (version: string, namespace: string, name: string): KubeObject => ({ apiVersion: `${group}/${version}`, kind: 'Flunder', metadata: { namespace, name, labels: { 'sample-label': 'true' } } });

const available = ({ status }: APIService) => status?.conditions?.find(({ type }) => type === 'Available');

/** A cluster with the sample API server behind it. */
async function registered(options: Parameters<typeof SampleApiServer.start>[2] = {}, worldOptions: Parameters<typeof World.start>[0] = { controllers: false }) {
  const undo = new AsyncDisposableStack();
  const world = undo.use(await World.start(worldOptions));
  const sample = undo.use(await SampleApiServer.start(world, 'default', options));
  const name = await sample.register(world, 'default');
  await world.until('the API service to be available', async () => available(await world.client.get(apiservices, { name }))?.status === 'True');
  return { world, sample, name, [Symbol.asyncDispose]: () => undo.disposeAsync() };
}

/** The group and version in a document of aggregated discovery. */
async function discovered(world: World, version: string): Promise<{ readonly freshness?: string; readonly resources?: readonly { readonly resource: string }[] } | undefined> {
  const { items } = (await world.http('GET', '/apis', { accept: aggregatedType })).json as unknown as { items: { metadata: { name: string }; versions: { version: string; freshness: string; resources?: { resource: string }[] }[] }[] };
  return items.find(({ metadata }) => metadata.name === group)?.versions.find((one) => one.version === version);
}

test('[sig-api-machinery] Aggregator Should be able to support the 1.17 Sample API Server using the current Aggregator [LinuxOnly] [Conformance]', async () => {
  await using here = await registered();
  const { world, name, sample } = here;
  const { client } = world;
  const flunders = flundersOf('v1alpha1');

  // As a plain REST client does it.
  const path = `/apis/${group}/v1alpha1/namespaces/default/flunders`;
  const created = await world.http('POST', path, { body: flunder('v1alpha1', 'default', 'rest-flunder') });
  assert.equal(created.status, 201);
  assert.deepEqual([created.json['apiVersion'], created.json['kind'], created.json['metadata']!['name']] as unknown[], [`${group}/v1alpha1`, 'Flunder', 'rest-flunder']);
  assert.equal(((await world.http('GET', path)).json['items'] as unknown as unknown[]).length, 1);
  assert.equal((await world.http('DELETE', `${path}/rest-flunder`)).status, 200);
  assert.equal(((await world.http('GET', path)).json['items'] as unknown as unknown[]).length, 0);
  assert.ok(sample.asked.some(({ user, groups, authorization }) => user === 'conformance' && groups.includes('system:masters') && authorization === undefined));

  // As a dynamic client, by what discovery says.
  const listed = (await world.http('GET', `/apis/${group}/v1alpha1`)).json['resources'] as unknown as { name: string }[];
  assert.ok(listed.some((one) => one.name === 'flunders'));
  await client.create(flunders, flunder('v1alpha1', 'default', 'dynamic-flunder'));
  assert.equal((await client.list(flunders, { namespace: 'default' })).items.length, 1);

  const status = await client.getSubresource<APIService>(apiservices, { name }, 'status');
  assert.equal(status.status?.conditions?.[0]?.message, 'all checks passed');
  const patched = await client.patch(apiservices, { name }, { type: 'merge', value: { spec: { versionPriority: 400 } } });
  assert.equal(patched.spec?.versionPriority, 400);
  assert.ok((await client.list(apiservices)).items.some(({ metadata }) => metadata.name === name));
  await client.patch(apiservices, { name }, { type: 'strategic', value: { metadata: { labels: { 'e2e-apiservice': 'patched' } } } });

  const condition = (type: string, message: string) => ({ type, status: 'True', reason: 'E2E', message });
  await world.retry(apiservices, { name }, (service) => ({ ...service, status: { conditions: [...service.status!.conditions!, condition('StatusUpdated', 'Set from e2e test')] } }), 'status');
  assert.ok((await client.get(apiservices, { name })).status?.conditions?.some(({ type, message }) => type === 'StatusUpdated' && message === 'Set from e2e test'));
  const replaced = await world.retry(apiservices, { name }, (service) => ({ ...service, metadata: { ...service.metadata, labels: { [name]: 'updated' } } }));
  assert.equal(replaced.metadata.labels?.[name], 'updated');

  await client.delete(flunders, { namespace: 'default', name: 'dynamic-flunder' });
  await assert.rejects(client.get(flunders, { namespace: 'default', name: 'dynamic-flunder' }), refusal('NotFound', `flunders.${group} "dynamic-flunder" not found`));
  await client.create(flunders, flunder('v1alpha1', 'default', 'dynamic-flunder'));
  const conditions = (await client.get(apiservices, { name })).status!.conditions!;
  await client.patch(apiservices, { name }, { type: 'merge', value: { status: { conditions: [...conditions, condition('StatusPatched', 'Set by e2e test')] } } }, { subresource: 'status' });
  assert.ok((await client.get(apiservices, { name })).status?.conditions?.some(({ type }) => type === 'StatusPatched'));

  await client.deleteCollection(apiservices, undefined, { labelSelector: `${name}=updated` });
  await world.untilGone(apiservices, { name });
  assert.equal((await world.http('GET', path)).status, 404);
});

test('[sig-api-machinery] OpenAPIV3 should contain OpenAPI V3 for Aggregated APIServer', async () => {
  await using here = await registered({ version: 'v1beta1' });
  const { world, name } = here;
  const urlOf = async (): Promise<string | undefined> => ((await world.http('GET', '/openapi/v3')).json['paths']?.[`apis/${group}/v1beta1`] as Field | undefined)?.['serverRelativeURL'] as string | undefined;
  const url = await world.until('its OpenAPI', urlOf);
  const document = (await world.http('GET', url)).json;
  assert.ok(Object.keys(document['paths']!).includes(`/apis/${group}/v1beta1/namespaces/{namespace}/flunders`));
  assert.equal((await world.http('GET', '/openapi/v3')).json['paths']!['apis/else/v1'], undefined, 'what it is not registered for');
  await world.client.delete(apiservices, { name });
  await world.until('its OpenAPI to go', async () => (await urlOf()) === undefined);
  assert.equal((await world.http('GET', url)).status, 404);
});

test('what another server serves is in discovery, plain and aggregated, and is stale while it cannot be asked', async () => {
  for (const plainDiscovery of [false, true]) {
    await using here = await registered({ plainDiscovery });
    const { world, sample } = here;
    await world.until('discovery', async () => (await discovered(world, 'v1alpha1'))?.freshness === 'Current');
    const entry = (await discovered(world, 'v1alpha1'))!;
    assert.deepEqual(entry.resources?.map(({ resource }) => resource), ['flunders']);
    assert.deepEqual((entry.resources as unknown as { subresources: object[] }[])[0]!.subresources.map((one) => Object.keys(one).sort()), [['responseKind', 'subresource', 'verbs']]);
    const groups = (await world.http('GET', '/apis')).json['groups'] as unknown as { name: string; preferredVersion: { version: string } }[];
    assert.equal(groups.at(-1)!.name, group, 'by priority');
    assert.equal(groups[0]!.name, 'apiregistration.k8s.io');
    assert.deepEqual((await world.http('GET', `/apis/${group}`)).json['preferredVersion'] as unknown, { groupVersion: `${group}/v1alpha1`, version: 'v1alpha1' });
    sample.failing = 503;
    await world.until('it to be stale', async () => (await discovered(world, 'v1alpha1'))?.freshness === 'Stale', 200_000);
    assert.deepEqual((await discovered(world, 'v1alpha1'))!.resources?.map(({ resource }) => resource), ['flunders'], 'what was known of it stays');
    assert.equal((await world.http('GET', '/apis/apps/v1')).status, 200);
  }
});

test('conditions of API services say what is wrong', async () => {
  await using here = await registered();
  const { world, sample, name } = here;
  const { client } = world;
  const condition = async (reason: string): Promise<string> => {
    await world.until(reason, async () => available(await client.get(apiservices, { name }))?.reason === reason);
    const { status, message } = available(await client.get(apiservices, { name }))!;
    return `${status}: ${message}`;
  };
  assert.equal(await condition('Passed'), 'True: all checks passed');
  const { http } = { http: (path: string) => world.http('GET', path) };
  sample.failing = 500;
  assert.equal(await condition('FailedDiscoveryCheck'), `False: failing or missing response from https://10.244.9.9:443/apis/${group}/v1alpha1: bad status from https://10.244.9.9:443/apis/${group}/v1alpha1: 500`);
  const refused = await http(`/apis/${group}/v1alpha1/namespaces/default/flunders`);
  assert.deepEqual([refused.status, refused.contentType, refused.text], [503, 'text/plain; charset=utf-8', 'service unavailable\n']);
  sample.failing = undefined;
  world.backends.set('10.244.9.9:443', { host: '127.0.0.1', port: 1 });
  assert.match(await condition('FailedDiscoveryCheck'), /./);
  await world.until('refusal', async () => /connect: connection refused$/.test(available(await client.get(apiservices, { name }))?.message ?? ''));
  world.backends.set('10.244.9.9:443', { host: '127.0.0.1', port: sample.port });
  await condition('Passed');

  await client.patch(endpointslices, { namespace: 'default', name: 'sample-api-1' }, { type: 'merge', value: { endpoints: [{ addresses: ['10.244.9.9'], conditions: { ready: false } }] } });
  assert.equal(await condition('MissingEndpoints'), 'False: endpointslices for service/sample-api in "default" have no addresses with port name ""');
  await client.delete(endpointslices, { namespace: 'default', name: 'sample-api-1' });
  assert.equal(await condition('EndpointsNotFound'), 'False: cannot find endpointslices for service/sample-api in "default"');
  await client.patch(services, { namespace: 'default', name: 'sample-api' }, { type: 'merge', value: { spec: { ports: [{ port: 8443 }] } } });
  assert.equal(await condition('ServicePortError'), 'False: service/sample-api in "default" is not listening on port 7443');
  await client.delete(services, { namespace: 'default', name: 'sample-api' });
  assert.equal(await condition('ServiceNotFound'), 'False: service/sample-api in "default" is not present');
});

test('whoever may not is refused before anybody is asked; who may is named to the other server', async () => {
  await using here = await registered();
  const { world, sample } = here;
  const flunders = flundersOf('v1alpha1');
  const before = sample.asked.filter(({ path }) => path.includes('/flunders')).length;
  await assert.rejects(world.as('nobody').list(flunders, { namespace: 'default' }), refusal('Forbidden', `User "nobody" cannot list resource "flunders" in API group "${group}" in the namespace "default"`));
  assert.equal(sample.asked.filter(({ path }) => path.includes('/flunders')).length, before);
  await world.plane.server.local.request({ method: 'GET', path: `${sample.base}/namespaces/default/flunders`, user: { name: 'jané', groups: ['system:masters', 'b'], extra: { 'Reason/why': ['x', 'y'] } } as never });
  const last = sample.asked.at(-1)!;
  assert.equal(Buffer.from(last.user!, 'latin1').toString(), 'jané');
  assert.deepEqual(last.groups, ['system:masters', 'b', 'system:authenticated']);
  assert.deepEqual(last.extra, ['x', 'y']);
  // It sends nobody anywhere else.
  const away = await world.http('GET', `${sample.base}/namespaces/default/flunders/away`);
  assert.deepEqual([away.status, away.text], [502, 'the backend attempted to redirect this request, which is not permitted']);
});

test('watches of another server\'s resources stream', async () => {
  await using here = await registered();
  const { world } = here;
  const flunders = flundersOf('v1alpha1');
  const watched = await world.watch(flunders, { namespace: 'default' });
  await world.until('the watch to be there', async () => {
    await world.client.create(flunders, flunder('v1alpha1', 'default', `f-${watched.events.length}`));
    return watched.events.length > 0;
  });
  await world.client.delete(flunders, { namespace: 'default', name: 'f-0' });
  await world.until('its end', () => watched.events.some(({ type }) => type === 'DELETED'));
  watched.stop();
});

test('connection upgrades are passed on, both ways', async () => {
  await using here = await registered();
  const { world, sample } = here;
  await world.http('GET', '/version');
  const socket = connect({ host: '127.0.0.1', port: world.plane.server.address!.port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const chunks: string[] = [];
  let heard = (): void => {};
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    chunks.push(chunk);
    heard();
  });
  const until = async (pattern: RegExp): Promise<void> => { while (!pattern.test(chunks.join(''))) await new Promise<void>((resolve) => { heard = resolve; }); };
  socket.write(`GET ${sample.base}/namespaces/default/flunders/x/connect?a=b HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer conformance-admin\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Remote-User: somebody-else\r\n\r\n`);
  await until(/\r\n\r\n$/);
  assert.match(chunks.join(''), /^HTTP\/1\.1 101 .*X-User: conformance\r\n/s);
  socket.write('hello');
  await until(/hello$/);
  assert.equal(sample.asked.at(-1)!.path, `${sample.base}/namespaces/default/flunders/x/connect?a=b`);
  sample.failing = 500;
  await world.until('it not to be available', async () => available(await world.client.get(apiservices, { name: here.name }))?.status === 'False');
  socket.destroy();
  const refused = connect({ host: '127.0.0.1', port: world.plane.server.address!.port, rejectUnauthorized: false });
  await once(refused, 'secureConnect');
  refused.write(`GET ${sample.base}/namespaces/default/flunders/x/connect HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer conformance-admin\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`);
  let text = '';
  for await (const chunk of refused) text += String(chunk);
  assert.match(text, /^HTTP\/1\.1 503 Service Unavailable\r\n.*"service unavailable"/s);
});

test('a namespace is emptied of what another server keeps, or says that it cannot be', async () => {
  await using here = await registered({}, { nodes: 0 });
  const { world, sample } = here;
  const { client } = world;
  const flunders = flundersOf('v1alpha1');
  await world.namespace('emptied');
  await client.create(flunders, flunder('v1alpha1', 'emptied', 'one'));
  await client.delete(namespaces, { name: 'emptied' });
  await world.untilGone(namespaces, { name: 'emptied' });
  assert.equal((await client.list(flunders, { namespace: 'emptied' })).items.length, 0);

  await world.namespace('stuck');
  sample.failing = 503;
  await world.until('it not to be available', async () => available(await client.get(apiservices, { name: here.name }))?.status === 'False');
  await client.delete(namespaces, { name: 'stuck' });
  await world.until('the condition', async () => (await client.get(namespaces, { name: 'stuck' })).status?.conditions?.some(({ type, status, reason }) => type === 'NamespaceDeletionDiscoveryFailure' && status === 'True' && reason === 'DiscoveryFailed'));
  const text = await world.plane.server.metrics.render();
  assert.match(text, /^aggregator_unavailable_apiservice\{name="v1alpha1.wardle.example.com"\} 1$/m);
  assert.match(text, /^aggregator_unavailable_apiservice\{name="v1.apps"\} 0$/m);
  assert.match(text, /^aggregator_unavailable_apiservice_total\{name="v1alpha1.wardle.example.com",reason="FailedDiscoveryCheck"\} 1$/m);
  assert.match(text, /^workqueue_adds_total\{name="namespace"\} [1-9]/m);
  sample.failing = undefined;
  await world.untilGone(namespaces, { name: 'stuck' });
});

test('this server\'s own versions have API services, and those of custom resources come and go', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  await world.until('its API services', async () => (await world.http('GET', '/readyz')).status === 200);
  assert.match((await world.http('GET', '/readyz?verbose')).text, /^\[\+\]autoregister-completion ok$/m);
  const apps = await client.get(apiservices, { name: 'v1.apps' });
  assert.deepEqual(apps.metadata.labels, { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' });
  assert.deepEqual(apps.spec, { group: 'apps', version: 'v1', groupPriorityMinimum: 17_800, versionPriority: 15 });
  assert.deepEqual([available(apps)?.status, available(apps)?.reason, available(apps)?.message], ['True', 'Local', 'Local APIServices are always available']);
  assert.deepEqual((await client.get(apiservices, { name: 'v1.' })).spec, { version: 'v1', groupPriorityMinimum: 18_000, versionPriority: 1 });
  assert.equal(await found(client.get(apiservices, { name: 'v1.apiregistration.k8s.io' })), undefined);

  const name = `v1.stable.example.com`;
  await client.create(customresourcedefinitions, {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'crontabs.stable.example.com' },
    spec: { group: 'stable.example.com', scope: 'Namespaced', names: { plural: 'crontabs', singular: 'crontab', kind: 'CronTab', listKind: 'CronTabList' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }] },
  });
  const custom = await world.until('its API service', () => found(client.get(apiservices, { name })));
  assert.deepEqual([custom.metadata.labels?.['kube-aggregator.kubernetes.io/automanaged'], custom.spec?.groupPriorityMinimum, custom.spec?.versionPriority], ['true', 1000, 100]);
  await client.delete(apiservices, { name });
  await world.until('it to be back', () => found(client.get(apiservices, { name })));
  await client.delete(customresourcedefinitions, { name: 'crontabs.stable.example.com' });
  await world.untilGone(apiservices, { name });
});

test('Swagger holds what other servers have below their own paths; what cannot be used is left out', async () => {
  {
    await using here = await registered();
    const { world } = here;
    const swagger = async (): Promise<Field> => (await world.http('GET', '/openapi/v2', { accept: 'application/json' })).json;
    const path = `/apis/${group}/v1alpha1/namespaces/{namespace}/flunders`;
    await world.until('its paths', async () => (await swagger())['paths']![path] !== undefined);
    const document = await swagger();
    assert.notEqual(document['paths']!['/api/v1/pods']!['get']!['operationId'] as unknown, 'stolen');
    const definitions = document['definitions'] as unknown as Record<string, { description?: string; properties?: { metadata: { $ref: string } } }>;
    assert.equal(definitions['example.wardle.Flunder']?.properties?.metadata.$ref, '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta_v2');
    assert.equal(definitions['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta_v2']?.description, 'as the sample knows it');
    assert.ok(!Object.hasOwn(definitions, 'unused'));
    assert.equal((await world.http('GET', '/openapi/v2', { accept: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf' })).status, 200);
  }
  await using here = await registered({ brokenOpenApi: true });
  const { world } = here;
  await world.until('discovery', async () => (await discovered(world, 'v1alpha1'))?.freshness === 'Current');
  const document = (await world.http('GET', '/openapi/v2', { accept: 'application/json' })).json;
  assert.equal(document['paths']![`/apis/${group}/v1alpha1/x`], undefined);
  assert.ok(document['paths']!['/api/v1/pods']);
});
