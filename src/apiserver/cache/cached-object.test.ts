import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonLength, spliceResourceVersion, StoredObject } from '../../api/codec/stored.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { CachedObject } from './cached-object.ts';

const made = (spec: unknown = { replicas: 1, empty: [], none: undefined }): KubeObject => ({ apiVersion: 'v1', kind: 'Thing', metadata: { name: 'a', namespace: 'n', labels: { app: 'x' }, resourceVersion: '3', managedFields: [{ manager: 'm', operation: 'Update', fieldsV1: { 'f:spec': {} } }] }, spec } as KubeObject);
const cachedOf = (value: StoredObject | Uint8Array, revision = 7): CachedObject => CachedObject.fromStored('n/a', value, revision, undefined);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

test('an object whose bytes nobody wanted is kept as it is, frozen, at the revision that wrote it', () => {
  const object = made();
  const stored = new StoredObject(object);
  const cached = cachedOf(stored);
  assert.equal(cached.object, object);
  assert.equal(object.metadata.resourceVersion, '7');
  assert.ok(Object.isFrozen(object.metadata.labels));
  assert.equal(stored.isEncoded, false);
  // The cache of another server, or of a fork, shares it.
  assert.equal(cachedOf(stored).object, object);
  assert.equal(cached.under(undefined).object, object);
});

test('its JSON is the same as of one that was encoded first', () => {
  const expected = text(spliceResourceVersion(new StoredObject(made()).bytes, 7));
  const cached = cachedOf(new StoredObject(made()));
  assert.ok(Math.abs(cached.size - expected.length) < 8, `${cached.size} is not about ${expected.length}`);
  assert.equal(text(cached.bytes), expected);
  assert.equal(cached.size, expected.length);
  assert.equal(text(cachedOf(new StoredObject(made()).bytes).bytes), expected);
  const gone = cachedOf(new StoredObject(made())).at(9);
  assert.equal(text(gone.bytes), expected.replace('"7"', '"9"'));
  assert.equal(gone.object.metadata.resourceVersion, '9');
});

test('what was encoded before it came is held as bytes', () => {
  const stored = new StoredObject(made());
  assert.equal(stored.bytes, stored.bytes);
  const cached = cachedOf(stored);
  assert.notEqual(cached.object, stored.object);
  assert.equal(cached.size, cached.weight);
  assert.deepEqual(cached.object, JSON.parse(text(cached.bytes)));
});

test('what changes nothing is told from what does, with bytes and without', () => {
  const cases: readonly [what: string, spec: unknown, same: boolean][] = [
    ['the same', { replicas: 1, empty: [] }, true],
    ['another order', { empty: [], replicas: 1 }, true],
    ['undefined is nothing', { empty: [], other: undefined, replicas: 1 }, true],
    ['another value', { replicas: 2, empty: [] }, false],
    ['one member less', { replicas: 1 }, false],
    ['one member more', { replicas: 1, empty: [], more: {} }, false],
    ['null is something', { replicas: 1, empty: null }, false],
    ['an object is no list', { replicas: 1, empty: {} }, false],
  ];
  for (const [what, spec, same] of cases) {
    const complete = cachedOf(new StoredObject(made()).bytes);
    void complete.bytes;
    for (const cached of [cachedOf(new StoredObject(made())), cachedOf(new StoredObject(made()).bytes), complete]) assert.equal(cached.isStoredAs(new StoredObject(made(spec))), same, what);
  }
});

test('an object is about as long as its JSON', () => {
  for (const value of [null, true, 0, -12, 'a', [], {}, [1, 'b', null], { a: { b: [{}, { c: 'd' }], e: undefined }, f: 100_000 }]) {
    const { length } = JSON.stringify(value);
    assert.ok(Math.abs(jsonLength(value) - length) <= 2, `${jsonLength(value)} is not about ${length}: ${JSON.stringify(value)}`);
  }
});

test('what is shared weighs nothing again, unless it is large', () => {
  const first = cachedOf(new StoredObject(made({ text: 'x'.repeat(1000), large: { text: 'y'.repeat(40_000) } })));
  assert.ok(first.weight > 41_000);
  const { spec } = first.object as KubeObject & { spec: { large: object } };
  const light = cachedOf(new StoredObject({ ...made({}), status: { small: spec } } as unknown as KubeObject), 8);
  assert.ok(light.weight > 40_000);
  const lighter = cachedOf(new StoredObject({ ...first.object, metadata: { ...first.object.metadata }, spec: { ...spec, large: undefined } } as unknown as KubeObject), 9);
  assert.ok(lighter.weight < 2000, `${lighter.weight}`);
});
