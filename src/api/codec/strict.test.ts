import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { builtinSchema, loadOlderResources } from '../schema/table.ts';
import { decodeObject, strictDecodingMessage, undecodableError } from './strict.ts';

// Upstream's objects are of older versions, too.
await loadOlderResources();

const roundtrip = join(import.meta.dirname, '../../../../shared/data/kubernetes-1.36/roundtrip');
const deployment = builtinSchema.kind('apps', 'v1', 'Deployment')!;
const pod = builtinSchema.kind('', 'v1', 'Pod')!;
const service = builtinSchema.kind('', 'v1', 'Service')!;

test('nothing of a fully populated object of any kind is dropped or changed', { skip: existsSync(roundtrip) ? false : 'the round-trip data is not there' }, () => {
  for (const file of readdirSync(roundtrip).filter((name) => name.endsWith('.json'))) {
    const [, group = '', version = '', kind = ''] = /^(.+)\.(v\w+)\.(\w+)\.json$/.exec(file)!;
    const schema = builtinSchema.kind(group === 'core' ? '' : group, version, kind)!;
    const value = JSON.parse(readFileSync(join(roundtrip, file), 'utf8')) as unknown;
    const { object, unknownFields, errors } = decodeObject(value, schema, { copy: true });
    assert.deepEqual(unknownFields, [], file);
    assert.deepEqual(errors, [], file);
    assert.deepEqual(object, value, file);
  }
});

test('unknown fields are dropped and named with their path', () => {
  const value = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', Labels: {} }, spec: { foo: 1, containers: [{ name: 'c', bar: 2 }, { name: 'd', env: [{ name: 'A', baz: 3 }] }] } };
  const { object, unknownFields, errors } = decodeObject(value, pod);
  assert.deepEqual(errors, []);
  assert.deepEqual(unknownFields, ['unknown field "metadata.Labels"', 'unknown field "spec.foo"', 'unknown field "spec.containers[0].bar"', 'unknown field "spec.containers[1].env[0].baz"']);
  assert.deepEqual(object, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { containers: [{ name: 'c' }, { name: 'd', env: [{ name: 'A' }] }] } });
});

test('what Go leaves out when it is empty is as if it had not been sent; pointers are what they point to', () => {
  const value = {
    apiVersion: '', kind: '', metadata: { name: 'a', labels: {}, finalizers: [], generation: 0, managedFields: [] },
    spec: { hostNetwork: false, nodeName: '', nodeSelector: {}, tolerations: [], priority: 0, shareProcessNamespace: false, securityContext: {}, containers: [{ name: '', image: '', env: [{ name: 'A', value: '' }], resources: { limits: {} } }], volumes: [{ name: 'v', emptyDir: {} }] },
  };
  const kept = {
    apiVersion: '', kind: '', metadata: { name: 'a', managedFields: [] },
    spec: { priority: 0, shareProcessNamespace: false, securityContext: {}, containers: [{ name: '', env: [{ name: 'A' }], resources: {} }], volumes: [{ name: 'v', emptyDir: {} }] },
  };
  assert.deepEqual(decodeObject(value, pod, { copy: true }).object, kept);
  assert.deepEqual(decodeObject(value, pod).object, kept);
  // Rules and subjects are written even where there are none; a zero behind a pointer is a zero.
  assert.deepEqual(decodeObject({ metadata: {}, rules: [] }, builtinSchema.kind('rbac.authorization.k8s.io', 'v1', 'Role')!).object, { metadata: {}, rules: [] });
  assert.deepEqual(decodeObject({ spec: { replicas: 0, paused: false } }, deployment).object, { spec: { replicas: 0 } });
  assert.deepEqual(decodeObject({ gracePeriodSeconds: 0, orphanDependents: false }, builtinSchema.definition('io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions')!).object, { gracePeriodSeconds: 0, orphanDependents: false });
});

test('__proto__ is one more unknown field', () => {
  const { object, unknownFields } = decodeObject(JSON.parse('{"metadata":{"__proto__":{"name":"x"},"labels":{"__proto__":"y"}}}'), pod);
  assert.deepEqual(unknownFields, ['unknown field "metadata.__proto__"']);
  assert.equal((object['metadata'] as { name?: string }).name, undefined);
});

test('null is absent; in lists and maps it is the zero value', () => {
  const { object, errors } = decodeObject({ metadata: { creationTimestamp: null, labels: { a: null }, annotations: null }, spec: { containers: [null], nodeName: null, volumes: null } }, pod);
  assert.deepEqual(errors, []);
  assert.deepEqual(object, { metadata: { labels: { a: '' } }, spec: { containers: [{}] } });
});

const wrong: [string, unknown, string][] = [
  ['string for a number', { spec: { replicas: '3' } }, 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32'],
  ['number for a string deep in lists', { spec: { template: { spec: { containers: [{ env: [{ value: 1 }] }] } } } }, 'json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string'],
  ['bool for a label', { metadata: { labels: { a: true } } }, 'json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string'],
  ['string for a list', { spec: { template: { spec: { containers: [{ command: 'sh' }] } } } }, 'json: cannot unmarshal string into Go struct field Container.spec.template.spec.containers.command of type []string'],
  ['string for an object', { spec: 'x' }, 'json: cannot unmarshal string into Go struct field Deployment.spec of type v1.DeploymentSpec'],
  ['list for a map', { metadata: { labels: [] } }, 'json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string'],
  ['object for a list', { spec: { template: { spec: { containers: {} } } } }, 'json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container'],
  ['an int32 out of range', { spec: { replicas: 3_000_000_000 } }, 'json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32'],
  ['a fraction for an integer', { spec: { replicas: 1.5 } }, 'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32'],
  ['a list for the whole', [], 'json: cannot unmarshal array into Go value of type v1.Deployment'],
  ['a bad quantity', { spec: { template: { spec: { containers: [{ resources: { limits: { cpu: 'much' } } }] } } } }, "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
  ['a bad time', { metadata: { creationTimestamp: 'yesterday' } }, 'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'],
  ['a time without zone', { metadata: { creationTimestamp: '2024-01-02T03:04:05' } }, 'parsing time "2024-01-02T03:04:05" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"'],
  ['a month that is none', { metadata: { creationTimestamp: '2024-13-02T03:04:05Z' } }, 'parsing time "2024-13-02T03:04:05Z": month out of range'],
  ['a number for a time', { metadata: { creationTimestamp: 5 } }, 'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp of type string'],
];
for (const [name, value, message] of wrong) {
  test(`refused: ${name}`, () => {
    assert.deepEqual(decodeObject(value, deployment).errors, [message]);
  });
}

test('the first error is the one reported', () => {
  assert.deepEqual(decodeObject({ spec: { replicas: 'x', paused: 'y' } }, deployment).errors, ['json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32']);
});

test('an int-or-string is an int32 or a string', () => {
  assert.deepEqual(decodeObject({ spec: { ports: [{ targetPort: 'web' }, { targetPort: 80 }] } }, service).errors, []);
  assert.deepEqual(decodeObject({ spec: { ports: [{ targetPort: true }] } }, service).errors, ['json: cannot unmarshal bool into Go struct field ServicePort.spec.ports.targetPort of type int32']);
});

test('base64 is checked', () => {
  const secret = builtinSchema.kind('', 'v1', 'Secret')!;
  assert.deepEqual(decodeObject({ data: { a: 'aGVsbG8=', b: '', c: 'aGVs\nbG8=' } }, secret).object, { data: { a: 'aGVsbG8=', b: '', c: 'aGVsbG8=' } });
  assert.deepEqual(decodeObject({ data: { a: 'not base64!' } }, secret).errors, ['illegal base64 data at input byte 3']);
  assert.deepEqual(decodeObject({ data: { a: 'aGVsbG8' } }, secret).errors, ['illegal base64 data at input byte 4']);
  assert.deepEqual(decodeObject({ data: { a: `${'A'.repeat(1_000_000)}` } }, secret).errors, []);
  assert.deepEqual(decodeObject({ data: { a: 1 } }, secret).errors, ['json: cannot unmarshal number into Go struct field Secret.data of type []uint8']);
});

test('quantities and times come out as a round trip through Go leaves them', () => {
  const { object } = decodeObject({ metadata: { creationTimestamp: '2024-01-02T03:04:05.6+02:00' }, spec: { containers: [{ resources: { limits: { cpu: 0.5, memory: '1024Ki' } } }] } }, pod);
  assert.deepEqual(object, { metadata: { creationTimestamp: '2024-01-02T01:04:05Z' }, spec: { containers: [{ resources: { limits: { cpu: '500m', memory: '1Mi' } } }] } });
  const lease = builtinSchema.kind('coordination.k8s.io', 'v1', 'Lease')!;
  assert.deepEqual(decodeObject({ spec: { renewTime: '2024-01-02T03:04:05.123456+01:00' } }, lease).object, { spec: { renewTime: '2024-01-02T02:04:05.123456Z' } });
  assert.deepEqual(decodeObject({ spec: { renewTime: '2024-01-02T03:04:05Z' } }, lease).errors, ['parsing time "2024-01-02T03:04:05Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"']);
});

test('schemas behind a union are decoded too, and their unknown fields vanish', () => {
  const definition = builtinSchema.kind('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition')!;
  const schema = { type: 'object', properties: { list: { type: 'array', items: { type: 'string', foo: 1 } }, map: { additionalProperties: true } } };
  const { object, unknownFields } = decodeObject({ spec: { versions: [{ schema: { openAPIV3Schema: schema } }] } }, definition, { definition: (name) => builtinSchema.definition(name) });
  assert.deepEqual(unknownFields, []);
  assert.deepEqual(object, { spec: { versions: [{ schema: { openAPIV3Schema: { type: 'object', properties: { list: { type: 'array', items: { type: 'string' } }, map: { additionalProperties: true } } } } }] } });
});

test('the API server wraps what the decoder says', () => {
  const error = undecodableError({ version: 'v1', kind: 'Deployment' }, 'Deployment', strictDecodingMessage(['unknown field "spec.a"', 'unknown field "spec.b"']));
  assert.equal(error.code, 400);
  assert.equal(error.message, 'Deployment in version "v1" cannot be handled as a Deployment: strict decoding error: unknown field "spec.a", unknown field "spec.b"');
});
