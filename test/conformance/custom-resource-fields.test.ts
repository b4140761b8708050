/** Conformance of what the server makes of custom resources' fields: validation, and what discovery and OpenAPI publish. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { customresourcedefinitions } from '../../src/api/resources.ts';
import type { CustomResourceDefinition, JSONSchemaProps } from '../../src/api/types/apiextensions/v1.ts';
import { defineIn, definitionOf, openSchema, schemaFoo, typeOf, undefineIn, version } from './custom-resource-world.ts';
import { World } from './world.ts';

const specSchema = (more: JSONSchemaProps = {}, properties: Record<string, JSONSchemaProps> = {}): JSONSchemaProps => ({
  type: 'object',
  properties: {
    spec: {
      type: 'object', ...more,
      properties: {
        ...properties,
        foo: { type: 'string' },
        cronSpec: { type: 'string', pattern: '^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$' },
        ports: {
          type: 'array', 'x-kubernetes-list-map-keys': ['containerPort', 'protocol'], 'x-kubernetes-list-type': 'map',
          items: { type: 'object', required: ['containerPort', 'protocol'], properties: { containerPort: { format: 'int32', type: 'integer' }, hostIP: { type: 'string' }, hostPort: { format: 'int32', type: 'integer' }, name: { type: 'string' }, protocol: { type: 'string' } } },
        },
      },
    },
  },
});

const ports = `
  cronSpec: "* * * * */5"
  ports:
  - name: x
    containerPort: 80
    protocol: TCP`;

/** Applies a manifest to a definition with this schema, strictly. */
async function apply(schema: JSONSchemaProps, body: string): Promise<{ readonly status: number; readonly text: string }> {
  await using world = await World.start({ nodes: 0 });
  await defineIn(world, definitionOf('mygroup.example.com', 'Noxu', { versions: [version('v1beta1', schema), version('v1beta2', schema, { storage: false }), version('v0', schema, { served: false, storage: false })] }));
  const manifest = `apiVersion: mygroup.example.com/v1beta1\nkind: Noxu\nmetadata:\n  name: mytest\n${body}`;
  return await world.http('PATCH', '/apis/mygroup.example.com/v1beta1/noxus/mytest?fieldManager=field_validation_mgr&fieldValidation=Strict', { body: manifest, contentType: 'application/apply-patch+yaml' });
}

const validation: readonly (readonly [title: string, schema: JSONSchemaProps, body: string, refused: RegExp | undefined])[] = [
  ['should create/apply a valid CR for CRD with validation schema', specSchema(), `spec:\n  foo: foo1${ports}`, undefined],
  ['should create/apply a CR with unknown fields for CRD with no validation schema', openSchema, `spec:\n  unknown: uk1${ports}`, undefined],
  ['should create/apply an invalid CR with extra properties for CRD with validation schema', specSchema(), `unknownField: unknown\nspec:\n  foo: foo1${ports}`, /\.unknownField: field not declared in schema/],
  ['should detect unknown metadata fields in both the root and embedded object of a CR',
    specSchema({ 'x-kubernetes-preserve-unknown-fields': true }, { template: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { metadata: { type: 'object', properties: { name: { type: 'string' } } }, spec: { type: 'object' } } } }),
    `  unknownMeta: unknown\nspec:\n  template:\n    apiversion: foo/v1\n    kind: Sub\n    metadata:\n        unknownSubMeta: unknown\n        name: subobject\n        namespace: default\n  foo: foo1${ports}`, /\.metadata\.(unknownMeta|unknownSubMeta): field not declared in schema/],
  ['should detect duplicates in a CR when preserving unknown fields', specSchema({ 'x-kubernetes-preserve-unknown-fields': true }), `spec:\n  unknown: uk1\n  foo: foo1\n  foo: foo2${ports}`, /line 8: key \\"foo\\" already set in map/],
];

for (const [title, schema, body, refused] of validation) {
  test(`[sig-api-machinery] FieldValidation ${title} [Conformance]`, async () => {
    const { status, text } = await apply(schema, body);
    if (refused === undefined) assert.equal(status, 201, text);
    else {
      assert.ok(status >= 400, text);
      assert.match(text, refused);
    }
  });
}

const crdInGroup = (): CustomResourceDefinition => definitionOf('group.example.com', 'testcrd', { scope: 'Namespaced', versions: [version('v1', openSchema)] });

test('[sig-api-machinery] AggregatedDiscovery should support raw aggregated discovery request for CRDs [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  await defineIn(world, crdInGroup());
  const { json } = await world.http('GET', '/apis', { accept: 'application/json;v=v2;g=apidiscovery.k8s.io;as=APIGroupDiscoveryList' });
  assert.partialDeepStrictEqual((json['items'] as unknown as { metadata: { name: string } }[]).find(({ metadata }) => metadata.name === 'group.example.com'), { versions: [{ version: 'v1', resources: [{ resource: 'testcrds', scope: 'Namespaced' }] }] });
});

test('[sig-api-machinery] AggregatedDiscovery should support aggregated discovery interface for CRDs [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';
  const groups = async (): Promise<string> => (await world.http('GET', '/apis', { accept })).text;
  assert.ok(!(await groups()).includes('group.example.com'));
  const definition = await defineIn(world, crdInGroup());
  assert.ok((await groups()).includes('"resource":"testcrds"'));
  await undefineIn(world, definition);
  assert.ok(!(await groups()).includes('group.example.com'));
});

const schemaWaldo: JSONSchemaProps = { type: 'object', description: 'Waldo CRD for Testing', properties: { spec: { type: 'object', description: 'Specification of Waldo', properties: { dummy: { type: 'string', description: 'Dummy property.' } } }, status: { type: 'object', description: 'Status of Waldo', properties: { bars: { type: 'array', items: { type: 'object' } } } } } };

type Definitions = Record<string, { properties?: Record<string, unknown> } & Record<string, unknown>>;
const published = async (world: World): Promise<Definitions> => ((await world.client.raw('GET', '/openapi/v2')) as { definitions: Definitions }).definitions;
const modelOf = ({ spec }: CustomResourceDefinition, name: string): string => `${spec.group.split('.').reverse().join('.')}.${name}.${spec.names.kind}`;

/** A definition is published as its schema has it, beside what every object has. */
async function isPublished(world: World, definition: CustomResourceDefinition, name: string, schema: JSONSchemaProps): Promise<void> {
  const found = (await published(world))[modelOf(definition, name)];
  assert.ok(found !== undefined, modelOf(definition, name));
  const { 'x-kubernetes-group-version-kind': _gvk, properties = {}, ...rest } = found;
  const { metadata: _metadata, apiVersion: _apiVersion, kind: _kind, ...own } = properties;
  assert.deepEqual({ ...rest, properties: own }, schema);
}

async function isNotPublished(world: World, definition: CustomResourceDefinition, ...names: readonly string[]): Promise<void> {
  const definitions = await published(world);
  for (const name of names) assert.equal(definitions[modelOf(definition, name)], undefined);
}

const inGroup = (suffix: string, kind: string, schema: JSONSchemaProps, ...names: readonly string[]): CustomResourceDefinition => definitionOf(`crd-publish-openapi-test-${suffix}.example.com`, kind, { versions: names.map((name, i) => version(name, schema, { storage: i === 0 })) });

const groups: readonly (readonly [string, readonly (readonly [CustomResourceDefinition, JSONSchemaProps])[]])[] = [
  ['works for multiple CRDs of different groups', [[inGroup('foo', 'Foo', schemaFoo, 'v1'), schemaFoo], [inGroup('waldo', 'Waldo', schemaWaldo, 'v1beta1'), schemaWaldo]]],
  ['works for multiple CRDs of same group but different versions', [[inGroup('multi-ver', 'Multi', schemaFoo, 'v2', 'v3'), schemaFoo], [inGroup('common-group', 'Foo', schemaFoo, 'v4'), schemaFoo], [inGroup('common-group', 'Waldo', schemaWaldo, 'v5'), schemaWaldo]]],
  ['works for multiple CRDs of same group and version but different kinds', [[inGroup('common-group', 'Foo', schemaFoo, 'v6'), schemaFoo], [inGroup('common-group', 'Waldo', schemaWaldo, 'v6'), schemaWaldo]]],
];

for (const [title, definitions] of groups) {
  test(`[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] ${title} [Conformance]`, async () => {
    await using world = await World.start({ nodes: 0 });
    for (const [definition] of definitions) await defineIn(world, definition);
    for (const [definition, schema] of definitions) for (const { name } of definition.spec.versions) await isPublished(world, definition, name, schema);
    for (const [definition] of definitions) {
      await undefineIn(world, definition);
      await isNotPublished(world, definition, ...definition.spec.versions.map(({ name }) => name));
    }
  });
}

test('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] updates the published spec when one version gets renamed [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const definition = await defineIn(world, inGroup('multi-ver', 'Multi', schemaFoo, 'v2', 'v3'));
  for (const name of ['v2', 'v3']) await isPublished(world, definition, name, schemaFoo);
  await world.client.patch(customresourcedefinitions, { name: definition.metadata.name! }, { type: 'json', operations: [{ op: 'test', path: '/spec/versions/1/name', value: 'v3' }, { op: 'replace', path: '/spec/versions/1/name', value: 'v4' }] });
  for (const name of ['v2', 'v4']) await isPublished(world, definition, name, schemaFoo);
  await isNotPublished(world, definition, 'v3');
});

test('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] removes definition from spec when one version gets changed to not be served [Conformance]', async () => {
  await using world = await World.start({ nodes: 0 });
  const definition = await defineIn(world, inGroup('multi-to-single-ver', 'Multi', schemaFoo, 'v5', 'v6alpha1'));
  for (const name of ['v5', 'v6alpha1']) await isPublished(world, definition, name, schemaFoo);
  await world.retry(customresourcedefinitions, { name: definition.metadata.name! }, (now) => ({ ...now, spec: { ...now.spec, versions: now.spec.versions.map((one, i) => ({ ...one, served: i === 0 })) } }));
  await isNotPublished(world, definition, 'v6alpha1');
  await isPublished(world, definition, 'v5', schemaFoo);
  assert.equal((await world.client.list(typeOf(definition, 'v5'))).items.length, 0);
});
