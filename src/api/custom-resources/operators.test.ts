import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFieldError } from '../field-error.ts';
import { customResourceDefinitionDefinition } from '../groups/apiextensions/custom-resource-definition.ts';
import { loadPatterns } from './pattern-loader.ts';
import type { JSONSchemaProps } from '../types/apiextensions/v1.ts';
import { certificateSchema, largeSchema, monitorSchema, quantity, routeSchema, workflowSchema } from './testing/operator-schemas.ts';
import type { Fields } from './testing/compiled.ts';
import { CompiledWidget, definitionOf } from './testing/compiled.ts';

interface Story {
  readonly schema: JSONSchemaProps;
  /** An object that is well and complete. */
  readonly good: Fields;
  /** What a client may send, and what is made of it. */
  readonly sent?: Fields;
  readonly made?: Fields;
  readonly unknown?: readonly string[];
  /** What is wrong with an object that is not well. */
  readonly bad: Fields;
  readonly errors: readonly string[];
}

const now = '2026-01-01T00:00:00Z';
const stories: Readonly<Record<string, Story>> = {
  certificate: {
    schema: certificateSchema(),
    good: {
      spec: { secretName: 's', issuerRef: { name: 'ca', kind: 'Issuer', group: 'g' }, privateKey: { algorithm: 'ECDSA', size: 256 }, dnsNames: ['a.b'], uris: ['spiffe://x/y'], emailAddresses: ['a@b.c'], ipAddresses: ['10.0.0.1'], renewBefore: '360h', usages: ['signing', 'client auth'] },
      status: { conditions: [{ type: 'Ready', status: 'True', reason: 'Issued', message: '', lastTransitionTime: now }], notAfter: now },
    },
    sent: { spec: { secretName: 's', issuerRef: { name: 'ca', other: 1 }, extra: {} } },
    made: { spec: { secretName: 's', issuerRef: { name: 'ca', kind: 'Issuer', group: 'certs.example.com' }, privateKey: { algorithm: 'RSA' } } },
    unknown: ['spec.extra', 'spec.issuerRef.other'],
    bad: { spec: { issuerRef: {}, privateKey: { size: 300 }, uris: ['%'], emailAddresses: ['a'], usages: ['signing', 'signing'], revisionHistoryLimit: 0 }, status: { conditions: [{ type: 'Ready', status: 'Yes', reason: '', message: '', lastTransitionTime: 'x' }, { type: 'Ready' }] } },
    errors: [
      'spec.issuerRef.name: Required value',
      'spec.privateKey.size: Invalid value: 300: spec.privateKey.size in body should be a multiple of 256',
      'spec.uris[0]: Invalid value: "%": spec.uris[0] in body must be of type uri: "%"',
      'spec.emailAddresses[0]: Invalid value: "a": spec.emailAddresses[0] in body must be of type email: "a"',
      'spec.revisionHistoryLimit: Invalid value: 0: spec.revisionHistoryLimit in body should be greater than or equal to 1',
      'spec.secretName: Required value',
      'status.conditions[0].status: Unsupported value: "Yes": supported values: "True", "False", "Unknown"',
      'status.conditions[0].reason: Invalid value: "": status.conditions[0].reason in body should be at least 1 chars long',
      'status.conditions[0].lastTransitionTime: Invalid value: "x": status.conditions[0].lastTransitionTime in body must be of type date-time: "x"',
      'status.conditions[1].status: Required value', 'status.conditions[1].lastTransitionTime: Required value', 'status.conditions[1].reason: Required value', 'status.conditions[1].message: Required value',
      'spec.usages[1]: Duplicate value: "signing"', 'status.conditions[1]: Duplicate value: {"type":"Ready"}',
    ],
  },
  workflow: {
    schema: workflowSchema(),
    good: { spec: { entrypoint: 'main', arguments: { parameters: [{ name: 'x', value: null }] }, templates: [{ name: 'main', steps: [[{ name: 'a', template: 'b' }], []] }, { name: 'b', container: { image: 'i', command: ['c'], env: [{ name: 'E' }] }, manifest: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'm-' }, data: { a: 'b' } } }] }, status: { phase: 'Running', nodes: { a: {} } } },
    sent: { spec: { templates: [{ name: 'a', manifest: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', what: 1 } }, steps: [[{ nope: 1 }]] }] } },
    made: { spec: { templates: [{ name: 'a', manifest: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } }, steps: [[{}]] }] } },
    unknown: ['spec.templates[0].steps[0][0].nope', 'spec.templates[0].manifest.metadata.what'],
    bad: { spec: { templates: [{ container: { image: 1 }, manifest: { kind: 'a b', metadata: { name: 'a/b', labels: { '!': '' } } } }] } },
    errors: [
      'spec.templates[0].container.image: Invalid value: "integer": spec.templates[0].container.image in body must be of type string: "integer"',
      'spec.templates[0].name: Required value',
      'spec.templates[0].manifest.apiVersion: Required value',
      "spec.templates[0].manifest.kind: Invalid value: \"a b\": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
      "spec.templates[0].manifest.metadata.name: Invalid value: \"a/b\": may not contain '/'",
      "spec.templates[0].manifest.metadata.labels: Invalid value: \"!\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ],
  },
  monitor: {
    schema: monitorSchema(),
    good: { spec: { replicas: 2, resources: { limits: { cpu: 1, memory: '1.5Gi' }, requests: { cpu: '100m' } }, endpoints: [{ port: 'web', targetPort: 8080, interval: '30s', scheme: 'https' }, { targetPort: 'http', interval: '1h30m', scheme: 'http' }], selector: { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'k', operator: 'Exists' }] } }, status: { replicas: 2, paused: false } },
    sent: { spec: { endpoints: [{}], podMetadata: { name: 'x', labels: { a: null, b: '' } } } },
    made: { spec: { replicas: 1, endpoints: [{ scheme: 'http' }], podMetadata: { labels: { b: '' } } } },
    unknown: ['spec.podMetadata.name'],
    bad: { spec: { replicas: 2 ** 31, resources: { limits: { cpu: true, memory: '1 GB' } }, endpoints: [{ targetPort: {}, interval: 'often' }], selector: { matchExpressions: [{}] } } },
    errors: [
      '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.replicas',
      'spec.resources.limits.cpu: Invalid value: "boolean": spec.resources.limits.cpu in body must be of type integer,string: "boolean"',
      '<nil>: Invalid value: "": "spec.resources.limits.cpu" must validate at least one schema (anyOf)',
      'spec.resources.limits.cpu: Invalid value: "boolean": spec.resources.limits.cpu in body must be of type integer: "boolean"',
      `spec.resources.limits.memory: Invalid value: "1 GB": spec.resources.limits.memory in body should match '${quantity.pattern}'`,
      'spec.endpoints[0].targetPort: Invalid value: "object": spec.endpoints[0].targetPort in body must be of type integer,string: "object"',
      '<nil>: Invalid value: "": "spec.endpoints[0].targetPort" must validate at least one schema (anyOf)',
      'spec.endpoints[0].targetPort: Invalid value: "object": spec.endpoints[0].targetPort in body must be of type integer: "object"',
      "spec.endpoints[0].interval: Invalid value: \"often\": spec.endpoints[0].interval in body should match '^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$'",
      'spec.selector.matchExpressions[0].key: Required value', 'spec.selector.matchExpressions[0].operator: Required value',
    ],
  },
  route: {
    schema: routeSchema(),
    good: { spec: { hosts: ['a'], http: [{ match: { prefix: '/' }, weight: 100, timeout: '5s', headers: { x: { add: { a: 'b' }, remove: ['c'] }, y: null } }, { match: {} }] } },
    bad: { spec: { hosts: [], http: [{ match: { exact: 'a', prefix: 'b' }, weight: 101 }] } },
    errors: [
      'spec.hosts: Invalid value: 0: spec.hosts in body should have at least 1 items',
      '<nil>: Invalid value: "": "spec.http[0].match" must validate one and only one schema (oneOf). Found 2 valid alternatives',
      'spec.http[0].weight: Invalid value: 101: spec.http[0].weight in body should be less than or equal to 100',
    ],
  },
};

for (const [name, { schema, good, sent = good, made = good, unknown = [], bad, errors }] of Object.entries(stories)) {
  test(`schemas of operators: a ${name}`, async () => {
    await loadPatterns();
    assert.deepEqual((customResourceDefinitionDefinition.validate?.({ ...definitionOf(schema), status: { storedVersions: ['v1'] } }, { nowMs: 0 }) ?? []).map(formatFieldError), []);
    const widget = await CompiledWidget.of(schema, { subresources: { status: {} } });
    assert.deepEqual([widget.decoded(good), widget.unknown(good), widget.errors(good)], [good, [], []]);
    assert.deepEqual([widget.decoded(sent), widget.unknown(sent), widget.errors(bad)], [made, unknown, errors]);
    assert.deepEqual(widget.update(bad, bad).filter((error) => !errors.includes(error)), []);
  });
}

test('schemas of operators: of a megabyte of schema, what is used', async () => {
  const schema = largeSchema(1_000_000);
  await loadPatterns();
  const widget = await CompiledWidget.of(schema);
  assert.deepEqual(widget.decoded({ spec: { group0: { field0: 'a', nope: 1 } } }), { spec: { group0: { field0: 'a', ...Object.fromEntries([1, 4, 7, 10, 13, 16, 19].map((n) => [`field${n}`, n])) } } });
});
