import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JSONSchemaProps } from '../types/apiextensions/v1.ts';
import { CompiledWidget } from './testing/compiled.ts';
import type { Fields } from './testing/compiled.ts';

const string: JSONSchemaProps = { type: 'string' };
const open = { 'x-kubernetes-preserve-unknown-fields': true } as const;
const embedded = { type: 'object', 'x-kubernetes-embedded-resource': true } as const;
const object = (properties: Record<string, JSONSchemaProps>, more: JSONSchemaProps = {}): JSONSchemaProps => ({ type: 'object', properties, ...more });

/** Name, schema, object, what is left of it, and the paths that were dropped. */
const rows: readonly (readonly [name: string, schema: JSONSchemaProps, given: Fields, left: Fields, ...unknown: string[]])[] = [
  ['fields that there are not', object({ a: object({ b: string }) }), { a: { b: '', c: 1 }, d: {} }, { a: { b: '' } }, 'a.c', 'd'],
  ['an object without a schema of its fields', object({ a: { type: 'object' } }), { a: { b: '', c: { d: 1 } } }, { a: {} }, 'a.b', 'a.c'],
  ['fields inside lists', object({ a: { type: 'array', items: object({ b: string }) } }), { a: [{ b: '', c: 1 }, { c: 2 }] }, { a: [{ b: '' }, {}] }, 'a[0].c', 'a[1].c'],
  ['fields inside maps', object({ a: { type: 'object', additionalProperties: object({ b: string }) } }), { a: { x: { b: '', c: 1 } } }, { a: { x: { b: '' } } }, 'a.x.c'],
  ['values of maps without a schema', object({ a: { type: 'object', additionalProperties: true } }), { a: { x: 1, y: { z: 1 } } }, { a: { x: 1, y: {} } }, 'a.y.z'],
  ['nothing that is kept', object({ a: { ...open, type: 'object' } }), { a: { b: { c: [] } }, d: 1 }, { a: { b: { c: [] } } }, 'd'],
  ['fields below what is kept', object({ a: object({ b: object({ c: string }) }, open) }), { a: { x: { y: 1 }, b: { c: '', d: 1 } } }, { a: { x: { y: 1 }, b: { c: '' } } }, 'a.b.d'],
  ['fields of items below what is kept', object({ a: { ...open, type: 'array', items: object({ b: object({ c: string }) }) } }), { a: [{ x: 1, b: { c: '', d: 1 } }] }, { a: [{ x: 1, b: { c: '' } }] }, 'a[0].b.d'],
  ['values of another type', object({ a: object({ b: string }) }), { a: [{ b: '', c: 1 }] }, { a: [{}] }, 'a[0].b', 'a[0].c'],
  ['a name that JavaScript knows', object({ a: string }), { constructor: 1, a: 'x' }, { a: 'x' }, 'constructor'],
  ['fields beside the type and metadata of an embedded resource', object({ a: { ...embedded, properties: { spec: object({ b: string }) } } }), { a: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', labels: { x: 'y' }, nope: 1 }, spec: { b: '', c: 1 }, status: {} } }, { a: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', labels: { x: 'y' } }, spec: { b: '' } } }, 'a.spec.c', 'a.status', 'a.metadata.nope'],
  ['nothing of an open embedded resource but unknown metadata', object({ a: { ...embedded, ...open } }), { a: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', creationTimestamp: null, nope: 1 }, spec: { c: 1 } } }, { a: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { c: 1 } } }, 'a.metadata.nope'],
  ['metadata of nothing that is embedded', object({ a: object({ b: string }) }), { a: { metadata: {}, kind: '' } }, { a: {} }, 'a.kind', 'a.metadata'],
  ['nulls', object({ a: object({ b: string, c: { ...string, nullable: true }, d: { type: 'array', items: string } }) }), { a: { b: null, c: null, d: [null] } }, { a: { c: null, d: [null] } }],
  ['nulls in maps', object({ a: { type: 'object', additionalProperties: string } }), { a: { x: null, y: '' } }, { a: { y: '' } }],
  ['nulls below what is kept', object({ a: object({ b: string }, open) }), { a: { b: null, x: null } }, { a: { x: null } }],
];

for (const [name, schema, given, left, ...unknown] of rows) {
  test(`custom resources are pruned: ${name}`, async () => {
    const widget = await CompiledWidget.of(schema);
    assert.deepEqual(widget.decoded(given), left);
    assert.deepEqual(widget.unknown(given), unknown);
  });
}

test('custom resources are pruned: embedded metadata that is none is refused, or left out of what was stored', async () => {
  const widget = await CompiledWidget.of(object({ a: { ...embedded, ...open } }));
  const object1 = (): ReturnType<CompiledWidget['make']> => widget.make({ a: { apiVersion: 1, kind: 'Pod', metadata: { name: 1, labels: { a: 'b' } } } });
  assert.throws(() => widget.version.prune(object1()), { message: 'Widget in version "v1" cannot be handled as a Widget: a.apiVersion: Invalid value: 1: must be a string' });
  assert.throws(() => widget.version.prune(widget.make({ a: { metadata: { name: 1 } } })), { message: 'Widget in version "v1" cannot be handled as a Widget: a.metadata: Invalid value: {"name":1}: json: cannot unmarshal number into Go struct field ObjectMeta.name of type string' });
  const old = object1();
  widget.version.prune(old, { dropInvalid: true });
  assert.deepEqual((old as unknown as Fields)['a'], { kind: 'Pod', metadata: { labels: { a: 'b' } } });
});

test('custom resources are pruned: all is kept where the definition says so, and where there is no schema', async () => {
  const everything = { a: { b: null }, c: [1] };
  assert.deepEqual((await CompiledWidget.of(object({}, open))).decoded(everything), everything);
});
