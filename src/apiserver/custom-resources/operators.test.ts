import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificateSchema } from '../../api/custom-resources/testing/operator-schemas.ts';
import type { JSONSchemaProps } from '../../api/types/apiextensions/v1.ts';
import { refusal, TestServer } from '../testing/server.ts';
import { define, definitionsPath, versionOf, widget, widgets } from './testing/definitions.ts';

const resource = '/apis/example.com/v1/namespaces/default/widgets';
const invalid = (name: string, ...errors: string[]): RegExp => new RegExp(`^Widget.example.com "${name}" is invalid: \\[?${errors.map((error) => error.replace(/[.[\]()"']/g, '\\$&')).join(', ')}\\]?$`);

test('an operator\'s resource: pruned, defaulted, validated and selected through the API', async () => {
  await using server = await TestServer.start();
  await define(server, widgets([versionOf('v1', {
    schema: { openAPIV3Schema: certificateSchema() }, subresources: { status: {} }, selectableFields: [{ jsonPath: '.spec.secretName' }],
  })]));
  const created = await server.create(resource, widget('a', { secretName: 's', issuerRef: { name: 'ca', other: 1 } }));
  assert.deepEqual(created.spec, { secretName: 's', issuerRef: { name: 'ca', kind: 'Issuer', group: 'certs.example.com' }, privateKey: { algorithm: 'RSA' } });
  await assert.rejects(server.create(`${resource}?fieldValidation=Strict`, widget('b', { secretName: 's', issuerRef: { name: 'ca', other: 1 }, more: {} })), { message: 'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.issuerRef.other", unknown field "spec.more"' });
  await assert.rejects(server.create(resource, widget('b', { issuerRef: {}, usages: ['signing', 'signing'] })), refusal('Invalid', invalid('b', 'spec.issuerRef.name: Required value', 'spec.secretName: Required value', 'spec.usages[1]: Duplicate value: "signing"')));

  const conditions = [{ type: 'Ready', status: 'True', reason: 'Issued', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }];
  const ready = await server.update(`${resource}/a/status`, { ...created, spec: {}, status: { conditions } });
  assert.deepEqual([ready.metadata.generation, ready.spec, ready.status], [1, created.spec, { conditions }]);
  await assert.rejects(server.update(`${resource}/a/status`, { ...ready, status: { conditions: [{ ...conditions[0], status: 'Yes' }] } }), refusal('Invalid', invalid('a', 'status.conditions[0].status: Unsupported value: "Yes": supported values: "True", "False", "Unknown"')));
  const changed = await server.patch(`${resource}/a`, { spec: { secretName: 't', privateKey: null } });
  assert.deepEqual([changed.metadata.generation, changed.spec['privateKey'], changed.status], [2, { algorithm: 'RSA' }, { conditions }]);

  const names = async (selector: string): Promise<unknown[]> => (await server.get(`${resource}?fieldSelector=${encodeURIComponent(selector)}`)).items.map(({ metadata }) => metadata.name);
  assert.deepEqual([await names('spec.secretName=t'), await names('spec.secretName!=t')], [['a'], []]);
  await assert.rejects(names('spec.issuerRef=t'), { message: 'field label not supported: spec.issuerRef' });
});

test('a definition whose schema is wrong is refused with what is wrong, patterns and rules among it', async () => {
  await using server = await TestServer.start();
  const spec = (x: JSONSchemaProps): object => widgets([versionOf('v1', { schema: { openAPIV3Schema: { type: 'object', properties: { x } } } })]);
  const at = 'spec.validation.openAPIV3Schema.properties[x]';
  const rows: readonly (readonly [x: JSONSchemaProps, error: string])[] = [
    [{ type: 'string', pattern: '(?=a)' }, `${at}.pattern: Invalid value: "(?=a)": must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported Perl syntax: \`(?=\``],
    [{ type: 'string', pattern: '^a$', default: 'b' }, `${at}.default: Invalid value: "b":  in body should match '^a$'`],
    [{ type: 'string', 'x-kubernetes-validations': [{ rule: 'self >' }] }, `${at}.x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self \\u003e"`],
    [{ type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > 1' }], default: 1 }, `${at}.default: Invalid value: 1: failed rule: self > 1`],
  ];
  for (const [x, error] of rows) await assert.rejects(server.create(definitionsPath, spec(x)), (thrown: Error) => thrown.message.includes(error) || assert.fail(thrown.message));
});

test('replicas that an object does not have: its scale cannot be read, but set', async () => {
  await using server = await TestServer.start();
  const schema: JSONSchemaProps = { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } };
  await define(server, widgets([versionOf('v1', { schema: { openAPIV3Schema: schema }, subresources: { scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } } })]));
  await server.create(resource, widget('a', {}));
  await assert.rejects(server.get(`${resource}/a/scale`), refusal('InternalError', 'Internal error occurred: the spec replicas field ".spec.size" does not exist'));
  await assert.rejects(server.patch(`${resource}/a/scale`, { metadata: {} }), refusal('BadRequest', 'the spec replicas field ".spec.size" cannot be empty'));
  assert.deepEqual((await server.patch(`${resource}/a/scale`, { spec: { replicas: 2 } })).spec, { replicas: 2 });
  assert.deepEqual((await server.get(`${resource}/a`)).spec, { size: 2 });
});

test('the scale of each version stands where that version says', async () => {
  await using server = await TestServer.start();
  const version = (name: string, field: string): ReturnType<typeof versionOf> => versionOf(name, {
    schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' }, count: { type: 'integer' } } }, status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } } },
    subresources: { scale: { specReplicasPath: `.spec.${field}`, statusReplicasPath: `.status.${field}` } },
  });
  await define(server, widgets([version('v1', 'size'), version('v2', 'count')]));
  await server.create(resource, widget('a', { size: 1, count: 2 }));
  const other = resource.replace('/v1/', '/v2/');
  assert.deepEqual([(await server.get(`${resource}/a/scale`)).spec, (await server.get(`${other}/a/scale`)).spec], [{ replicas: 1 }, { replicas: 2 }]);
  assert.deepEqual((await server.patch(`${other}/a/scale`, { spec: { replicas: 7 } })).spec, { replicas: 7 });
  assert.deepEqual((await server.update(`${resource}/a/scale`, { kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { name: 'a' }, spec: { replicas: 5 } })).spec, { replicas: 5 });
  assert.deepEqual((await server.get(`${resource}/a`)).spec, { size: 5, count: 7 });
});
