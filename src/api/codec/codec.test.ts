import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../status.ts';
import { decodeJson } from './json.ts';
import { decodeFull, spliceResourceVersion, StoredObject } from './stored.ts';
import { createdAtColumns, defaultColumns, parseIncludeObject, toTable } from './table.ts';
import { decodeYaml, decodeYamlStream, encodeYaml } from './yaml.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

test('malformed JSON is refused in the words of Go', () => {
  const table: Record<string, string> = {
    '': 'unexpected end of JSON input', '{': 'unexpected end of JSON input', '{"a":}': "invalid character '}' looking for beginning of value", '{a:1}': "invalid character 'a' looking for beginning of object key string",
    '{"a" 1}': "invalid character '1' after object key", '{"a":1 "b"}': `invalid character '"' after object key:value pair`, '[1 2]': "invalid character '2' after array element", '{} x': "invalid character 'x' after top-level value",
    '{"a":tru}': "invalid character '}' in literal true (expecting 'e')", '"\n"': "invalid character '\\n' in string literal", '{"a":1,}': "invalid character '}' looking for beginning of object key string",
  };
  for (const [body, expected] of Object.entries(table)) {
    assert.throws(() => decodeJson(body), (error) => error instanceof ApiError && error.code === 400 && error.message === expected, body);
  }
  assert.throws(() => decodeJson('{"a":', { expectedKind: 'Pod' }), { message: `the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: unexpected end of JSON input ({"a":)` });
});

test('duplicate fields are reported on demand, with their path', () => {
  const body = '{"spec":{"replicas":1,"replicas":2,"c":[{"n":1},{"n":1,"n":2}]},"spec":{}}';
  assert.deepEqual(decodeJson(body).duplicates, []);
  assert.deepEqual(decodeJson(body, { duplicates: true }).duplicates, ['duplicate field "spec.replicas"', 'duplicate field "spec.c[1].n"', 'duplicate field "spec"']);
});

test('nesting has a limit, brackets in strings do not count', () => {
  assert.throws(() => decodeJson('['.repeat(100_000) + ']'.repeat(100_000)), /exceeded max depth/);
  // Were it parsed to the end, each of these would take minutes.
  for (const open of ['[', '{', '- ', '? ']) assert.throws(() => decodeYaml(`${open === '[' || open === '{' ? 'a: ' : ''}${open.repeat(1_000_000)}`), /^ApiError: error converting YAML to JSON: yaml: exceeded max depth$/);
  assert.equal((decodeJson(JSON.stringify('['.repeat(5000))).value as string).length, 5000);
});

test('the stored form and its hole', () => {
  const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'é', resourceVersion: '7', uid: 'u' }, spec: { replicas: 1 } };
  const stored = new StoredObject(object).bytes;
  assert.equal(text(stored), '{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"é","uid":"u"},"spec":{"replicas":1}}');
  assert.equal(text(spliceResourceVersion(stored, 1234)), '{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"resourceVersion":"1234","name":"é","uid":"u"},"spec":{"replicas":1}}');
  assert.deepEqual(decodeFull(spliceResourceVersion(stored, 9)), { ...object, metadata: { ...object.metadata, resourceVersion: '9' } });
  assert.equal(text(spliceResourceVersion(new StoredObject({ apiVersion: 'v1', kind: 'X', metadata: {} }).bytes, 5)), '{"kind":"X","apiVersion":"v1","metadata":{"resourceVersion":"5"}}');
  assert.throws(() => new StoredObject({ metadata: {} }));
});

test('YAML has the types of sigs.k8s.io/yaml', () => {
  assert.deepEqual(decodeYaml('a: yes\nb: off\nc: 1:30\nd: 2026-01-01T00:00:00Z\ne: 0777\nf: ~\ng: "yes"\nh: 1_000\n1: x\ni: 80:80\nj: 1e3\n').value, {
    a: true, b: false, c: '1:30', d: '2026-01-01T00:00:00Z', e: 511, f: null, g: 'yes', h: 1000, 1: 'x', i: '80:80', j: 1000,
  });
  assert.deepEqual(decodeYaml('a: &x {b: 1}\nc:\n  <<: *x\n  d: 2\n').value, { a: { b: 1 }, c: { b: 1, d: 2 } });
});

test('YAML that is refused', () => {
  assert.throws(() => decodeYaml('a: 1\n---\nb: 2\n'), /expected a single document/);
  assert.throws(() => decodeYaml('a: [1\n'), (error) => error instanceof ApiError && error.code === 400);
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${'bcdefgh'.split('').map((c, i) => `${c}: &${c} [${Array(10).fill(`*${'abcdefgh'[i]}`).join(',')}]`).join('\n')}\n`;
  assert.throws(() => decodeYaml(bomb), /alias/i);
  assert.throws(() => decodeYaml('['.repeat(100_000)), /max depth/);
  assert.deepEqual(decodeYaml('a: 1\nb: 2\na: 3\n'), { value: { a: 3, b: 2 }, duplicates: ['line 3: key "a" already set in map'] });
});

test('YAML streams and output', () => {
  assert.deepEqual(decodeYamlStream('---\na: 1\n---\n---\nb: 2\n'), [{ a: 1 }, { b: 2 }]);
  assert.equal(encodeYaml({ b: ['x', { d: 1, c: 'yes' }], a: {}, t: '1', n: null }), 'a: {}\nb:\n- x\n- c: "yes"\n  d: 1\n"n": null\nt: "1"\n');
});

test('tables', () => {
  const object = { apiVersion: 'v1', kind: 'X', metadata: { name: 'a', creationTimestamp: '2026-01-01T00:00:00Z', resourceVersion: '3' } };
  const context = { nowMs: Date.UTC(2026, 0, 1, 0, 5) };
  const table = toTable(undefined, [object], { context });
  assert.deepEqual(table.columnDefinitions?.map(({ name, format }) => [name, format]), [['Name', 'name'], ['Age', '']]);
  assert.deepEqual(table.rows, [{ cells: ['a', '5m'], object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata } }]);
  assert.deepEqual(table.metadata, { resourceVersion: '3' });
  assert.deepEqual(toTable(createdAtColumns, [object], { context, includeObject: 'None' }).rows, [{ cells: ['a', '2026-01-01T00:00:00Z'], object: null }]);
  assert.equal(toTable(defaultColumns, [object], { context, includeObject: 'Object' }).rows[0]?.object, object);
  assert.throws(() => parseIncludeObject('All'), { code: 400 });
});
