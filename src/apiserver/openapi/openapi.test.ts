import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ResourceSchema } from '../../api/schema/schema.ts';
import { builtinSchema, servedByDefault } from '../../api/schema/table.ts';
import { encodeSwagger } from './gnostic.ts';
import { OpenApi } from './openapi.ts';

const upstream = join(import.meta.dirname, '../../../../shared/data/kubernetes-1.36/swagger.json');
const served = builtinSchema.resources.filter(servedByDefault);
const protobuf = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

interface Anything { [key: string]: Anything }
const json = (document: { body: Uint8Array } | undefined): Anything => JSON.parse(new TextDecoder().decode(document!.body)) as Anything;

/** Descriptions and the order of required names are upstream's, and what it publishes lists no values of enumerated fields; the rest must be the same. */
function comparable(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return key === 'required' ? [...value].sort() : value.map((item) => comparable(item));
  if (typeof value !== 'object' || value === null) return value;
  const dropped = new Set(['x-kubernetes-unions', ...(key === 'properties' ? [] : ['description', 'enum'])]);
  return Object.fromEntries(Object.entries(value).filter(([name]) => !dropped.has(name)).map(([name, inner]) => [name, comparable(inner, key === 'properties' ? '' : name)]));
}

test('v2: definitions and operations are those of upstream', { skip: existsSync(upstream) ? false : 'the OpenAPI document of upstream is not there' }, () => {
  const theirs = JSON.parse(readFileSync(upstream, 'utf8')) as Anything;
  const ours = json(new OpenApi(() => builtinSchema.resources).respond('/openapi/v2', ''));
  const severalKinds = new Set(['io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions', 'io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent']);
  for (const [name, definition] of Object.entries(ours['definitions']!)) {
    if (!severalKinds.has(name)) assert.deepEqual(comparable(definition), comparable(theirs['definitions']![name]), name);
  }
  const missing = Object.keys(theirs['definitions']!).filter((name) => ours['definitions']![name] === undefined);
  assert.deepEqual(missing, ['io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent']);

  type Operation = Record<string, unknown> & { parameters?: Anything[]; responses: Anything };
  const flat = (document: Anything): Map<string, unknown> => {
    const operations = new Map<string, unknown>();
    for (const [path, item] of Object.entries(document['paths']!)) {
      if (/\/watch\/|^\/(logs|openid|\.well-known)/.test(path)) continue;
      for (const [method, operation] of Object.entries(item) as unknown as [string, Operation][]) {
        if (method === 'parameters') continue;
        const parameters = [...((item as { parameters?: Anything[] }).parameters ?? []), ...(operation.parameters ?? [])].map((parameter) => {
          const reference = parameter['$ref'] as unknown as string | undefined;
          const { name, in: place, type, required, schema } = reference === undefined ? parameter : document['parameters']![reference.replace('#/parameters/', '')]!;
          return { name, place, type, required, schema };
        }).sort((a, b) => (`${String(a.place)}${String(a.name)}` < `${String(b.place)}${String(b.name)}` ? -1 : 1));
        operations.set(`${method} ${path}`, {
          parameters, id: operation['operationId'], tags: operation['tags'], action: operation['x-kubernetes-action'], gvk: operation['x-kubernetes-group-version-kind'], responses: operation.responses,
        });
      }
    }
    return operations;
  };
  const [mine, others] = [flat(ours), flat(theirs)];
  for (const [key, operation] of mine) assert.deepEqual(comparable(operation), comparable(others.get(key)), key);
  assert.deepEqual([...others.keys()].filter((key) => !mine.has(key)), []);
});

test('fields that take one of a few values list them: themselves, or as items of a list', () => {
  const api = new OpenApi(() => served);
  const v2 = json(api.respond('/openapi/v2', 'application/json'))['definitions']!;
  const v3 = json(api.respond('/openapi/v3/api/v1', 'application/json'))['components']!['schemas']!;
  for (const definitions of [v2, v3]) {
    const field = (definition: string, name: string): Anything => definitions[`io.k8s.api.core.v1.${definition}`]!['properties']![name]!;
    assert.deepEqual(field('ContainerPort', 'protocol')['enum'], ['SCTP', 'TCP', 'UDP']);
    assert.deepEqual(field('PersistentVolumeClaimSpec', 'accessModes')['items'], { type: 'string', enum: ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'] });
    assert.deepEqual(field('HostPathVolumeSource', 'type')['enum']![0], '');
    assert.equal(field('ContainerPort', 'name')['enum'], undefined);
  }
  assert.deepEqual(v2['io.k8s.api.networking.v1.NetworkPolicySpec']!['properties']!['policyTypes']!['items']!['enum'], ['Egress', 'Ingress']);
});

test('v2 in protobuf says what the JSON says', () => {
  const document = new OpenApi(() => served).respond('/openapi/v2', `${protobuf}, application/json`)!;
  assert.equal(document.contentType, 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
  const swagger = json(new OpenApi(() => served).respond('/openapi/v2', 'application/json'));
  const read = decode(document.body);
  assert.equal(text(read.get(1)![0]!), '2.0');
  const definitions = namedEntries(decode(read.get(9)![0]!).get(1)!);
  assert.deepEqual([...definitions.keys()], Object.keys(swagger['definitions']!));
  const pod = decode(definitions.get('io.k8s.api.core.v1.Pod')!);
  assert.equal(text(decode(pod.get(22)![0]!).get(1)![0]!), 'object');
  assert.deepEqual(JSON.parse(yamlOf(pod.get(31)!, 'x-kubernetes-group-version-kind')), [{ group: '', kind: 'Pod', version: 'v1' }]);
  const properties = namedEntries(decode(pod.get(25)![0]!).get(1)!);
  assert.equal(text(decode(properties.get('spec')!).get(1)![0]!), '#/definitions/io.k8s.api.core.v1.PodSpec');
  const paths = namedEntries(decode(read.get(8)![0]!).get(2)!);
  const patch = decode(decode(paths.get('/api/v1/namespaces/{namespace}/pods/{name}')!).get(8)![0]!);
  assert.equal(text(patch.get(5)![0]!), 'patchCoreV1NamespacedPod');
  assert.deepEqual(JSON.parse(yamlOf(patch.get(13)!, 'x-kubernetes-group-version-kind')), { group: '', version: 'v1', kind: 'Pod' });
  const queries = patch.get(8)!.map((item) => decode(decode(item).get(1)![0]!)).flatMap((parameter) => (parameter.get(2) ?? []).flatMap((plain) => decode(plain).get(3) ?? [])).map((query) => text(decode(query).get(4)![0]!));
  assert.deepEqual(queries, ['dryRun', 'fieldManager', 'fieldValidation', 'force']);
});

test('v2 in protobuf has the rules of values, too', () => {
  const schema = { type: 'string', title: 'T', pattern: '^a+$', maxLength: 5, minLength: 1, enum: ['a', 'aa'], maximum: 2.5, exclusiveMaximum: true, minimum: 1, multipleOf: 0.5, maxItems: 3, minItems: 2, uniqueItems: true, maxProperties: 4, minProperties: 6, example: 'a', externalDocs: { url: 'u' } };
  const document = { swagger: '2.0', info: { title: 't', version: 'v' }, paths: {}, definitions: { a: schema }, security: [], securityDefinitions: {} } as unknown as Parameters<typeof encodeSwagger>[0];
  const read = decode(namedEntries(decode(decode(encodeSwagger(document)).get(9)![0]!).get(1)!).get('a')!);
  assert.deepEqual([...read.keys()].sort((a, b) => a - b), [3, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 20, 22, 29, 30]);
  assert.equal(text(read.get(13)![0]!), '^a+$');
  assert.deepEqual(read.get(20)!.map((value) => text(decode(value).get(2)![0]!)), ['"a"', '"aa"']);
});

test('v3: the index lists a document for each group and version, by hash', () => {
  const openApi = new OpenApi(() => served);
  const { paths } = json(openApi.respond('/openapi/v3', '')) as unknown as { paths: Record<string, { serverRelativeURL: string }> };
  for (const name of ['api', 'apis', 'version', 'api/v1', 'apis/apps', 'apis/apps/v1', 'apis/rbac.authorization.k8s.io/v1']) {
    assert.match(paths[name]!.serverRelativeURL, new RegExp(`^/openapi/v3/${name}\\?hash=[0-9A-F]{16}$`));
  }
  for (const name of Object.keys(paths)) assert.equal(openApi.respond(`/openapi/v3/${name}`, 'application/json')!.code, 200, name);
  assert.equal(openApi.respond('/openapi/v3/apis/none/v1', ''), undefined);
  assert.equal(openApi.respond('/openapi/v4', ''), undefined);
});

test('v3: what kubectl reads: kinds of schemas and of operations, and the fieldValidation parameter of patches', () => {
  const document = json(new OpenApi(() => served).respond('/openapi/v3/apis/apps/v1', 'application/json'));
  const schemas = document['components']!['schemas']!;
  assert.deepEqual(schemas['io.k8s.api.apps.v1.Deployment']!['x-kubernetes-group-version-kind'], [{ group: 'apps', kind: 'Deployment', version: 'v1' }]);
  assert.deepEqual(schemas['io.k8s.api.core.v1.PodSpec']!['properties']!['containers'], {
    type: 'array', items: { $ref: '#/components/schemas/io.k8s.api.core.v1.Container' },
    'x-kubernetes-list-map-keys': ['name'], 'x-kubernetes-list-type': 'map', 'x-kubernetes-patch-merge-key': 'name', 'x-kubernetes-patch-strategy': 'merge',
  });
  const patch = document['paths']!['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']!['patch']!;
  assert.deepEqual(patch['x-kubernetes-group-version-kind'], { group: 'apps', version: 'v1', kind: 'Deployment' });
  assert.deepEqual((patch['parameters'] as unknown as { name: string }[]).map((parameter) => parameter.name), ['dryRun', 'fieldManager', 'fieldValidation', 'force']);
  assert.ok(Object.keys(patch['requestBody']!['content']!).includes('application/strategic-merge-patch+json'));
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1]!);
  assert.deepEqual(references.filter((name) => schemas[name] === undefined), []);
});

test('custom resources: their own list type, no strategic merge, and a hash that follows their schema', () => {
  const cronTab = (extra: boolean): ResourceSchema => ({
    ...builtinSchema.resource('apps', 'v1', 'deployments')!, group: 'example.com', version: 'v1', resource: 'crontabs', singular: 'crontab', kind: 'CronTab', shortNames: [], categories: [], subresources: [],
    schema: {
      kind: 'object', name: 'com.example.v1.CronTab', required: [], kinds: [{ group: 'example.com', version: 'v1', kind: 'CronTab' }],
      fields: new Map(['spec', ...(extra ? ['extra'] : [])].map((name) => [name, { name, value: { kind: 'string' }, patchStrategy: [], listMapKeys: [] }])),
    },
  });
  let resources = [...served, cronTab(false)];
  const openApi = new OpenApi(() => resources, { descriptions: (definition, field) => (definition === 'com.example.v1.CronTab' ? `about ${field ?? 'it'}` : undefined) });
  const hash = (): string => (json(openApi.respond('/openapi/v3', ''))['paths']!['apis/example.com/v1'] as unknown as { serverRelativeURL: string }).serverRelativeURL;
  const before = hash();
  const document = json(openApi.respond('/openapi/v3/apis/example.com/v1', ''));
  assert.ok(document['components']!['schemas']!['com.example.v1.CronTabList'] !== undefined);
  assert.deepEqual(document['components']!['schemas']!['com.example.v1.CronTab']!['properties']!['spec'], { description: 'about spec', type: 'string' });
  assert.deepEqual(Object.keys(document['paths']!['/apis/example.com/v1/namespaces/{namespace}/crontabs/{name}']!['patch']!['requestBody']!['content']!), ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']);
  resources = [...served, cronTab(true)];
  assert.notEqual(hash(), before);
});

test('documents are made once', () => {
  const openApi = new OpenApi(() => [...served]);
  assert.equal(openApi.respond('/openapi/v2', protobuf), openApi.respond('/openapi/v2', protobuf));
  assert.equal(openApi.respond('/openapi/v2', 'text/plain')!.code, 406);
});

/** Length-delimited fields by number; others are skipped. */
function decode(bytes: Uint8Array): Map<number, Uint8Array[]> {
  const fields = new Map<number, Uint8Array[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    if (key % 8 !== 2) {
      if (key % 8 === 0) varint();
      else at += 8;
      fields.set(key >>> 3, [new Uint8Array()]);
      continue;
    }
    const length = varint();
    fields.set(key >>> 3, [...(fields.get(key >>> 3) ?? []), bytes.subarray(at, (at += length))]);
  }
  assert.equal(at, bytes.length);
  return fields;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const namedEntries = (entries: readonly Uint8Array[]): Map<string, Uint8Array> => new Map(entries.map(decode).map((entry) => [text(entry.get(1)![0]!), entry.get(2)![0]!]));
const yamlOf = (extensions: readonly Uint8Array[], name: string): string => text(decode(namedEntries(extensions).get(name)!).get(2)![0]!);
