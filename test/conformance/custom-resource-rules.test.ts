/** What rules in CEL do to definitions and to the objects of what they define, and what ratcheting lets stay. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { customresourcedefinitions } from '../../src/api/resources.ts';
import type { CustomResourceDefinition, JSONSchemaProps } from '../../src/api/types/apiextensions/v1.ts';
import { customOf, defineIn, definitionOf, typeOf, version } from './custom-resource-world.ts';
import { World } from './world.ts';

const integer: JSONSchemaProps = { type: 'integer' };
const text: JSONSchemaProps = { type: 'string' };
const ruled = (schema: JSONSchemaProps, ...rules: readonly string[]): JSONSchemaProps => ({ ...schema, 'x-kubernetes-validations': rules.map((rule) => ({ rule })) });
const object = (properties: Record<string, JSONSchemaProps>): JSONSchemaProps => ({ type: 'object', properties });
const list = (maxItems: number): JSONSchemaProps => ({ type: 'array', maxItems, items: integer });
const defined = (schema: JSONSchemaProps): CustomResourceDefinition => definitionOf('rules.example.com', 'Ruled', { scope: 'Namespaced', versions: [version('v1', schema)] });

/** The schema of the e2e tests. */
const schemaWithRules = object({
  spec: ruled(
    object({ x: integer, y: integer, firstArray: list(1000), secondArray: list(1000), largeArray: list(725) }),
    'self.x + self.y > 0',
    'self.firstArray.isSorted() && self.secondArray.isSorted() && ((self.firstArray.sum() + self.secondArray.sum()) % 2 == 0)',
    'self.largeArray.all(x, self.largeArray.all(y, y == x))',
  ),
  status: ruled(object({ health: text }), "self.health == 'ok' || self.health == 'unhealthy'"),
});

/** Creates an object with this spec of what a schema defines; what is said to it. */
async function create(schema: JSONSchemaProps, spec: Record<string, unknown>): Promise<string> {
  await using world = await World.start({ nodes: 0 });
  const definition = defined(schema);
  await defineIn(world, definition);
  const created = world.client.create(typeOf(definition), { ...customOf(typeOf(definition), 'cr-1', { spec }), metadata: { name: 'cr-1', namespace: 'default' } });
  return await created.then(() => 'created', (error: Error) => error.message);
}

/** Creates a definition; what is said to it. */
async function define(schema: JSONSchemaProps): Promise<string> {
  await using world = await World.start({ nodes: 0 });
  return await world.client.create(customresourcedefinitions, defined(schema)).then(() => 'created', (error: Error) => error.message);
}

const rules = (title: string): string => `[sig-api-machinery] CustomResourceValidationRules [Privileged:ClusterAdmin] ${title}`;

test(rules('MUST NOT fail validation for create of a custom resource that satisfies the x-kubernetes-validations rules'), async () => {
  assert.equal(await create(schemaWithRules, { x: 1, y: 0, firstArray: [3, 4], secondArray: [5, 10], largeArray: [2, 2] }), 'created');
});

test(rules('MUST fail validation for create of a custom resource that does not satisfy the x-kubernetes-validations rules'), async () => {
  assert.match(await create(schemaWithRules, { x: 0, y: 0 }), /spec: Invalid value: failed rule: self\.x \+ self\.y > 0/);
});

test(rules('MUST fail create of a custom resource definition that contains a x-kubernetes-validations rule that refers to a property that do not exist'), async () => {
  assert.match(await define(object({ spec: ruled(object({ x: integer }), 'self.z == 100') })), /spec\.validation\.openAPIV3Schema\.properties\[spec\]\.x-kubernetes-validations\[0\]\.rule: Invalid value: .*undefined field 'z'/);
});

test(rules('MUST fail create of a custom resource definition that contains an x-kubernetes-validations rule that contains a syntax error'), async () => {
  assert.match(await define(object({ spec: ruled({ type: 'object' }, 'self = 42') })), /compilation failed: ERROR: <input>:1:6: Syntax error: token recognition error at: '='/);
});

test(rules('MUST fail create of a custom resource definition that contains an x-kubernetes-validations rule that exceeds the estimated cost limit'), async () => {
  const inner: JSONSchemaProps = ruled({ type: 'array', items: text }, "self.all(s, s == 'string constant')");
  assert.match(await define(object({ spec: object({ x: { type: 'array', items: inner } }) })), /estimated rule cost exceeds budget by factor of more than 100x/);
});

test(rules('MUST fail create of a custom resource that exceeds the runtime cost limit for x-kubernetes-validations rule execution'), async () => {
  assert.match(await create(schemaWithRules, { largeArray: Array.from({ length: 725 }, () => 20) }), /call cost exceeds limit/);
});

test(rules('MUST fail update of a custom resource that does not satisfy a x-kubernetes-validations transition rule'), async () => {
  await using world = await World.start({ nodes: 0 });
  const definition = defined(object({ spec: object({ num: ruled(integer, 'self > oldSelf') }) }));
  await defineIn(world, definition);
  const type = typeOf(definition);
  const created = await world.client.create(type, { ...customOf(type, 'cr-1', { spec: { num: 10 } }), metadata: { name: 'cr-1', namespace: 'default' } });
  await assert.rejects(world.client.update(type, { ...created, spec: { num: 9 } }), /spec\.num: Invalid value: 9: failed rule: self > oldSelf/);
  await world.client.update(type, { ...created, spec: { num: 11 } });
});

/** Objects, and lists and maps of them, whose field has these rules. */
function everywhere(field: JSONSchemaProps): JSONSchemaProps {
  const fields = { field, otherField: text };
  return object({
    ...fields,
    struct: object(fields),
    list: { type: 'array', maxItems: 5, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['key'], items: { ...object({ key: text, ...fields }), required: ['key'] } },
    map: { type: 'object', maxProperties: 5, additionalProperties: object(fields) },
    setArray: { type: 'array', 'x-kubernetes-list-type': 'set', maxItems: 5, items: field },
    atomicArray: { type: 'array', maxItems: 5, items: field },
  });
}

const filled = (field: string, more: Record<string, string> = {}): Record<string, unknown> => {
  const fields = { field, ...more };
  return { ...fields, struct: fields, list: [{ key: 'foo', ...fields }, { key: 'bar', ...fields }], map: { foo: fields, bar: fields } };
};
const places = ['field', 'struct.field', 'list[0].field', 'list[1].field', 'map[foo].field', 'map[bar].field'];

/** An object that was fine, a schema that it no longer satisfies, and what is said to the object's next version. */
async function ratchet(field: JSONSchemaProps, before: Record<string, unknown>, after: Record<string, unknown>): Promise<string> {
  await using world = await World.start({ nodes: 0 });
  const definition = defined({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true });
  const established = await defineIn(world, definition);
  const type = typeOf(definition);
  const created = await world.client.create(type, { ...customOf(type, 'test-resource', before), metadata: { name: 'test-resource', namespace: 'default' } });
  const [first] = established.spec.versions;
  assert.ok(first !== undefined);
  await world.client.update(customresourcedefinitions, { ...established, spec: { ...established.spec, versions: [{ ...first, schema: { openAPIV3Schema: everywhere(field) } }] } });
  const updated = world.client.update(type, { ...created, ...after, metadata: { ...created.metadata, labels: { foo: 'bar' } } });
  return await updated.then(() => 'updated', (error: Error) => error.message);
}

const ratcheting = (title: string): string => `[sig-api-machinery] CRDValidationRatcheting [Privileged:ClusterAdmin] ${title}`;
const isFoo = ruled(text, "self == 'foo'");

test(ratcheting('MUST NOT fail to update a resource due to CRD Validation Rule errors on unchanged correlatable fields'), async () => {
  const after = filled('notfoo', { otherField: 'doesntmatter' });
  const added = { ...after, list: [...(after['list'] as unknown[]), { key: 'baz', field: 'foo', otherField: 'doesntmatter' }] };
  assert.equal(await ratchet(isFoo, filled('notfoo'), added), 'updated');
});

test(ratcheting('MUST fail to update a resource due to CRD Validation Rule errors on unchanged uncorrelatable fields'), async () => {
  const notFoo = ruled(text, "self != 'foo'");
  const said = await ratchet(notFoo, { setArray: ['foo', 'bar'], atomicArray: ['foo', 'bar'] }, { setArray: ['foo', 'bar', 'notfoo'], atomicArray: ['foo', 'bar', 'notfoo'] });
  assert.match(said, /setArray\[0\]/);
  assert.match(said, /atomicArray\[0\]/);
});

test(ratcheting('MUST fail to update a resource due to CRD Validation Rule errors on changed fields'), async () => {
  const said = await ratchet(isFoo, filled('foo'), filled('notfoo'));
  for (const place of places) assert.ok(said.includes(`${place}: Invalid value: "notfoo": failed rule: self == 'foo'`), place);
});

test(ratcheting('MUST NOT ratchet errors raised by transition rules'), async () => {
  const said = await relabel(ruled({ ...text, maxLength: 5 }, 'self != oldSelf'));
  for (const place of places) assert.ok(said.includes(`${place}: Invalid value: "foo": failed rule: self != oldSelf`), place);
});

test(ratcheting('MUST evaluate a CRD Validation Rule with oldSelf = nil for new values when optionalOldSelf is true'), async () => {
  const rule = '!oldSelf.hasValue() || self != oldSelf.value()';
  const said = await relabel({ ...text, maxLength: 5, 'x-kubernetes-validations': [{ rule, optionalOldSelf: true }] });
  for (const place of places) assert.ok(said.includes(`${place}: Invalid value: "foo": failed rule: ${rule}`), place);
});

/** Creates an object and changes nothing of it but a label; what is said to that. Lists whose items have no older ones are left out: rules about older values are refused there. */
async function relabel(field: JSONSchemaProps): Promise<string> {
  const { properties: { setArray: _set, atomicArray: _atomic, ...properties } = {} } = everywhere(field);
  await using world = await World.start({ nodes: 0 });
  const definition = defined(object(properties));
  await defineIn(world, definition);
  const type = typeOf(definition);
  const created = await world.client.create(type, { ...customOf(type, 'test-resource', filled('foo')), metadata: { name: 'test-resource', namespace: 'default' } });
  return await world.client.update(type, { ...created, metadata: { ...created.metadata, labels: { foo: 'bar' } } }).then(() => 'updated', (error: Error) => error.message);
}
