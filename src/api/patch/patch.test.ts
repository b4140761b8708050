import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { builtinSchema } from '../schema/table.ts';
import { ApiError } from '../status.ts';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

interface Case { comment?: string; doc: unknown; patch: unknown; expected?: unknown; error?: string; disabled?: boolean }

const suites = join(import.meta.dirname, '../../../../shared/data/json-patch');
const files = ['spec_tests.json', 'tests.json'].map((name) => `${suites}/${name}`);
const absent = !files.every((file) => existsSync(file));

test('the public JSON Patch cases', { skip: absent && `the public JSON Patch cases are not at ${suites}` }, () => {
  let count = 0;
  for (const file of files) {
    for (const { comment, doc, patch, expected, error, disabled } of JSON.parse(readFileSync(file, 'utf8')) as Case[]) {
      if (disabled === true) continue;
      const what = `${comment ?? ''} ${JSON.stringify(patch)}`;
      if (error === undefined) {
        const actual = applyJsonPatch(doc, patch);
        if (expected !== undefined) assert.deepEqual(actual, expected, what);
      } else {
        assert.throws(() => applyJsonPatch(doc, patch), ApiError, what);
      }
      count++;
    }
  }
  assert.ok(count > 90);
});

test('JSON Patch', () => {
  const table: [unknown, unknown, unknown][] = [
    [{ a: [1, 2] }, [{ op: 'add', path: '/a/-', value: 3 }], { a: [1, 2, 3] }],
    [{ a: 1 }, [{ op: 'move', from: '/a', path: '/b' }], { b: 1 }],
    [{ 'a/b': { '~': 1 } }, [{ op: 'replace', path: '/a~1b/~0', value: null }], { 'a/b': { '~': null } }],
    [{ a: { b: 1 } }, [{ op: 'copy', from: '/a', path: '/c' }, { op: 'remove', path: '/a/b' }], { a: {}, c: { b: 1 } }],
    [{}, [{ op: 'test', path: '/a', value: null }], {}],
  ];
  for (const [doc, patch, expected] of table) assert.deepEqual(applyJsonPatch(doc, patch), expected);
  assert.deepEqual(applyJsonPatch([1, 2, 3], [{ op: 'remove', path: '/-1' }], { negativeIndexes: true }), [1, 2]);
});

test('JSON Patch errors', () => {
  const message = 'the server rejected our request due to an error in our request';
  assert.throws(() => applyJsonPatch({}, [{ op: 'remove', path: '/a' }]), { code: 422, reason: 'Invalid', message });
  assert.throws(() => applyJsonPatch({ a: 1 }, [{ op: 'test', path: '/a', value: 2 }]), { code: 422, message });
  assert.throws(() => applyJsonPatch({}, {}), { code: 400, message: 'json: cannot unmarshal object into Go value of type jsonpatch.Patch' });
  assert.throws(() => applyJsonPatch({}, Array(10_001).fill({})), { code: 413, message: 'The allowed maximum operations in a JSON patch is 10000, got 10001' });
  const growing = [{ op: 'add', path: '/a', value: 'x'.repeat(1000) }, ...Array.from({ length: 30 }, (_, i) => ({ op: 'copy', from: '', path: `/${i}` }))];
  assert.throws(() => applyJsonPatch({}, growing), { code: 422 });
});

test('merge patch', () => {
  const table: [unknown, unknown, unknown][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }], [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }], [{ a: 'b' }, { a: null }, {}], [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }], [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }], [{ e: null }, { a: 1 }, { e: null, a: 1 }], [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [doc, patch, expected] of table) assert.deepEqual(applyMergePatch(doc, patch), expected);
  assert.throws(() => applyMergePatch({}, []), { code: 400, message: 'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}' });
  const polluted = applyMergePatch({}, JSON.parse('{"__proto__":{"x":1}}')) as { x?: number };
  assert.equal(polluted.x, undefined);
});

const podSchema = builtinSchema.kind('', 'v1', 'Pod')!;
const deploymentSchema = builtinSchema.kind('apps', 'v1', 'Deployment')!;
const pod = (spec: unknown, metadata: unknown = {}): unknown => ({ metadata, spec });

test('strategic merge patch', () => {
  const table: [string, unknown, unknown, unknown][] = [
    ['items of a list are merged by their key', pod({ containers: [{ name: 'a', image: '1' }, { name: 'b' }] }), pod({ containers: [{ name: 'a', image: '2' }] }), pod({ containers: [{ name: 'a', image: '2' }, { name: 'b' }] })],
    ['new items come first, unless an order is given', pod({ containers: [{ name: 'a' }] }), pod({ containers: [{ name: 'b' }] }), pod({ containers: [{ name: 'b' }, { name: 'a' }] })],
    ['delete an item', pod({ containers: [{ name: 'a' }, { name: 'b' }] }), pod({ containers: [{ name: 'a', $patch: 'delete' }] }), pod({ containers: [{ name: 'b' }] })],
    ['replace a list', pod({ containers: [{ name: 'a' }, { name: 'b' }] }), pod({ containers: [{ $patch: 'replace' }, { name: 'c' }] }), pod({ containers: [{ name: 'c' }] })],
    ['replace a map', pod({ securityContext: { runAsUser: 1 } }), pod({ securityContext: { $patch: 'replace', fsGroup: 2 } }), pod({ securityContext: { fsGroup: 2 } })],
    ['delete a map', pod({ securityContext: { runAsUser: 1 } }), pod({ securityContext: { $patch: 'delete' } }), pod({ securityContext: {} })],
    ['an atomic list is replaced', pod({ containers: [{ name: 'a', command: ['x', 'y'] }] }), pod({ containers: [{ name: 'a', command: ['z'] }] }), pod({ containers: [{ name: 'a', command: ['z'] }] })],
    ['primitive lists are merged', pod({}, { finalizers: ['a', 'b'] }), pod({}, { finalizers: ['c', 'a'] }), pod({}, { finalizers: ['c', 'a', 'b'] })],
    ['and shortened', pod({}, { finalizers: ['a', 'b'] }), pod({}, { '$deleteFromPrimitiveList/finalizers': ['a'] }), pod({}, { finalizers: ['b'] })],
    ['null deletes', pod({ nodeName: 'n' }, { labels: { a: '1', b: '2' } }), pod({ nodeName: null }, { labels: { a: null } }), pod({}, { labels: { b: '2' } })],
    ['also of a list that is otherwise replaced', pod({ containers: [{ name: 'a', args: ['x', 'y'] }] }), pod({ containers: [{ name: 'a', '$deleteFromPrimitiveList/args': ['x'] }] }), pod({ containers: [{ name: 'a', args: ['y'] }] })],
    ['directives in new values say nothing and go', pod({}), pod({ securityContext: { fsGroup: 1, seLinuxOptions: { $patch: 'replace', role: 'r' } }, affinity: { $patch: 'delete' } }), pod({ securityContext: { fsGroup: 1 } })],
    ['nulls of new values vanish', pod({}), pod({ securityContext: { runAsUser: null, fsGroup: 1 } }), pod({ securityContext: { fsGroup: 1 } })],
    ['setElementOrder', pod({ containers: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }), pod({ '$setElementOrder/containers': [{ name: 'c' }, { name: 'd' }, { name: 'a' }], containers: [{ name: 'd' }] }), pod({ containers: [{ name: 'b' }, { name: 'c' }, { name: 'd' }, { name: 'a' }] })],
    ['retainKeys', { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } } }, { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } } }, { spec: { strategy: { type: 'Recreate' } } }],
  ];
  for (const [name, document, patch, expected] of table) {
    const before = JSON.stringify(document);
    assert.deepEqual(applyStrategicMergePatch(document, patch, name === 'retainKeys' ? deploymentSchema : podSchema), expected, name);
    assert.equal(JSON.stringify(document), before, `${name}: the document was changed`);
  }
});

test('strategic merge patch errors', () => {
  const table: [unknown, unknown, { code: number; message: string | RegExp }][] = [
    [pod({}), [], { code: 400, message: 'json: cannot unmarshal array into Go value of type map[string]interface {}' }],
    [pod({ containers: [{ name: 'a' }] }), pod({ containers: [{ image: 'x' }] }), { code: 500, message: 'map: map[image:x] does not contain declared merge key: name' }],
    [pod({ nodeSelector: { a: 'b' } }), pod({ nodeSelector: { $patch: 'erase' } }), { code: 500, message: 'unknown patch type: erase in map: map[$patch:erase]' }],
    [pod({ volumes: [{ name: 'a' }] }), pod({ volumes: [{ name: 'a', $retainKeys: 'x' }] }), { code: 400, message: 'invalid patch format of retainKeys' }],
    [pod({ containers: [{ name: 'a' }] }), pod({ '$setElementOrder/containers': [{ name: 'a' }], containers: [{ name: 'b' }] }), { code: 500, message: /^The order in patch list/ }],
    [pod({ containers: [{ name: 'a' }] }), pod({ '$setElementOrder/containers': 1 }), { code: 500, message: 'expected a []interface {}, but received a int64' }],
    [pod({ containers: [{ name: 'a' }] }), pod({ '$setElementOrder/containers': [{ name: 'a' }], containers: null }), { code: 500, message: 'expected a []interface {}, but received a %!s(<nil>)' }],
    [pod({ containers: [{ name: 'a' }] }), pod({ '$setElementOrder': [] }), { code: 400, message: 'invalid patch format of setElementOrder list' }],
    [pod({ containers: [] }), pod({ '$setElementOrder/containers': [{ name: 'a' }] }), { code: 500, message: 'no elements in any of the given slices' }],
    [pod({}), pod({ '$setElementOrder/nothing': [] }), { code: 500, message: 'unable to find api field in struct PodSpec for the json field "nothing"' }],
    [pod({}), pod({ '$setElementOrder/nodeName': [] }), { code: 500, message: 'expected slice or array type, but got: struct' }],
    [pod({}), { $patch: null }, { code: 500, message: 'unknown patch type: %!s(<nil>) in map: map[$patch:<nil>]' }],
    [pod({}, { ownerReferences: [{ uid: 'a' }] }), pod({}, { ownerReferences: [{ $patch: 'merge' }] }), { code: 500, message: 'merging lists cannot yet be specified in the patch' }],
    [pod({}, { finalizers: ['a'] }), pod({}, { finalizers: [1] }), { code: 500, message: 'list element types are not identical: [[a] [1]]' }],
    [pod({}, { finalizers: ['a'] }), pod({}, { finalizers: [['b']] }), { code: 500, message: /^list element types/ }],
    [pod({}, { finalizers: [] }), pod({}, { finalizers: [['b']] }), { code: 422, message: 'the server rejected our request due to an error in our request' }],
    [pod({ containers: [{ name: 'a', args: ['x'] }] }), pod({ containers: [{ name: 'a', '$deleteFromPrimitiveList/args': [{}] }] }), { code: 500, message: 'list element types are not identical: [[x] [map[]]]' }],
  ];
  for (const [document, patch, expected] of table) assert.throws(() => applyStrategicMergePatch(document, patch, podSchema), expected);
});
