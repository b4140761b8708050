import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadPatterns } from '../../custom-resources/pattern-loader.ts';
import { loadRules } from '../../custom-resources/rules-loader.ts';
import { formatFieldError } from '../../field-error.ts';
import { validateDefaults } from './default-validation.ts';
import type { Schema } from './json-schema.ts';

await Promise.all([loadPatterns(), loadRules()]);
const embedded: Schema = { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true };
const label = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const rows: readonly (readonly [name: string, schema: Schema, ...errors: string[]])[] = [
  ['a good one', { type: 'string', default: 'a' }],
  ['of the wrong type', { type: 'string', default: 1 }, 'S.properties[x].default: Invalid value: "integer":  in body must be of type string: "integer"'],
  ['against a pattern', { type: 'string', pattern: '^a+$', default: 'b' }, 'S.properties[x].default: Invalid value: "b":  in body should match \'^a+$\''],
  ['against an enumeration', { type: 'string', enum: ['a'], default: 'b' }, 'S.properties[x].default: Unsupported value: "b": supported values: "a"'],
  ['wrong inside', { type: 'object', properties: { bad: { type: 'string' } }, default: { bad: 1 } }, 'S.properties[x].default.bad: Invalid value: "integer": bad in body must be of type string: "integer"'],
  ['without what is required', { type: 'object', properties: { y: { type: 'string' } }, required: ['y'], default: {} }, 'S.properties[x].default.y: Required value'],
  ['with what is not known', { type: 'object', properties: { y: { type: 'string' } }, default: { z: 1 } }, 'S.properties[x].default: Invalid value: {"z":1}: must not have unknown fields'],
  ['with what is kept', { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, default: { z: 1 } }],
  ['in items', { type: 'array', items: { type: 'string', maxLength: 1, default: 'ab' } }, 'S.properties[x].items.default: Too long: may not be more than 1 bytes'],
  ['an embedded resource', { ...embedded, default: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: {} } }],
  ['an embedded resource without a type', { ...embedded, default: {} }, 'S.properties[x].default.apiVersion: Required value', 'S.properties[x].default.kind: Required value'],
  ['an embedded resource with bad metadata', { ...embedded, default: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 1 } } }, 'S.properties[x].default.metadata: Invalid value: {"name":1}: json: cannot unmarshal number into Go struct field ObjectMeta.name of type string'],
  ['an embedded resource inside', { type: 'object', properties: { y: embedded }, default: { y: { apiVersion: 'v1', kind: '%' } } }, "S.properties[x].default.y.kind: Invalid value: \"%\": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"],
  ['in the metadata of an embedded resource', { ...embedded, properties: { metadata: { type: 'object', properties: { labels: { type: 'object', additionalProperties: { type: 'string' }, default: { a: '%' } } } } } }, `S.properties[x].properties[metadata].properties[labels].default: Invalid value: {"a":"%"}: must result in valid metadata: metadata.labels: Invalid value: "%": ${label}`],
  ['of metadata that cannot be', { ...embedded, properties: { metadata: { type: 'object', properties: { name: { type: 'string', default: 1 } } } } }, 'S.properties[x].properties[metadata].properties[name].default: Invalid value: 1: must result in valid metadata: metadata: Invalid value: {"name":1}: json: cannot unmarshal number into Go struct field ObjectMeta.name of type string'],
  ['in the type of an embedded resource', { ...embedded, properties: { kind: { type: 'string', default: '' } } }, 'S.properties[x].properties[kind].default: Invalid value: "": must result in valid metadata: kind: Invalid value: "": must not be empty'],
  ['against a rule', { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > 1', message: 'more' }], default: 1 }, 'S.properties[x].default: Invalid value: 1: more'],
  ['against a rule below', { type: 'object', properties: { y: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > 1' }] } }, default: { y: 1 } }, 'S.properties[x].default.y: Invalid value: 1: failed rule: self > 1'],
  ['as a rule has it', { type: 'object', properties: { y: { type: 'integer' } }, 'x-kubernetes-validations': [{ rule: 'self.y > oldSelf.y' }, { rule: 'self.y == 1' }], default: { y: 1 } }],
  ['no null', { type: 'string', default: null }],
];
for (const [name, x, ...expected] of rows) test(`defaults in a schema: ${name}`, () => assert.deepEqual(validateDefaults({ type: 'object', properties: { x } }, 'S', true).map(formatFieldError), expected));

test('defaults in a schema: fields that are not known, where they were before', () => {
  assert.deepEqual(validateDefaults({ type: 'object', properties: { x: { type: 'object', default: { z: 1 } } } }, 'S', false), []);
});
