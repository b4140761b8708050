import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SchemaNode } from '../custom-resources/schema-node.ts';
import { formatFieldError } from '../field-error.ts';
import type { Schema } from '../groups/apiextensions/json-schema.ts';
import { checkSchemaRules } from './check-schema-rules.ts';
import { compileSchemaRules } from './compile-schema-rules.ts';

const text: Schema = { type: 'string' };
const number: Schema = { type: 'integer' };
const spec = (schema: Schema): Schema => ({ type: 'object', properties: { spec: schema } });

/** What the rules say about an object with this spec. */
function errorsOf(schema: Schema, value: unknown, old?: unknown): string[] {
  const rules = compileSchemaRules(new SchemaNode(spec(schema)));
  const object = (one: unknown): unknown => ({ apiVersion: 'x/v1', kind: 'X', metadata: { name: 'x' }, spec: one });
  return (rules?.validate({ value: object(value), old: old === undefined ? undefined : object(old), path: '' }) ?? []).map(formatFieldError);
}

/** What is wrong with the rules of a definition. */
const checked = (schema: Schema): string[] => checkSchemaRules(spec(schema), 'openAPIV3Schema').map(formatFieldError);
const ruled = (schema: Schema, ...rules: readonly string[]): Schema => ({ ...schema, 'x-kubernetes-validations': rules.map((rule) => ({ rule })) });

test('a rule that does not hold is told with its message, its reason, its path, and the value where it is a scalar', () => {
  const properties = { min: number, max: number };
  const withRule = (rule: object): Schema => ({ type: 'object', properties, 'x-kubernetes-validations': [{ rule: 'self.min <= self.max', ...rule }] });
  for (const [rule, error] of [
    [{}, 'spec: Invalid value: failed rule: self.min <= self.max'],
    [{ message: ' too much ' }, 'spec: Invalid value: too much'],
    [{ messageExpression: "'%d is more than %d'.format([self.min, self.max])" }, 'spec: Invalid value: 3 is more than 2'],
    [{ messageExpression: "'two\\nlines'", message: 'one' }, 'spec: Invalid value: one'],
    [{ reason: 'FieldValueForbidden', fieldPath: '.min' }, 'spec.min: Forbidden: failed rule: self.min <= self.max'],
    [{ reason: 'FieldValueRequired' }, 'spec: Required value: failed rule: self.min <= self.max'],
    [{ reason: 'FieldValueDuplicate' }, 'spec: Duplicate value'],
  ] as const) assert.deepEqual(errorsOf(withRule(rule), { min: 3, max: 2 }), [error]);
  assert.deepEqual(errorsOf(withRule({}), { min: 1, max: 2 }), []);
  assert.deepEqual(errorsOf({ type: 'object', properties: { a: ruled(text, "self != 'x'") } }, { a: 'x' }), ['spec.a: Invalid value: "x": failed rule: self != \'x\'']);
});

test('rules see fields by escaped names, null fields as absent, formats as values, and what no schema describes not at all', () => {
  const schema: Schema = {
    type: 'object',
    properties: {
      'a-b': number, namespace: text, 'x.y/z': text, gone: { ...text, nullable: true }, at: { ...text, format: 'date-time' }, lasts: { ...text, format: 'duration' }, bytes: { ...text, format: 'byte' },
      either: { 'x-kubernetes-int-or-string': true }, ratio: { type: 'number' }, labels: { type: 'object', additionalProperties: text },
    },
  };
  const rules = [
    'self.a__dash__b == 1 && self.__namespace__ == self.namespace', "self.x__dot__y__slash__z == 'q'", '!has(self.gone)', 'self.at.getFullYear() == 2024', "self.lasts == duration('90s')", "self.bytes == b'hi'",
    'type(self.either) == int ? self.either == 5 : false', 'self.ratio == 2.0', "self.labels.all(k, self.labels[k] == 'v') && 'l' in self.labels",
  ];
  const value = { 'a-b': 1, namespace: 'n', 'x.y/z': 'q', gone: null, at: '2024-01-01T00:00:00Z', lasts: '1m30s', bytes: 'aGk=', either: 5, ratio: 2, labels: { l: 'v' } };
  assert.deepEqual(errorsOf(ruled(schema, ...rules), value), []);
});

test('the root and embedded resources have names, kinds and versions, whatever their schemas say', () => {
  const rules = compileSchemaRules(new SchemaNode({ ...spec({ ...ruled({ type: 'object' }, "self.kind == 'Pod' && self.metadata.name == 'p'"), 'x-kubernetes-embedded-resource': true }), 'x-kubernetes-validations': [{ rule: "self.metadata.name == 'y'" }] }));
  const errors = rules?.validate({ value: { apiVersion: 'x/v1', kind: 'X', metadata: { name: 'x' }, spec: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } } }, old: undefined, path: '' });
  assert.deepEqual(errors?.map(formatFieldError), ["<nil>: Invalid value: failed rule: self.metadata.name == 'y'"]);
});

test('lists that are sets or maps are compared and joined as such', () => {
  const item: Schema = { type: 'object', properties: { k: text, v: text } };
  const map: Schema = { type: 'array', items: item, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] };
  const set: Schema = { type: 'array', items: text, 'x-kubernetes-list-type': 'set' };
  const schema: Schema = { type: 'object', properties: { a: map, s: set, t: set } };
  const value = { a: [{ k: '1', v: 'x' }, { k: '2', v: 'y' }], s: ['p', 'q'], t: ['q', 'p'] };
  const old = { ...value, a: value.a.toReversed() };
  const rules = ['self.a == oldSelf.a', 'self.s == self.t', '(self.s + self.t).size() == 2', "(self.a + oldSelf.a)[0].v == 'x' && (self.a + oldSelf.a).size() == 2"];
  assert.deepEqual(errorsOf(ruled(schema, ...rules), value, old), []);
});

test('transition rules are asked about updates only, with the older value that belongs to the new one', () => {
  const same = ruled({ type: 'object', properties: { a: text } }, 'self.a == oldSelf.a');
  assert.deepEqual(errorsOf(same, { a: 'x' }), []);
  assert.deepEqual(errorsOf(same, { a: 'x' }, { a: 'y' }), ['spec: Invalid value: failed rule: self.a == oldSelf.a']);
  const optional: Schema = { ...text, 'x-kubernetes-validations': [{ rule: "oldSelf.hasValue() || self == 'first'", optionalOldSelf: true }] };
  assert.deepEqual(errorsOf(optional, 'first'), []);
  assert.deepEqual(errorsOf(optional, 'other', 'first'), []);
  assert.equal(errorsOf(optional, 'other').length, 1);
  const items: Schema = { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'], items: ruled({ type: 'object', properties: { k: text, v: text } }, 'self.v == oldSelf.v') };
  assert.deepEqual(errorsOf(items, [{ k: '2', v: 'b' }, { k: '1', v: 'c' }], [{ k: '1', v: 'a' }, { k: '2', v: 'b' }]), ['spec[1]: Invalid value: failed rule: self.v == oldSelf.v']);
});

test('what did not change may stay as wrong as it was', () => {
  const schema: Schema = { type: 'object', properties: { a: ruled(text, "self == 'good'"), b: ruled(text, "self == 'good'") } };
  assert.deepEqual(errorsOf(schema, { a: 'bad', b: 'bad' }, { a: 'bad', b: 'good' }), ['spec.b: Invalid value: "bad": failed rule: self == \'good\'']);
  const transition = ruled({ type: 'object', properties: { a: text } }, "self.a == 'good' || self.a != oldSelf.a");
  assert.equal(errorsOf(transition, { a: 'bad' }, { a: 'bad' }).length, 1);
});

test('rules of allOf are asked about the same value', () => {
  const schema: Schema = { type: 'object', properties: { a: text }, allOf: [{ properties: { a: { 'x-kubernetes-validations': [{ rule: "self != 'x'" }] } } }] };
  assert.deepEqual(errorsOf(schema, { a: 'x' }), ['spec.a: Invalid value: "x": failed rule: self != \'x\'']);
});

test('what goes wrong in a rule is told as what is wrong with the value', () => {
  const schema: Schema = { type: 'object', properties: { a: { type: 'object', additionalProperties: number }, e: { 'x-kubernetes-int-or-string': true } } };
  assert.deepEqual(errorsOf(ruled(schema, "self.a['x'] == 1"), { a: {} }), ['spec: Invalid value: "object": no such key: x evaluating rule: self.a[\'x\'] == 1']);
  assert.match(errorsOf(ruled(schema, "self.e.startsWith('x')"), { e: 5 })[0] ?? '', /^spec: Invalid value: "object": 'no such overload.*': call arguments did not match a supported operator, function or macro signature for rule: self\.e\.startsWith\('x'\)$/);
});

test('rules about values of no known type refuse each of them: items below what a later schema takes for an object', () => {
  const schema: Schema = { type: 'object', properties: { backend: { type: 'object', items: ruled({ type: 'object', properties: { n: number } }, 'self.n < 10') } } };
  const error = (i: number): string => `spec.backend[${i}]: Invalid value: "object": rule compiler initialization error: failed to convert to declType for CEL validation rules`;
  assert.deepEqual(errorsOf(schema, { backend: [{ n: 1 }, { n: 2 }] }), [error(0), error(1)]);
  assert.deepEqual(errorsOf(schema, { backend: {} }), []);
});

test('an object whose rules cost too much is refused, and nothing more is asked', () => {
  const schema: Schema = { type: 'array', items: number };
  const all = 'self.all(a, self.all(b, self.all(c, a + b + c >= 0)))';
  const many = Array.from({ length: 200 }, (_, i) => i);
  assert.deepEqual(errorsOf(ruled(schema, all, 'false'), many), [`spec: Invalid value: "array": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: ${all}`]);
  const half = 'self.all(a, self.all(b, a + b >= 0))';
  const errors = errorsOf(ruled(schema, ...Array.from({ length: 60 }, () => half)), many);
  assert.deepEqual(errors, ['spec: Invalid value: "array": validation failed due to running out of cost budget, no further validation rules will be run']);
});

test('rules that do not compile are told when they are defined', () => {
  const at = 'openAPIV3Schema.properties[spec].x-kubernetes-validations[0]';
  const shown = (rule: string, message = ''): string => JSON.stringify({ Rule: rule, Message: '', MessageExpression: message, Reason: null, FieldPath: '', OptionalOldSelf: null });
  const schema: Schema = { type: 'object', properties: { a: { ...text, maxLength: 10 } } };
  assert.deepEqual(checked(ruled(schema, 'has(self.a)')), []);
  assert.deepEqual(checked(ruled(schema, 'self.b == 1')), [`${at}.rule: Invalid value: ${shown('self.b == 1')}: compilation failed: ERROR: <input>:1:5: undefined field 'b'\n | self.b == 1\n | ....^`]);
  assert.deepEqual(checked(ruled(schema, 'self.a')), [`${at}.rule: Invalid value: ${shown('self.a')}: cel expression must evaluate to a bool`]);
  assert.deepEqual(checked({ ...schema, 'x-kubernetes-validations': [{ rule: 'true', messageExpression: '5' }] }), [`${at}.messageExpression: Invalid value: ${shown('true', '5')}: messageExpression must evaluate to a string`]);
  assert.deepEqual(checked({ ...schema, 'x-kubernetes-validations': [{ rule: 'true', optionalOldSelf: true }] }), [`${at}.optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule`]);
  assert.deepEqual(checked({ type: 'array', maxItems: 5, items: ruled({ ...text, maxLength: 5 }, 'self == oldSelf') }), ['openAPIV3Schema.properties[spec].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within openAPIV3Schema.properties[spec]']);
});

test('rules that could cost too much are told when they are defined', () => {
  const list: Schema = { type: 'array', items: { type: 'array', items: text } };
  const advice = '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';
  const rule = "self.all(x, x.all(y, y.contains('a')))";
  const at = 'openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule';
  assert.deepEqual(checked(ruled(list, rule)), [
    `${at}: Forbidden: estimated rule cost exceeds budget by factor of more than 100x ${advice}`,
    `${at}: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema`,
    `openAPIV3Schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x ${advice}`,
  ]);
  assert.deepEqual(checked(ruled({ ...list, maxItems: 10, items: { type: 'array', maxItems: 10, items: { ...text, maxLength: 10 } } }, rule)), []);
  const cardinality: Schema = { type: 'array', maxItems: 2_000_000, items: ruled({ ...text, maxLength: 3 }, "self == 'abcdefghijkl' || self == 'mnop' || self == 'x'") };
  assert.match(checked(cardinality)[0] ?? '', /^openAPIV3Schema\.properties\[spec\]\.items\.x-kubernetes-validations\[0\]\.rule: Forbidden: estimated rule cost exceeds budget by factor of \d\.\d+x /);
});
