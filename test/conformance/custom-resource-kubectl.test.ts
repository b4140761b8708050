/** Conformance of custom resources as kubectl sees them, and what people do with it all day. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CustomResourceDefinition, JSONSchemaProps } from '../../src/api/types/apiextensions/v1.ts';
import { definitionOf, openSchema, schemaFoo, version } from './custom-resource-world.ts';
import type { KubectlCluster } from './kubectl-cluster.ts';
import { startKubectlCluster, withoutKubectl } from './kubectl-cluster.ts';

const skip = withoutKubectl;

/** One cluster for all: each test has a kind of its own, and what kubectl knows of the others' costs it nothing. */
let cluster: KubectlCluster;

before(async () => {
  if (skip === false) cluster = await startKubectlCluster();
});
after(async () => {
  if (skip === false) await cluster[Symbol.asyncDispose]();
});

async function define(definition: CustomResourceDefinition): Promise<void> {
  await cluster.run(['create', '-f', '-'], { stdin: JSON.stringify(definition) });
  await cluster.run(['wait', '--for=condition=established', '--timeout=30s', `crd/${definition.metadata.name}`]);
}

const object = (kind: string, name: string, more: object): string => JSON.stringify({ kind, apiVersion: 'publish.example.com/v1', metadata: { name }, ...more });
const inGroup = (kind: string, schema: JSONSchemaProps): CustomResourceDefinition => definitionOf('publish.example.com', kind, { scope: 'Namespaced', versions: [version('v1', schema)] });

/** An object is created and applied, and goes each time. */
async function createAndApply(kind: string, name: string, body: string): Promise<void> {
  for (const verb of ['create', 'apply']) {
    await cluster.run([verb, '-f', '-'], { stdin: body });
    await cluster.run(['delete', `${kind.toLowerCase()}s`, name]);
  }
}

test('[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] works for CRD with validation schema [Conformance]', { skip }, async () => {
  await define(inGroup('Foo', schemaFoo));
  await createAndApply('Foo', 'test-foo', object('Foo', 'test-foo', { spec: { bars: [{ name: 'test-bar' }] } }));
  const refused = async (verb: string, spec: object, message: RegExp): Promise<void> => assert.match((await cluster.run([verb, '-f', '-'], { stdin: object('Foo', 'test-foo', { spec }), code: 1 })).err, message);
  await refused('create', { bars: [{ name: 'test-bar', feeling: 'NonExistentValue' }] }, /Unsupported value: "NonExistentValue"/);
  // Old clients look for themselves, by what is published.
  for (const verb of ['create', 'apply']) {
    await refused(verb, { foo: true }, /unknown field "(spec\.)?foo"/);
    await refused(verb, { bars: [{ age: '10' }] }, /spec\.bars\[0\]\.name: Required value|missing required field "name"/);
  }
  const explain = async (path: string, pattern: RegExp): Promise<void> => assert.match((await cluster.run(['explain', path])).out, pattern);
  // Upstream's own prose comes with the build: run from sources there is none.
  await explain('foos', /DESCRIPTION:.*Foo CRD for Testing.*FIELDS:.*apiVersion.*<string>.*(APIVersion defines|kind).*spec.*<Object>.*Specification of Foo/s);
  await explain('foos.metadata', /DESCRIPTION:.*(Standard object's metadata|<empty>).*FIELDS:.*creationTimestamp.*<string>.*(CreationTimestamp is a timestamp|deletionTimestamp)/s);
  await explain('foos.spec', /DESCRIPTION:.*Specification of Foo.*FIELDS:.*bars.*<\[\]Object>.*List of Bars and their specs/s);
  await explain('foos.spec.bars', /(FIELD|RESOURCE):.*bars.*<\[\]Object>.*DESCRIPTION:.*List of Bars and their specs.*FIELDS:.*bazs.*<\[\]string>.*List of Bazs.*name.*<string>.*Name of Bar/s);
  assert.match((await cluster.run(['explain', 'foos.spec.bars2'], { code: 1 })).err, /field "bars2" does not exist/);
});

const open: readonly (readonly [title: string, kind: string, schema: JSONSchemaProps, body: object, explained: RegExp])[] = [
  ['works for CRD without validation schema', 'Bare', openSchema, { a: { b: [{ c: 'd' }] } }, /DESCRIPTION:.*<empty>/s],
  ['works for CRD preserving unknown fields at the schema root', 'Rooted', { ...openSchema, description: 'preserve-unknown-properties at root for Testing', properties: { spec: { type: 'object', properties: { dummy: { type: 'string' } } } } }, { a: { b: [{ c: 'd' }] } }, /KIND:.*Rooted/s],
  ['works for CRD preserving unknown fields in an embedded object', 'Waldo', { type: 'object', description: 'preserve-unknown-properties in nested field for Testing', properties: { spec: { ...openSchema, description: 'Specification of Waldo', properties: { dummy: { type: 'string' } } } } }, { spec: { a: null, b: [{ c: 'd' }] } }, /DESCRIPTION:.*preserve-unknown-properties in nested field for Testing/s],
];

for (const [title, kind, schema, body, explained] of open) {
  test(`[sig-api-machinery] CustomResourcePublishOpenAPI [Privileged:ClusterAdmin] ${title} [Conformance]`, { skip }, async () => {
      await define(inGroup(kind, schema));
    await createAndApply(kind, 'test-cr', object(kind, 'test-cr', body));
    assert.match((await cluster.run(['explain', `${kind.toLowerCase()}s`])).out, explained);
  });
}

test('what people do with custom resources through kubectl', { skip }, async () => {
  const schema: JSONSchemaProps = {
    type: 'object',
    properties: { spec: { type: 'object', required: ['cronSpec'], properties: { cronSpec: { type: 'string' }, image: { type: 'string', default: 'none' }, replicas: { type: 'integer', minimum: 1, maximum: 10, default: 1 } } }, status: { type: 'object', properties: { replicas: { type: 'integer' }, labelSelector: { type: 'string' } } } },
  };
  await define(definitionOf('stable.example.com', 'CronTab', {
    scope: 'Namespaced', names: { plural: 'crontabs', singular: 'crontab', kind: 'CronTab', shortNames: ['ct'], categories: ['all'] },
    versions: [version('v1', schema, {
      subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.labelSelector' } },
      additionalPrinterColumns: [{ name: 'Spec', type: 'string', jsonPath: '.spec.cronSpec' }, { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas' }, { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }, { name: 'Image', type: 'string', jsonPath: '.spec.image', priority: 1 }],
    })],
  }));
  const run = async (...args: readonly string[]): Promise<string> => (await cluster.run(args)).out;
  const manifest = 'apiVersion: stable.example.com/v1\nkind: CronTab\nmetadata:\n  name: my-new-cron-object\nspec:\n  cronSpec: "* * * * */5"\n';
  assert.equal((await cluster.run(['apply', '-f', '-'], { stdin: manifest })).out, 'crontab.stable.example.com/my-new-cron-object created\n');
  assert.equal((await cluster.run(['apply', '-f', '-'], { stdin: manifest })).out, 'crontab.stable.example.com/my-new-cron-object unchanged\n');
  assert.equal((await cluster.run(['apply', '-f', '-'], { stdin: manifest.replace('*/5', '*/6') })).out, 'crontab.stable.example.com/my-new-cron-object configured\n');
  assert.match(await run('get', 'crontab'), /^NAME +SPEC +REPLICAS +AGE\nmy-new-cron-object +\* \* \* \* \*\/6 +1 +\d+s\n$/);
  assert.match(await run('get', 'ct', '-o', 'wide'), /IMAGE\n.* none\n$/);
  assert.match(await run('get', 'all'), /crontab\.stable\.example\.com\/my-new-cron-object/);
  assert.match(await run('describe', 'ct', 'my-new-cron-object'), /Cron Spec: +\* \* \* \* \*\/6/);
  assert.match(await run('api-resources', '--api-group=stable.example.com'), /crontabs +ct +stable\.example\.com\/v1 +true +CronTab/);
  assert.match(await run('scale', '--replicas=5', 'crontabs/my-new-cron-object'), /scaled/);
  assert.equal(await run('get', 'crontabs', 'my-new-cron-object', '-o', 'jsonpath={.spec.replicas}'), '5');
  assert.match(await run('patch', 'ct', 'my-new-cron-object', '--type=merge', '-p', '{"spec":{"image":"x"}}'), /patched/);
  assert.match((await cluster.run(['patch', 'ct', 'my-new-cron-object', '-p', '{"spec":{"image":"y"}}'], { code: 1 })).err, /the body of the request was in an unknown format - accepted media types include: application\/json-patch\+json, application\/merge-patch\+json, application\/apply-patch\+yaml/);
  assert.match(await run('label', 'ct', 'my-new-cron-object', 'tier=front'), /labeled/);
  assert.match((await cluster.run(['apply', '--server-side', '--force-conflicts', '-f', '-'], { stdin: manifest })).out, /serverside-applied/);
  assert.match((await cluster.run(['diff', '-f', '-'], { stdin: manifest.replace('*/5', '*/9'), code: 1 })).out, /\+ {2}cronSpec: '\* \* \* \* \*\/9'|\+ {2}cronSpec: "\* \* \* \* \*\/9"|\*\/9/);
  assert.match(await run('delete', 'crd', 'crontabs.stable.example.com'), /deleted/);
  assert.match((await cluster.run(['get', 'crontabs'], { code: 1 })).err, /the server doesn't have a resource type "crontabs"|the server could not find the requested resource/);
});
