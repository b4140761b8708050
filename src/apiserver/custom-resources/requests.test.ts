import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpServer } from '../testing/https-server.ts';
import { refusal, TestServer } from '../testing/server.ts';
import { define, definitionsPath, schemaOf, versionOf, widget, widgets } from './testing/definitions.ts';

const resource = '/apis/example.com/v1/namespaces/default/widgets';
const scaled = versionOf('v1', {
  schema: schemaOf({ color: { type: 'string' }, replicas: { type: 'integer' }, list: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], items: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, value: { type: 'integer' } } } } }, { phase: { type: 'string', default: 'New' }, replicas: { type: 'integer' }, selector: { type: 'string' } }),
  subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' } },
  additionalPrinterColumns: [{ name: 'Color', type: 'string', jsonPath: '.spec.color' }],
  selectableFields: [{ jsonPath: '.spec.color' }],
});

/** A server behind HTTPS with widgets. */
async function startHttp(definition = widgets([scaled])): Promise<HttpServer> {
  const server = await HttpServer.start();
  assert.equal((await server.ask('POST', definitionsPath, JSON.stringify(definition), { 'content-type': 'application/json' })).code, 201);
  for (let tries = 0; (await server.ask('GET', resource)).code !== 200; tries++) assert.ok(tries < 1000, 'the definition is served');
  return server;
}

test('fields that the schema does not know are refused, warned of or passed over, duplicates too', async () => {
  await using server = await startHttp();
  const post = (validation: string, body: string, contentType = 'application/json') => server.ask('POST', `${resource}?fieldValidation=${validation}&dryRun=All`, body, { 'content-type': contentType });
  const body = '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a","nick":"b"},"spec":{"color":"x","color":"red","size":3}}';
  const strict = await post('Strict', body);
  assert.equal(strict.json.message, 'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "metadata.nick", duplicate field "spec.color", unknown field "spec.size"');
  const warned = await post('Warn', body);
  assert.equal(warned.code, 201);
  assert.deepEqual(warned.headers['warning'], '299 - "unknown field \\"metadata.nick\\"", 299 - "duplicate field \\"spec.color\\"", 299 - "unknown field \\"spec.size\\""');
  assert.deepEqual((await post('Ignore', body)).json['spec'], { color: 'red' });
  const yaml = await post('Strict', 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec:\n  color: red\n  color: blue\n', 'application/yaml');
  assert.match(yaml.json.message, /line 6: key "color" already set in map/);
});

test('what is no widget is refused in the words of upstream', async () => {
  await using server = await startHttp();
  const post = async (object: object | string, contentType = 'application/json'): Promise<string> => {
    const { code, json } = await server.ask('POST', resource, typeof object === 'string' ? object : JSON.stringify(object), { 'content-type': contentType });
    return `${code} ${json.message}`;
  };
  assert.match(await post({ metadata: { name: 'a' } }), /^400 Widget in version "v1" cannot be handled as a Widget: Object 'Kind' is missing in '/);
  assert.match(await post({ kind: 'Widget', metadata: { name: 'a' } }), /^400 Widget in version "v1" cannot be handled as a Widget: Object 'apiVersion' is missing in '/);
  assert.equal(await post({ apiVersion: 'example.com/v2', kind: 'Widget', metadata: { name: 'a' } }), '400 the API version in the data (example.com/v2) does not match the expected API version (example.com/v1)');
  assert.equal(await post({ apiVersion: 'example.com/v1', kind: 'Gadget', metadata: { name: 'a' } }), '422 Gadget.example.com "a" is invalid: kind: Invalid value: "Gadget": must be Widget');
  assert.equal(await post({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a', labels: { a: 1 } } }), '400 Widget in version "v1" cannot be handled as a Widget: json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string');
  assert.match(await post({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'A_b' }, spec: { color: 3 } }), /^422 Widget.example.com "A_b" is invalid: \[metadata.name: Invalid value: "A_b": .*, spec.color: Invalid value: "integer": spec.color in body must be of type string: "integer"\]$/);
  assert.match(await post('k8s\0', 'application/vnd.kubernetes.protobuf'), /^400 Widget in version "v1" cannot be handled as a Widget: object \*unstructured.Unstructured does not implement the protobuf marshalling interface/);
  const patched = await server.ask('PATCH', `${resource}/a`, '{}', { 'content-type': 'application/strategic-merge-patch+json' });
  assert.deepEqual([patched.code, patched.json.message], [415, 'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml']);
});

test('answers come as JSON, YAML, tables and metadata, not as protobuf', async () => {
  await using server = await startHttp();
  await server.ask('POST', resource, JSON.stringify(widget('a', { color: 'red' })), { 'content-type': 'application/json' });
  const ask = (accept: string, path = resource) => server.ask('GET', path, undefined, { accept });
  assert.deepEqual([(await ask('application/vnd.kubernetes.protobuf')).code, (await ask('application/vnd.kubernetes.protobuf,application/json')).json.kind], [406, 'WidgetList']);
  assert.equal((await ask('application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1')).headers['content-type'], 'application/vnd.kubernetes.protobuf');
  assert.deepEqual(((await ask('application/json')).json.items as { apiVersion: string; kind: string }[]).map(({ apiVersion, kind }) => [apiVersion, kind]), [['example.com/v1', 'Widget']]);
  assert.match((await ask('application/yaml', `${resource}/a`)).text, /^apiVersion: example\.com\/v1\nkind: Widget\n/);
  const table = (await ask('application/json;as=Table;g=meta.k8s.io;v=v1')).json as unknown as { columnDefinitions: { name: string }[]; rows: { cells: unknown[] }[] };
  assert.deepEqual([table.columnDefinitions.map(({ name }) => name), table.rows.map(({ cells }) => cells)], [['Name', 'Color'], [['a', 'red']]]);
  assert.equal((await ask('application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1')).json.kind, 'PartialObjectMetadataList');
});

test('lists are paged, narrowed by labels and fields, and watched as the selectors say', async () => {
  await using server = await TestServer.start();
  await define(server, widgets([scaled]));
  const watch = server.watch(`${resource}?watch=true&fieldSelector=spec.color%3Dred`);
  for (const [name, color] of [['a', 'red'], ['b', 'blue'], ['c', 'red']] as const) await server.create(resource, widget(name, { color }, { metadata: { labels: { color } } }));
  const names = async (query: string): Promise<unknown[]> => (await server.get(`${resource}?${query}`)).items.map(({ metadata }) => metadata.name);
  assert.deepEqual(await names('labelSelector=color%3Dred'), ['a', 'c']);
  assert.deepEqual(await names('fieldSelector=spec.color%21%3Dred'), ['b']);
  const first = await server.get(`${resource}?limit=2`);
  assert.deepEqual([first.items.length, first.metadata.remainingItemCount], [2, 1]);
  assert.deepEqual(await names(`limit=2&continue=${first.metadata.continue}`), ['c']);
  // Pages are filled with what is chosen.
  const red = await server.get(`${resource}?limit=1&fieldSelector=spec.color%3Dred`);
  assert.deepEqual([red.items.map(({ metadata }) => metadata.name), red.metadata.remainingItemCount], [['a'], undefined]);
  assert.deepEqual(await names(`limit=1&fieldSelector=spec.color%3Dred&continue=${red.metadata.continue}`), ['c']);
  await assert.rejects(server.get(`${resource}?fieldSelector=spec.size%3D1`), refusal('BadRequest', /field label not supported: spec.size/));
  await server.patch(`${resource}/a`, { spec: { color: 'blue' } });
  await server.patch(`${resource}/b`, { spec: { color: 'red' } });
  await server.request('DELETE', `${resource}?labelSelector=color%3Dred`);
  assert.deepEqual(await names(''), ['b']);
  await server.clock.settle();
  assert.deepEqual(watch.events.map(({ type, object }) => `${type} ${object.metadata.name}`), ['ADDED a', 'ADDED c', 'DELETED a', 'ADDED b', 'DELETED c']);
  watch.stop();
});

test('status and scale are written apart, generations counted, names generated, dry runs leave nothing', async () => {
  await using server = await TestServer.start();
  await define(server, widgets([scaled]));
  const made = await server.create(resource, { ...widget('', { color: 'red', replicas: 2 }, { metadata: { name: undefined, generateName: 'w-' } }), status: { phase: 'Mine' } });
  assert.match(made.metadata.name!, /^w-[a-z0-9]{5}$/);
  const path = `${resource}/${made.metadata.name}`;
  assert.equal(made.status, undefined);
  const status = await server.patch(`${path}/status`, { metadata: { labels: { a: 'b' } }, spec: { color: 'blue' }, status: { replicas: 2, selector: 'a=b' } });
  // Its own default is filled in where the status is.
  assert.deepEqual([status.metadata.labels, status.spec['color'], { ...status.status }, status.metadata.generation], [undefined, 'red', { replicas: 2, selector: 'a=b', phase: 'New' }, 1]);
  const scale = await server.get(`${path}/scale`);
  assert.deepEqual([scale.kind, scale.apiVersion, { ...scale.spec }, { ...scale.status }], ['Scale', 'autoscaling/v1', { replicas: 2 }, { replicas: 2, selector: 'a=b' }]);
  assert.deepEqual((await server.update(`${path}/scale`, { ...scale, spec: { replicas: 5 } })).spec, { replicas: 5 });
  assert.deepEqual([(await server.get(path)).spec['replicas'], (await server.get(path)).metadata.generation], [5, 2]);
  await server.request('DELETE', `${path}?dryRun=All`);
  assert.equal((await server.patch(`${path}?dryRun=All`, { spec: { color: 'x' } })).spec['color'], 'x');
  assert.equal((await server.get(path)).spec['color'], 'red');
  assert.equal((await server.patch(path, [{ op: 'replace', path: '/spec/color', value: 'green' }], 'application/json-patch+json')).spec['color'], 'green');
  await assert.rejects(server.update(path, { ...(await server.get(path)), metadata: { ...(await server.get(path)).metadata, resourceVersion: '1' } }), refusal('Conflict'));
  await assert.rejects(server.get(`${path}/log`), refusal('NotFound', `widgets.example.com "${made.metadata.name}" not found`));
});

test('server-side apply merges lists by the schema, and tells of conflicts', async () => {
  await using server = await TestServer.start();
  await define(server, widgets([scaled, versionOf('v2', { schema: { openAPIV3Schema: { ...scaled.schema!.openAPIV3Schema!, description: 'The same.' } } })]));
  const apply = (manager: string, spec: object, query = '', version = 'v1') => server.request('PATCH', `/apis/example.com/${version}/namespaces/default/widgets/a?fieldManager=${manager}${query}`, widget('a', spec, { version }), { contentType: 'application/apply-patch+yaml' });
  await apply('one', { color: 'red', list: [{ name: 'x', value: 1 }] });
  const both = await apply('two', { list: [{ name: 'y', value: 2 }] }, '', 'v2');
  assert.deepEqual(both.spec['list'], [{ name: 'x', value: 1 }, { name: 'y', value: 2 }]);
  await assert.rejects(apply('two', { color: 'blue', list: [{ name: 'y', value: 2 }] }), refusal('Conflict', /^Apply failed with 1 conflict: conflict with "one": \.spec\.color$/));
  const forced = await apply('two', { color: 'blue', list: [{ name: 'y', value: 2 }] }, '&force=true', 'v2');
  const owners = forced.metadata.managedFields!.map(({ manager, apiVersion, fieldsV1 }) => `${manager} ${apiVersion} ${JSON.stringify(fieldsV1)}`);
  assert.deepEqual(owners, [
    'one example.com/v1 {"f:spec":{"f:list":{"k:{\\"name\\":\\"x\\"}":{".":{},"f:name":{},"f:value":{}}}}}',
    'two example.com/v2 {"f:spec":{"f:color":{},"f:list":{"k:{\\"name\\":\\"y\\"}":{".":{},"f:name":{},"f:value":{}}}}}',
  ]);
  // What its only owner no longer applies goes.
  assert.deepEqual((await apply('one', {})).spec['list'], [{ name: 'y', value: 2 }]);
});

test('a deprecated version says so, paths that fit no definition are nobody\'s', async () => {
  await using server = await startHttp(widgets([versionOf('v1', { schema: scaled.schema! }), versionOf('v1beta1', { deprecated: true }), versionOf('v1alpha1', { deprecated: true, deprecationWarning: 'v1alpha1 goes' })]));
  const warning = async (version: string): Promise<unknown> => (await server.ask('GET', resource.replace('v1', version))).headers['warning'];
  assert.deepEqual([await warning('v1'), await warning('v1beta1'), await warning('v1alpha1')], [undefined, '299 - "example.com/v1beta1 Widget is deprecated; use example.com/v1 Widget"', '299 - "v1alpha1 goes"']);
  const lost = await server.ask('POST', '/apis/example.com/v1/widgets', '{}', { 'content-type': 'application/json' });
  assert.deepEqual([lost.code, lost.text], [404, '404 page not found\n']);
});
