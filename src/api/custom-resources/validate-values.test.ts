import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JSONSchemaProps } from '../types/apiextensions/v1.ts';
import { CompiledWidget, withX } from './testing/compiled.ts';

const string: JSONSchemaProps = { type: 'string' };
const object: JSONSchemaProps = { type: 'object' };
const xInBody = 'spec.x in body';
const wrong = (type: string, found: string): string => `spec.x: Invalid value: ${JSON.stringify(found)}: ${xInBody} must be of type ${type}: ${JSON.stringify(found)}`;

/** Name, schema of spec.x, its value, and what is wrong with it. */
const rows: readonly (readonly [name: string, schema: JSONSchemaProps, value: unknown, ...errors: string[]])[] = [
  ['a string', string, 'a'],
  ['a number for a string', string, 1, wrong('string', 'integer')],
  ['a fraction for a string', string, 1.5, wrong('string', 'number')],
  ['null for a string', string, null, wrong('string', 'null')],
  ['null where it is allowed', { ...string, nullable: true }, null],
  ['a list for an object', object, [], wrong('object', 'array')],
  ['an object for a list', { type: 'array', items: string }, {}, wrong('array', 'object')],
  ['an integer for a number', { type: 'number' }, 1],
  ['a boolean for a number', { type: 'number' }, true, wrong('number', 'boolean')],
  ['a fraction for an integer', { type: 'integer' }, 1.5, wrong('integer', 'number'), '<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.x'],
  ['an integer that is too large', { type: 'integer', format: 'int32' }, 2 ** 31, '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.x'],
  ['a boolean for an int32', { type: 'integer', format: 'int32' }, true, 'spec.x: Invalid value: "": spec.x in body must be of type int32: ""'],
  ['a string for an int32', { type: 'integer', format: 'int32' }, '1', wrong('integer', 'string')],
  ['an integer or a string', { 'x-kubernetes-int-or-string': true }, '50%'],
  ['a boolean for an integer or a string', { 'x-kubernetes-int-or-string': true }, true, wrong('integer,string', 'boolean')],
  ['a fraction for an integer or a string, said twice', { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }, 1.2, wrong('integer,string', 'number'), '<nil>: Invalid value: "": "spec.x" must validate at least one schema (anyOf)', wrong('integer', 'number'), '<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.x'],
  ['null for an integer or a string', { 'x-kubernetes-int-or-string': true }, null, wrong('integer,string', 'null')],
  ['the largest integer', { type: 'integer', format: 'int64' }, 2 ** 63],
  ['an integer beyond', { type: 'integer', format: 'int64' }, 2 ** 64, 'spec.x: Invalid value: "float64": spec.x in body must be of type int64: "float64"', '<nil>: Invalid value: "": Checked value must be of type integer with format int64 in spec.x'],
  ['a number that no float holds', { type: 'number', format: 'float' }, 3.5e38, '<nil>: Invalid value: "": Checked value must be of type number with format float in spec.x'],
  ['null in an enumeration', { ...string, nullable: true, enum: ['a'] }, null, 'spec.x: Unsupported value: null: supported values: "a"'],
  ['a list for a string with a format', { ...string, format: 'date' }, []],
  ['anything', { 'x-kubernetes-preserve-unknown-fields': true }, [1, 'a', {}]],
  ['bounds', { type: 'integer', minimum: 1, maximum: 3 }, 0, `spec.x: Invalid value: 0: ${xInBody} should be greater than or equal to 1`],
  ['bounds from above', { type: 'integer', minimum: 1, maximum: 3 }, 4, `spec.x: Invalid value: 4: ${xInBody} should be less than or equal to 3`],
  ['exclusive bounds', { type: 'number', minimum: 0.5, exclusiveMinimum: true, maximum: 1.5, exclusiveMaximum: true }, 0.5, `spec.x: Invalid value: 0.5: ${xInBody} should be greater than 0.5`],
  ['exclusive bounds from above', { type: 'number', maximum: 1.5, exclusiveMaximum: true }, 1.5, `spec.x: Invalid value: 1.5: ${xInBody} should be less than 1.5`],
  ['a bound that is no integer', { type: 'number', maximum: 2.5 }, 3, `spec.x: Invalid value: 3: ${xInBody} should be less than or equal to 2`],
  ['multiples', { type: 'integer', multipleOf: 5 }, 12, `spec.x: Invalid value: 12: ${xInBody} should be a multiple of 5`],
  ['multiples of fractions', { type: 'number', multipleOf: 0.1 }, 0.3],
  ['no multiple of a fraction', { type: 'number', multipleOf: 0.00001 }, 0.000015, `spec.x: Invalid value: 1.5e-05: ${xInBody} should be a multiple of 1e-05`],
  ['lengths', { ...string, maxLength: 3 }, 'abcd', 'spec.x: Too long: may not be more than 3 bytes'],
  ['lengths in code points', { ...string, maxLength: 2, minLength: 2 }, '😀😀'],
  ['a short text', { ...string, minLength: 2 }, 'a', `spec.x: Invalid value: "a": ${xInBody} should be at least 2 chars long`],
  ['a pattern', { ...string, pattern: '^[a-z]+$' }, 'a1', `spec.x: Invalid value: "a1": ${xInBody} should match '^[a-z]+$'`],
  ['a pattern of RE2', { ...string, pattern: '(?i)^\\pL+\\z' }, 'Ää'],
  ['an enumeration', { ...string, enum: ['a', 'b'] }, 'c', 'spec.x: Unsupported value: "c": supported values: "a", "b"'],
  ['an enumeration of numbers', { type: 'integer', enum: [1, 2] }, 3, 'spec.x: Unsupported value: 3: supported values: "1", "2"'],
  ['a format', { ...string, format: 'date-time' }, 'today', wrong('date-time', 'today')],
  ['a format that nobody knows', { ...string, format: 'weather' }, 'rain'],
  ['items', { type: 'array', items: string, minItems: 2, maxItems: 3 }, ['a'], `spec.x: Invalid value: 1: ${xInBody} should have at least 2 items`],
  ['too many items', { type: 'array', items: string, maxItems: 1 }, ['a', 'b'], 'spec.x: Too many: 2: must have at most 1 item'],
  ['an item', { type: 'array', items: string }, ['a', 1], 'spec.x[1]: Invalid value: "integer": spec.x[1] in body must be of type string: "integer"'],
  ['properties', { ...object, additionalProperties: string, minProperties: 1, maxProperties: 2 }, {}, `spec.x: Invalid value: 0: ${xInBody} should have at least 1 properties`],
  ['too many properties', { ...object, additionalProperties: string, maxProperties: 1 }, { a: '', b: '' }, 'spec.x: Too many: 2: must have at most 1 item'],
  ['a value of a map', { ...object, additionalProperties: string }, { a: 1 }, 'spec.x.a: Invalid value: "integer": spec.x.a in body must be of type string: "integer"'],
  ['a required field', { ...object, properties: { y: string }, required: ['y'] }, {}, 'spec.x.y: Required value'],
  ['a type and an enumeration', { ...string, enum: ['a'] }, 1, wrong('string', 'integer'), 'spec.x: Unsupported value: 1: supported values: "a"'],
  ['any of', { ...object, properties: { a: string, b: string }, anyOf: [{ required: ['a'] }, { required: ['b'] }] }, {}, '<nil>: Invalid value: "": "spec.x" must validate at least one schema (anyOf)', 'spec.x.a: Required value'],
  ['any of, found', { ...object, properties: { a: string, b: string }, anyOf: [{ required: ['a'] }, { required: ['b'] }] }, { b: '' }],
  ['one of none', { ...object, properties: { a: string, b: string }, oneOf: [{ required: ['a'] }, { required: ['b'] }] }, {}, '<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found none valid', 'spec.x.a: Required value'],
  ['one of two', { ...object, properties: { a: string, b: string }, oneOf: [{ required: ['a'] }, { required: ['b'] }] }, { a: '', b: '' }, '<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
  ['the best of alternatives', { ...object, properties: { a: string, b: string }, oneOf: [{ required: ['a'] }, { required: ['b'], properties: { b: { pattern: '^x' }, a: { pattern: 'y' } } }] }, { b: 'z' }, '<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found none valid', 'spec.x.b: Invalid value: "z": spec.x.b in body should match \'^x\''],
  ['all of', { ...string, allOf: [{ minLength: 3 }, { maxLength: 5 }] }, 'a', `spec.x: Invalid value: "a": ${xInBody} should be at least 3 chars long`, '<nil>: Invalid value: "": "spec.x" must validate all the schemas (allOf)'],
  ['all of, none of them', { ...string, allOf: [{ minLength: 3 }] }, 'a', `spec.x: Invalid value: "a": ${xInBody} should be at least 3 chars long`, '<nil>: Invalid value: "": "spec.x" must validate all the schemas (allOf). None validated'],
  ['not', { ...string, not: { pattern: '^a' } }, 'ab', '<nil>: Invalid value: "": "spec.x" must not validate the schema (not)'],
];

for (const [name, schema, value, ...expected] of rows) {
  test(`custom resource values: ${name}`, async () => {
    assert.deepEqual((await CompiledWidget.of(withX(schema))).errors({ spec: { x: value } }), expected);
  });
}

test('custom resource values: a pattern that would explode is harmless', async () => {
  const widget = await CompiledWidget.of(withX({ type: 'string', pattern: '^(a+)+$' }));
  assert.equal(widget.errors({ spec: { x: `${'a'.repeat(50_000)}!` } }).length, 1);
});

test('custom resource values: what is missing at the root, and lists that are sets and maps', async () => {
  const widget = await CompiledWidget.of({
    type: 'object', required: ['spec'],
    properties: { spec: { type: 'object', properties: {
      set: { type: 'array', items: string, 'x-kubernetes-list-type': 'set' },
      map: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['a', 'b'], items: { type: 'object', properties: { a: string, b: { type: 'integer' } } } },
    } } },
  });
  assert.deepEqual(widget.errors({}), ['spec: Required value']);
  assert.deepEqual(widget.errors({ spec: { set: ['a', 'b', 'a', 'a'], map: [{ a: 'x', b: 1 }, { a: 'x' }, { b: 1, a: 'x' }] } }), ['spec.set[2]: Duplicate value: "a"', 'spec.map[2]: Duplicate value: {"a":"x","b":1}']);
});
