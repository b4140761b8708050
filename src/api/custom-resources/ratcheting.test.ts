import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JSONSchemaProps } from '../types/apiextensions/v1.ts';
import { CompiledWidget } from './testing/compiled.ts';
import type { Fields } from './testing/compiled.ts';

const short: JSONSchemaProps = { type: 'string', maxLength: 1 };
const object = (properties: Record<string, JSONSchemaProps>, more: JSONSchemaProps = {}): JSONSchemaProps => ({ type: 'object', properties, ...more });
const keyed: JSONSchemaProps = { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: object({ k: { type: 'string' }, v: short }) };
const schema = object({
  spec: object({
    a: short, b: short, list: { type: 'array', items: short }, keyed, map: { type: 'object', additionalProperties: short },
    either: object({ x: short, y: short }, { oneOf: [{ required: ['x'] }, { required: ['y'] }] }),
    open: object({ x: short }, { 'x-kubernetes-preserve-unknown-fields': true, required: ['z'] }),
    set: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
  }),
  status: object({ s: short, kind: short }),
});
const widget = await CompiledWidget.of(schema, { subresources: { status: {} } });
const tooLong = (field: string): string => `${field}: Too long: may not be more than 1 bytes`;

const rows: readonly (readonly [name: string, old: Fields, fields: Fields, ...errors: string[]])[] = [
  ['what has not changed may stay', { a: 'long' }, { a: 'long', b: 'x' }],
  ['what has changed may not', { a: 'long' }, { a: 'longer' }, tooLong('spec.a')],
  ['what is new may not', {}, { a: 'long' }, tooLong('spec.a')],
  ['values of maps are told apart', { map: { x: 'long' } }, { map: { x: 'long', y: 'long' } }, tooLong('spec.map.y')],
  ['items of plain lists are not', { list: ['long'] }, { list: ['long', 'a'] }, tooLong('spec.list[0]')],
  ['a plain list may stay as a whole', { list: ['long'] }, { list: ['long'], b: 'x' }],
  ['items of lists that are maps are, wherever they stand', { keyed: [{ k: 'p', v: 'long' }, { k: 'q', v: 'x' }] }, { keyed: [{ k: 'q', v: 'y' }, { k: 'p', v: 'long' }] }],
  ['a changed item of such a list', { keyed: [{ k: 'p', v: 'long' }] }, { keyed: [{ k: 'p', v: 'longer' }] }, tooLong('spec.keyed[0].v')],
  ['what no alternative allows may stay as a whole', { either: {} }, { either: {}, b: 'x' }],
  ['but not in part', { either: { x: 'a', y: 'b' } }, { either: { x: 'a', y: 'c' } }, '<nil>: Invalid value: "": "spec.either" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
  ['fields without a schema have no older value', { open: { w: 1 } }, { open: { w: 1 } }, 'spec.open.z: Required value'],
  ['without them they have', { open: { x: 'a' } }, { open: { x: 'a' } }],
  ['lists that were wrong may be so', { set: ['a', 'a'] }, { set: ['b', 'b'] }],
  ['lists that were right may not', { set: ['a'] }, { set: ['b', 'b'] }, 'spec.set[1]: Duplicate value: "b"'],
];
for (const [name, old, fields, ...expected] of rows) test(`ratcheting of custom resources: ${name}`, () => assert.deepEqual(widget.update({ spec: old }, { spec: fields }), expected));

test('ratcheting of custom resources: the status', () => {
  assert.deepEqual(widget.update({ status: { s: 'long' } }, { status: { s: 'long' } }, 'status'), []);
  assert.deepEqual(widget.update({ status: { s: 'long' } }, { status: { s: 'other' } }, 'status'), ['status.s: Too long: may not be more than 1 bytes']);
  assert.deepEqual(widget.update({}, { status: 1 }, 'status'), ['status: Invalid value: "integer":  in body must be of type object: "integer"']);
  // At the root of a schema these are taken for an object's type.
  assert.deepEqual(widget.update({ status: { kind: 'long' } }, { status: { kind: 'long', s: 'x' } }, 'status'), ['status.kind: Too long: may not be more than 1 bytes']);
  assert.deepEqual(widget.update({ spec: { a: 'long' } }, { spec: { a: 'longer' } }, 'status'), []);
});

test('ratcheting of custom resources: what a rule finds wrong and an update leaves alone is warned of', async () => {
  const ruled = await CompiledWidget.of(object({ spec: object({ a: { type: 'string', 'x-kubernetes-validations': [{ rule: "self == 'a'" }] }, b: { type: 'string' } }) }));
  const warnings: string[] = [];
  const errors = ruled.version.definition.update?.validateUpdate?.(ruled.make({ spec: { a: 'x', b: 'new' } }), ruled.make({ spec: { a: 'x' } }), { nowMs: 0, warn: (message) => warnings.push(message) });
  assert.deepEqual(errors, []);
  assert.deepEqual(warnings, ['spec.a: Invalid value: "x": failed rule: self == \'a\'']);
});
