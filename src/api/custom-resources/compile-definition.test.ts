import assert from 'node:assert/strict';
import { test } from 'node:test';
import { structShape } from '../managed-fields/shape.ts';
import { createdFields } from '../managed-fields/compare.ts';
import type { CustomResourceColumnDefinition, JSONSchemaProps } from '../types/apiextensions/v1.ts';
import { compileDefinition } from './compile-definition.ts';
import { printerColumns } from './printer-columns.ts';
import { CompiledWidget, definitionOf } from './testing/compiled.ts';
import type { Fields } from './testing/compiled.ts';

const string: JSONSchemaProps = { type: 'string' };
const integer: JSONSchemaProps = { type: 'integer' };
const object = (properties: Record<string, JSONSchemaProps>, more: JSONSchemaProps = {}): JSONSchemaProps => ({ type: 'object', properties, ...more });
const open = object({}, { 'x-kubernetes-preserve-unknown-fields': true });
const scale = { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size', labelSelectorPath: '.status.selector' };

test('a compiled definition: its versions in order, its names, its subresources', async () => {
  const crd = definitionOf(open, { subresources: { status: {}, scale } });
  const [v1] = crd.spec.versions;
  crd.spec.versions = [{ ...v1!, name: 'v1beta1', storage: false, deprecated: true }, { ...v1!, name: 'foo', storage: false, subresources: {} }, { ...v1!, name: 'v2alpha1', storage: false }, v1!, { ...v1!, name: 'v2', storage: false, deprecated: true, deprecationWarning: 'go away' }];
  crd.status = { acceptedNames: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['w'], categories: ['all'] } };
  const { versions, storage } = await compileDefinition(crd);
  assert.deepEqual(versions.map(({ name }) => name), ['v2', 'v1', 'v1beta1', 'v2alpha1', 'foo']);
  assert.deepEqual(versions.map(({ deprecation }) => deprecation), ['go away', undefined, 'example.com/v1beta1 Widget is deprecated; use example.com/v1 Widget', undefined, undefined]);
  assert.equal(storage.name, 'v1');
  const { schema, ...resource } = storage.resource;
  assert.deepEqual(resource, {
    group: 'example.com', version: 'v1', resource: 'widgets', singular: 'widget', kind: 'Widget', namespaced: true, shortNames: ['w'], categories: ['all'], storageVersionHash: 'gIwvi5rymmg=',
    verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
    subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'], group: 'example.com', version: 'v1', kind: 'Widget' }, { name: 'scale', verbs: ['get', 'patch', 'update'], group: 'autoscaling', version: 'v1', kind: 'Scale' }],
  });
  assert.equal(schema.name, 'Widget.v1.example.com');
});

test('a compiled definition: what creation and updates change', async () => {
  const { definition } = (await CompiledWidget.of(open, { subresources: { status: {} } })).version;
  const make = (fields: Fields): ReturnType<CompiledWidget['make']> => ({ metadata: { name: 'w', generation: 4, labels: { a: 'b' }, resourceVersion: '7' }, ...fields });
  const created = make({ spec: {}, status: {} });
  definition.prepareForCreate?.(created, { nowMs: 0 });
  assert.deepEqual([(created as Fields & typeof created)['status'], created.metadata.generation], [undefined, 1]);
  const old = make({ spec: { a: 1 }, status: { s: 1 } });
  const same = make({ spec: { a: 1 }, status: { s: 2 } });
  definition.update?.prepareForUpdate?.(same, old, { nowMs: 0 });
  assert.deepEqual(same, old);
  const changed = make({ spec: { a: 1, b: [] } });
  definition.update?.prepareForUpdate?.(changed, old, { nowMs: 0 });
  assert.deepEqual(changed, { ...make({ spec: { a: 1, b: [] }, status: { s: 1 } }), metadata: { ...old.metadata, generation: 5 } });
  const status = { ...make({ spec: { a: 2 }, status: { s: 3 }, extra: 1 }), metadata: { name: 'w', labels: {}, managedFields: [{ manager: 'm' }] } };
  definition.subresources?.['status']?.prepareForUpdate?.(status, old, { nowMs: 0 });
  assert.deepEqual(status, { metadata: { ...old.metadata, managedFields: [{ manager: 'm' }] }, spec: { a: 1 }, status: { s: 3 } });
  assert.deepEqual(definition.warnings?.({ metadata: { finalizers: ['a', 'b.c', 'd.e/f', 'orphan'] } }, undefined), [
    'metadata.finalizers: "a": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers',
    'metadata.finalizers: "b.c": prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers',
  ]);
});

test('a compiled definition: without a status subresource the status is a field like any other', async () => {
  const { definition } = (await CompiledWidget.of(open)).version;
  const object1 = { metadata: { name: 'w', generation: 1 }, status: { s: 1 } };
  definition.prepareForCreate?.(object1, { nowMs: 0 });
  const changed = { metadata: { name: 'w' }, status: { s: 2 } };
  definition.update?.prepareForUpdate?.(changed, object1, { nowMs: 0 });
  assert.deepEqual(changed, { metadata: { name: 'w', generation: 2 }, status: { s: 2 } });
});

test('a compiled definition: the scale of an object', async () => {
  const { definition, replicasPath } = (await CompiledWidget.of(open, { subresources: { scale } })).version;
  const one = { metadata: { name: 'w' }, spec: { size: 3, x: 1 }, status: { size: 2, selector: 'a=b' } };
  const access = definition.scale!;
  assert.deepEqual(replicasPath, ['f:spec', 'f:size']);
  assert.deepEqual([access.replicas(one), access.statusReplicas(one), access.selector(one)], [3, 2, 'a=b']);
  const empty = { metadata: { name: 'w' } };
  assert.throws(() => access.replicas(empty), { message: 'Internal error occurred: the spec replicas field ".spec.size" does not exist' });
  assert.deepEqual([access.statusReplicas(empty), access.selector(empty)], [0, '']);
  access.setReplicas(one, 5);
  access.setReplicas(empty, 1);
  assert.deepEqual([one.spec, empty], [{ size: 5, x: 1 }, { metadata: { name: 'w' }, spec: { size: 1 } }]);
});

const scaleRows: readonly (readonly [fields: Fields, ...errors: string[]])[] = [
  [{ spec: { size: 1 }, status: {} }],
  [{ spec: { size: -1 } }, '.spec.size: Invalid value: -1: should be a non-negative integer'],
  [{ spec: { size: 2 ** 31 } }, '.spec.size: Invalid value: 2147483648: should be less than or equal to 2147483647'],
  [{ spec: { size: 'x' } }, '.spec.size: Invalid value: 0: .spec.size accessor error: x is of the type string, expected int64'],
  [{ spec: [1] }, '.spec.size: Invalid value: 0: .spec.size accessor error: [1] is of the type []interface {}, expected map[string]interface{}'],
  [{ status: { size: -1, selector: 1 } }, '.status.size: Invalid value: -1: should be a non-negative integer', '.status.selector: Invalid value: "": .status.selector accessor error: 1 is of the type int64, expected string'],
];
for (const [fields, ...expected] of scaleRows) test(`a compiled definition: a scale of ${JSON.stringify(fields)}`, async () => assert.deepEqual((await CompiledWidget.of(open, { subresources: { scale } })).errors(fields), expected));

const now = Date.UTC(2026, 0, 2);
const shown = { metadata: { name: 'w', creationTimestamp: '2026-01-01T00:00:00Z' }, spec: { n: 1.5, i: 3, s: 'a', b: true, o: { z: 1, a: 2 }, l: [1, 2, 3], when: 'soon' }, status: { conditions: [{ type: 'Ready', status: 'True' }, { type: 'Failed', status: 'False' }] } };
const cells: readonly (readonly [type: string, path: string, cell: unknown])[] = [
  ['string', '.spec.s', 'a'], ['string', '.spec.n', '1.5'], ['string', '.spec.b', 'true'], ['string', '.spec.o', '{"a":2,"z":1}'], ['string', '.spec.none', null], ['string', '.spec.s.t', null],
  ['integer', '.spec.i', 3], ['integer', '.spec.n', 1], ['integer', '.spec.s', null], ['number', '.spec.n', 1.5], ['boolean', '.spec.b', true], ['boolean', '.spec.s', null],
  ['date', '.metadata.creationTimestamp', '24h'], ['date', '.spec.when', '<invalid>'], ['date', '.spec.i', null],
  ['string', '.status.conditions[?(@.type=="Ready")].status', 'True'], ['string', '.status.conditions[?(@.type==\'Failed\')].status', 'False'], ['string', '.status.conditions[?(@.type=="None")].status', null],
  ['string', '.status.conditions[1].type', 'Failed'], ['string', '.status.conditions[-1:].type', 'Failed'], ['string', '.status.conditions[7].type', null], ['string', '.status.conditions[*].type', 'Ready'],
  ['integer', '.spec.l[?(@>1)]', 2], ['integer', '.spec.l[1:3]', 2], ['string', ".spec['s']", 'a'], ['string', '.spec..z', '1'], ['string', '.spec.l[0,2]', '1'],
];
for (const [type, jsonPath, expected] of cells) {
  test(`a compiled definition: a column of ${type} at ${jsonPath}`, () => assert.deepEqual(printerColumns([{ name: 'x', type, jsonPath }])[1]?.cell(shown, { nowMs: now }), expected));
}

test('a compiled definition: columns, and the age where there are none', () => {
  const heads = (definitions: CustomResourceColumnDefinition[]): unknown[] => printerColumns(definitions).map(({ cell: _cell, ...head }) => head);
  const name = { name: 'Name', type: 'string', format: 'name', priority: 0 };
  assert.deepEqual(heads([{ name: 'A', type: 'integer', format: 'int32', jsonPath: '.spec.a', priority: 1 }, { name: 'B', type: 'string', description: 'b', jsonPath: '.spec.b' }]), [
    name, { name: 'A', type: 'integer', format: 'int32', priority: 1, description: 'Custom resource definition column (in JSONPath format): .spec.a' }, { name: 'B', type: 'string', priority: 0, description: 'b' },
  ]);
  assert.deepEqual(heads([]), [name, { name: 'Age', type: 'date', priority: 0 }]);
  assert.deepEqual(heads([{ name: 'A', type: 'string', jsonPath: '.spec[' }, { name: 'B', type: 'string', jsonPath: '.b' }]), [name]);
});

test('a compiled definition: fields to select by', async () => {
  const { definition } = (await CompiledWidget.of(open, { selectableFields: [{ jsonPath: '.spec.color' }, { jsonPath: '.spec.size' }, { jsonPath: '.spec.none' }] })).version;
  assert.deepEqual(definition.selectableFields?.({ metadata: {}, spec: { color: 'red', size: 3 } } as never), { 'spec.color': 'red', 'spec.size': '3', 'spec.none': '' });
});

test('a compiled definition: what server-side apply makes of its schema', async () => {
  const { resource } = (await CompiledWidget.of(object({ spec: object({
    a: string, n: integer, either: { 'x-kubernetes-int-or-string': true }, time: { type: 'string', format: 'date-time' },
    atomic: object({ x: string }, { 'x-kubernetes-map-type': 'atomic' }),
    keyed: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: object({ k: { type: 'string', default: 'd' }, v: string }) },
    set: { type: 'array', 'x-kubernetes-list-type': 'set', items: string },
    plain: { type: 'array', items: object({ x: string }) },
    sets: { type: 'object', additionalProperties: { type: 'array', 'x-kubernetes-list-type': 'set', items: string } },
    open: object({ x: string }, { 'x-kubernetes-preserve-unknown-fields': true }),
    pod: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
  }) }))).version;
  const fields = createdFields({
    spec: {
      a: '', n: 0, either: 1, time: 'x', atomic: { x: '' }, keyed: [{ v: '' }], set: ['s'], plain: [{ x: '' }], sets: { m: ['t'] }, open: { x: '', y: { z: 1 } },
      pod: { kind: 'Pod', metadata: { labels: { l: '' }, finalizers: ['f'] }, spec: { c: [1] } },
    },
  }, structShape(resource.schema), undefined);
  assert.deepEqual(fields, { 'f:spec': { '.': {}, 'f:a': {}, 'f:n': {}, 'f:either': {}, 'f:time': {}, 'f:atomic': {}, 'f:keyed': { '.': {}, 'k:{"k":"d"}': { '.': {}, 'f:v': {} } }, 'f:set': { '.': {}, 'v:"s"': {} }, 'f:plain': {}, 'f:sets': { '.': {}, 'f:m': { '.': {}, 'v:"t"': {} } }, 'f:open': { '.': {}, 'f:x': {}, 'f:y': { '.': {}, 'f:z': {} } }, 'f:pod': { '.': {}, 'f:kind': {}, 'f:metadata': { '.': {}, 'f:labels': { '.': {}, 'f:l': {} }, 'f:finalizers': { '.': {}, 'v:"f"': {} } }, 'f:spec': { '.': {}, 'f:c': {} } } } });
});
