import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CustomResourceDefinitionVersion } from '../../api/types/apiextensions/v1.ts';
import { define, definitionsPath, versionOf, widgets } from '../custom-resources/testing/definitions.ts';
import { TestServer } from '../testing/server.ts';
import { OpenApi } from './openapi.ts';

interface Document { readonly paths: Record<string, Record<string, { readonly operationId?: string; readonly consumes?: readonly string[]; readonly parameters?: readonly { readonly name: string }[] }>>; readonly definitions: Record<string, unknown>; readonly components: { readonly schemas: Record<string, unknown> } }

/** A server that describes itself; `read` asks it for a document. */
async function start(): Promise<{ readonly server: TestServer; read(path: string): Document }> {
  let documents: OpenApi | undefined;
  const server = await TestServer.start({ documents: [(resources) => (documents = new OpenApi(resources))] });
  return { server, read: (path) => JSON.parse(new TextDecoder().decode(documents!.respond(path, 'application/json')!.body)) as Document };
}

const meta = { $ref: '#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' };
const schema: CustomResourceDefinitionVersion['schema'] = {
  openAPIV3Schema: {
    type: 'object', description: 'A widget.', required: ['spec'],
    properties: {
      spec: {
        type: 'object', required: ['size', 'maybe'],
        properties: {
          size: { type: 'integer', minimum: 1, default: 3 }, maybe: { type: 'string', nullable: true }, port: { 'x-kubernetes-int-or-string': true },
          open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'string' } } },
          template: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object' } } },
          either: { type: 'object', oneOf: [{ required: ['a'] }, { required: ['b'] }], properties: { a: { type: 'string' }, b: { type: 'string' } } },
        },
      },
    },
  },
};

test('v2 says of a custom resource what kubectl understands', async () => {
  const { server, read } = await start();
  await using _ = server;
  await define(server, widgets([versionOf('v1', { schema, selectableFields: [{ jsonPath: '.spec.size' }], subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } } })]));
  const { definitions, paths } = read('/openapi/v2');
  const extensions = { 'x-kubernetes-selectable-fields': [{ fieldPath: 'spec.size' }] };
  assert.deepEqual(definitions['com.example.v1.Widget'], {
    type: 'object', description: 'A widget.', required: ['spec'],
    properties: {
      spec: {
        type: 'object', required: ['size'],
        properties: {
          size: { type: 'integer', minimum: 1, default: 3 }, maybe: {}, port: { 'x-kubernetes-int-or-string': true },
          open: { 'x-kubernetes-preserve-unknown-fields': true },
          template: { type: 'object', 'x-kubernetes-embedded-resource': true, required: ['kind', 'apiVersion'], properties: { spec: { type: 'object' }, apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: meta } },
          either: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } },
        },
      },
      apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: meta,
    },
    'x-kubernetes-group-version-kind': [{ group: 'example.com', kind: 'Widget', version: 'v1' }], ...extensions,
  });
  assert.deepEqual((definitions['com.example.v1.WidgetList'] as { properties: Record<string, unknown> }).properties['items'], {
    type: 'array', description: 'List of widgets. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md', items: { $ref: '#/definitions/com.example.v1.Widget' },
  });
  const named = '/apis/example.com/v1/namespaces/{namespace}/widgets/{name}';
  assert.deepEqual(Object.keys(paths).filter((path) => path.includes('example.com')), ['/apis/example.com/v1/namespaces/{namespace}/widgets', named, `${named}/scale`, `${named}/status`, '/apis/example.com/v1/widgets']);
  const ids = Object.values(paths[named]!).flatMap(({ operationId }) => operationId ?? []);
  assert.deepEqual(ids.sort(), ['deleteExampleComV1NamespacedWidget', 'patchExampleComV1NamespacedWidget', 'readExampleComV1NamespacedWidget', 'replaceExampleComV1NamespacedWidget']);
  assert.deepEqual(paths[named]!['patch']!.consumes, ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']);
});

test('v3 says all of it, in a document of its own for each version, whose address changes with the definition', async () => {
  const { server, read } = await start();
  await using _ = server;
  await define(server, widgets([versionOf('v1', { schema }), versionOf('v2'), versionOf('v3', { served: false })]));
  const index = (): Record<string, { serverRelativeURL: string }> => read('/openapi/v3').paths as never;
  const before = index();
  assert.deepEqual(Object.keys(before).filter((name) => name.includes('example.com')), ['apis/example.com/v1', 'apis/example.com/v2']);
  const { properties } = (read('/openapi/v3/apis/example.com/v1').components.schemas['com.example.v1.Widget'] as { properties: { spec: { properties: Record<string, unknown> } } });
  assert.deepEqual(properties.spec.properties['maybe'], { type: 'string', nullable: true });
  assert.deepEqual(properties.spec.properties['port'], { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] });
  const named = `${definitionsPath}/widgets.example.com`;
  await server.patch(named, { metadata: { labels: { a: 'b' } } });
  assert.deepEqual(index(), before);
  await server.patch(named, { spec: { names: { shortNames: ['wd'] } } });
  await server.clock.settle();
  assert.notDeepEqual(index()['apis/example.com/v1'], before['apis/example.com/v1']);
});

test('a schema that leaves its root open says nothing of its fields in v2', async () => {
  const { server, read } = await start();
  await using _ = server;
  await define(server, widgets([versionOf('v1', { schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } })]));
  const gvk = { 'x-kubernetes-group-version-kind': [{ group: 'example.com', kind: 'Widget', version: 'v1' }] };
  assert.deepEqual(read('/openapi/v2').definitions['com.example.v1.Widget'], { type: 'object', ...gvk });
});
