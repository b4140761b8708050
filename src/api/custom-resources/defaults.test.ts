import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JSONSchemaProps } from '../types/apiextensions/v1.ts';
import { CompiledWidget } from './testing/compiled.ts';
import type { Fields } from './testing/compiled.ts';

const text = (value: unknown, more: JSONSchemaProps = {}): JSONSchemaProps => ({ type: 'string', default: value, ...more });
const object = (properties: Record<string, JSONSchemaProps>, more: JSONSchemaProps = {}): JSONSchemaProps => ({ type: 'object', properties, ...more });

const rows: readonly (readonly [name: string, schema: JSONSchemaProps, given: Fields, made: Fields])[] = [
  ['what is missing', object({ a: object({ b: text('x'), c: text('y') }) }), { a: { c: 'z' } }, { a: { b: 'x', c: 'z' } }],
  ['nothing in what is missing itself', object({ a: object({ b: text('x') }) }), {}, {}],
  ['what is missing, with what is missing in it', object({ a: object({ b: text('x') }, { default: {} }) }), {}, { a: { b: 'x' } }],
  ['in items and in values', object({ l: { type: 'array', items: object({ a: text('x') }) }, m: { type: 'object', additionalProperties: object({ a: text('y') }) } }), { l: [{}, { a: '' }], m: { k: {} } }, { l: [{ a: 'x' }, { a: '' }], m: { k: { a: 'y' } } }],
  ['nulls, where they are no values', object({ a: text('x'), b: text('y', { nullable: true }), l: { type: 'array', items: text('z') }, m: { type: 'object', additionalProperties: text('w') } }), { a: null, b: null, l: [null], m: { k: null } }, { a: 'x', b: null, l: ['z'], m: { k: 'w' } }],
  ['false, zero and nothing', object({ a: { type: 'boolean', default: false }, b: { type: 'integer', default: 0 }, c: text('') }), {}, { a: false, b: 0, c: '' }],
  ['no null', object({ a: { type: 'string', nullable: true, default: null } }), {}, {}],
  ['embedded resources', object({ a: object({ spec: object({ b: text('x') }, { default: {} }) }, { 'x-kubernetes-embedded-resource': true }) }), { a: { apiVersion: 'v1', kind: 'A' } }, { a: { apiVersion: 'v1', kind: 'A', spec: { b: 'x' } } }],
  ['without what the schema does not know', object({ a: object({ b: { type: 'string' } }, { default: { b: 'x', c: 'y' } }) }), {}, { a: { b: 'x' } }],
  ['a name that JavaScript knows', object({ toString: text('x') }), {}, { toString: 'x' }],
];

for (const [name, schema, given, made] of rows) test(`defaults of custom resources: ${name}`, async () => assert.deepEqual((await CompiledWidget.of(schema)).decoded(given), made));

test('defaults of custom resources: two objects do not share them', async () => {
  const widget = await CompiledWidget.of(object({ a: object({ b: text('x') }, { default: {} }) }));
  const first = widget.decoded({});
  (first['a'] as Fields)['b'] = 'changed';
  assert.deepEqual(widget.decoded({}), { a: { b: 'x' } });
});
