import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ObjectSchema } from '../schema/schema.ts';
import { builtinSchema, loadOlderResources } from '../schema/table.ts';
import { decodeProtobuf, encodeProtobuf, encodeProtobufItem, frameProtobufList, isProtobuf, ProtobufError, watchFrame } from './protobuf.ts';
import { decodeYaml, encodeYaml } from './yaml.ts';

// Upstream's objects are of older versions, too.
await loadOlderResources();

const roundtrip = join(import.meta.dirname, '../../../../shared/data/kubernetes-1.36/roundtrip');
const skip = existsSync(roundtrip) ? false : 'the round-trip data is not there';

interface Fixture { name: string; json: { apiVersion?: string; kind?: string }; bytes: Uint8Array; schema: ObjectSchema }

function fixtures(): Fixture[] {
  return readdirSync(roundtrip).filter((file) => file.endsWith('.json')).map((file) => {
    const [, group = '', version = '', kind = ''] = /^(.+)\.(v\w+)\.(\w+)\.json$/.exec(file)!;
    const name = file.slice(0, -'.json'.length);
    return { name, schema: builtinSchema.kind(group === 'core' ? '' : group, version, kind)!, json: JSON.parse(readFileSync(join(roundtrip, file), 'utf8')) as Fixture['json'], bytes: readFileSync(join(roundtrip, `${name}.pb`)) };
  });
}

test('every kind is written byte for byte as Go writes it', { skip }, () => {
  const wrong: string[] = [];
  for (const { name, json, bytes, schema } of fixtures()) {
    const encoded = encodeProtobuf(json, schema);
    if (Buffer.compare(encoded, bytes) !== 0) wrong.push(name);
  }
  assert.deepEqual(wrong, []);
});

test('every kind is read back as its JSON', { skip }, () => {
  for (const { name, json, bytes, schema } of fixtures()) {
    assert.deepEqual(decodeProtobuf(bytes, () => schema), { apiVersion: '', kind: '', ...json }, name);
  }
});

test('every kind is written and read in YAML as Go does it, to the byte', { skip }, () => {
  const wrong: string[] = [];
  for (const { name, json } of fixtures()) {
    const text = readFileSync(join(roundtrip, `${name}.yaml`), 'utf8');
    assert.deepEqual(decodeYaml(text).value, json, name);
    if (encodeYaml(json) !== text) wrong.push(name);
  }
  assert.deepEqual(wrong, []);
});

const deployment = builtinSchema.kind('apps', 'v1', 'Deployment')!;

test('a zero that is a decision survives', () => {
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec: { replicas: 0, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '25%' } } } };
  assert.deepEqual(decodeProtobuf(encodeProtobuf(object, deployment)), object);
});

test('what a device is not survives, and what it has none of', () => {
  const object = { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceSlice', metadata: { name: 's' }, spec: { driver: 'd', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, allNodes: false, devices: [{ name: 'x', allNodes: false, attributes: { healthy: { bool: false }, lanes: { int: 0 }, model: { string: '' } } }] } };
  assert.deepEqual(decodeProtobuf(encodeProtobuf(object, builtinSchema.kind('resource.k8s.io', 'v1', 'ResourceSlice')!)), object);
});

test('a zero that Go writes for a plain field is left out', () => {
  const volume = { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'v' }, spec: { storageClassName: '', csi: { driver: 'd', volumeHandle: 'h' } } };
  assert.deepEqual(decodeProtobuf(encodeProtobuf(volume, builtinSchema.kind('', 'v1', 'PersistentVolume')!)), { ...volume, spec: { csi: volume.spec.csi } });
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a', namespace: '' }, spec: { minReadySeconds: 0, paused: false } };
  assert.deepEqual(decodeProtobuf(encodeProtobuf(object, deployment)), { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec: {} });
});

test('a number without end is refused, not written for ever', () => {
  const schema = builtinSchema.kind('', 'v1', 'Pod')!;
  for (const value of [Infinity, -Infinity, NaN, 1.5]) {
    const pod: object = { apiVersion: 'v1', kind: 'Pod', spec: { priority: value } };
    assert.throws(() => encodeProtobuf(pod, schema), RangeError);
  }
});

test('negative and large numbers', () => {
  const pod = builtinSchema.kind('', 'v1', 'Pod')!;
  const object = { apiVersion: 'v1', kind: 'Pod', metadata: { generation: 2 ** 52 + 1 }, spec: { priority: -5, terminationGracePeriodSeconds: -(2 ** 40) } };
  assert.deepEqual(decodeProtobuf(encodeProtobuf(object, pod)), object);
});

test('schemas inside a CustomResourceDefinition', () => {
  const definition = builtinSchema.kind('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition')!;
  const openAPIV3Schema = { type: 'object', $schema: 'x', properties: { a: { type: 'array', items: { type: 'string', enum: ['x', 1] } }, b: { additionalProperties: true }, c: { additionalProperties: { type: 'integer', minimum: 0 } }, d: { 'x-kubernetes-preserve-unknown-fields': true, default: { k: [null] } } } };
  const object = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', spec: { versions: [{ name: 'v1', schema: { openAPIV3Schema } }] } };
  assert.deepEqual(decodeProtobuf(encodeProtobuf(object, definition)), object);
});

test('what is no message is refused, whatever its bytes', () => {
  assert.equal(isProtobuf(new TextEncoder().encode('{}')), false);
  assert.throws(() => decodeProtobuf(new TextEncoder().encode('{"kind":"Pod"}')), ProtobufError);
  const good = encodeProtobuf({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'abc', labels: { a: 'b' } } } as object, deployment);
  for (let length = 0; length < good.length; length++) {
    try {
      decodeProtobuf(good.subarray(0, length));
    } catch (error) {
      assert.ok(error instanceof ProtobufError, String(error));
    }
  }
  assert.throws(() => decodeProtobuf(encodeProtobuf({ apiVersion: 'v1', kind: 'Nothing' }, deployment)), /no kind "Nothing" is registered for version "v1"/);
});

test('a watch frame is length, type and the enveloped object', () => {
  const frame = watchFrame('ADDED', Uint8Array.of(1, 2, 3));
  assert.deepEqual([...frame], [0, 0, 0, 14, 10, 5, ...Buffer.from('ADDED'), 18, 5, 10, 3, 1, 2, 3]);
});

test('a list that is put together from its items is the same list', () => {
  for (const [apiVersion, kind] of [['v1', 'ConfigMapList'], ['meta.k8s.io/v1', 'PartialObjectMetadataList'], ['meta.k8s.io/v1beta1', 'PartialObjectMetadataList']] as const) {
    const slash = apiVersion.indexOf('/');
    const schema = builtinSchema.kind(slash < 0 ? '' : apiVersion.slice(0, slash), apiVersion.slice(slash + 1), kind)!;
    for (const count of [0, 1, 3]) {
      const list = { apiVersion, kind, metadata: { resourceVersion: '7', continue: 'x' } };
      const items = Array.from({ length: count }, (_, i) => ({ metadata: { name: `n${i}`, labels: { a: 'b'.repeat(i * 100) } } }));
      const pieces = items.map((item) => encodeProtobufItem(item, schema));
      const { head, tail } = frameProtobufList(list, schema, pieces.reduce((sum, { length }) => sum + length, 0));
      assert.deepEqual(Buffer.concat([head, ...pieces, tail]), Buffer.from(encodeProtobuf({ ...list, items } as object, schema)), `${kind} of ${count}`);
    }
  }
});
