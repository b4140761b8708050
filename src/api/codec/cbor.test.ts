import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { builtinSchema } from '../schema/table.ts';
import { CborError, cborEvent, cborList, decodeCbor, encodeCbor } from './cbor.ts';

const roundtrip = join(import.meta.dirname, '../../../../shared/data/kubernetes-1.36/roundtrip');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

test('every kind survives a round trip', { skip: existsSync(roundtrip) ? false : 'the round-trip data is not there' }, () => {
  for (const file of readdirSync(roundtrip).filter((name) => name.endsWith('.json'))) {
    const [, group = '', version = '', kind = ''] = /^(.+)\.(v\w+)\.(\w+)\.json$/.exec(file)!;
    const value = JSON.parse(readFileSync(join(roundtrip, file), 'utf8')) as object;
    assert.deepEqual(decodeCbor(encodeCbor(value, builtinSchema.kind(group === 'core' ? '' : group, version, kind)!)), value, file);
  }
});

test('the bytes are upstream\'s: self-described, sorted, strings as byte strings, base64 as tagged bytes', () => {
  const secret = builtinSchema.kind('', 'v1', 'Secret')!;
  // d9d9f7, {"data": {"k": 22('hi')}, "kind": 'Secret', "metadata": {"name": 'a', "generation": -1}, "apiVersion": 'v1'}
  assert.equal(
    hex(encodeCbor({ kind: 'Secret', apiVersion: 'v1', metadata: { name: 'a', generation: -1 }, data: { k: 'aGk=' } }, secret)),
    'd9d9f7a4 4464617461a1416bd6426869 446b696e6446536563726574 486d65746164617461a2446e616d6541614a67656e65726174696f6e20 4a61706956657273696f6e427631'.replaceAll(' ', ''),
  );
  const definition = builtinSchema.kind('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition')!;
  const schema = { openAPIV3Schema: { minimum: 1, maxLength: 1 } };
  assert.match(hex(encodeCbor({ spec: { versions: [{ schema }] } }, definition)), /476d696e696d756df93c00.*496d61784c656e67746801$/);
});

test('lists and events', () => {
  const list = cborList({ kind: 'XList', apiVersion: 'v1', metadata: { resourceVersion: '1' } }, 'items', undefined);
  const pieces = [list.item({ a: 1 }), list.item({ a: 2 })];
  const { head, tail } = list.frame(pieces);
  const whole = Buffer.concat([head, ...pieces, tail]);
  assert.deepEqual(decodeCbor(whole), { kind: 'XList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [{ a: 1 }, { a: 2 }] });
  assert.equal(hex(whole), hex(encodeCbor({ kind: 'XList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [{ a: 1 }, { a: 2 }] })));
  for (const count of [0, 23, 24, 300, 70_000]) {
    const frame = list.frame(Array.from({ length: count }, () => list.item({})));
    assert.equal((decodeCbor(Buffer.concat([frame.head, Buffer.alloc(count, 0xa0), frame.tail])) as { items: unknown[] }).items.length, count);
  }
  assert.deepEqual(decodeCbor(cborEvent('ADDED', encodeCbor({ a: 'b' }))), { type: 'ADDED', object: { a: 'b' } });
});

test('what clients may send instead: texts, indefinite lengths, tags, other encodings to come', () => {
  const table: [string, unknown][] = [
    ['a1 6161 6162', { a: 'b' }],
    ['bf 6161 9f 01 ff ff', { a: [1] }],
    ['a1 4161 d5 42ffef', { a: '_-8' }],
    ['a1 4161 d7 42ffef', { a: 'ffef' }],
    ['a1 4161 d6 c0 4161', { a: 'a' }],
    ['a1 4161 d9ffff 1b00000000000000ff', { a: 255 }],
    ['a1 4161 fb3ff8000000000000', { a: 1.5 }],
    ['a1 49 5f5f70726f746f5f5f 01', Object.defineProperty({}, '__proto__', { value: 1, enumerable: true })],
  ];
  for (const [given, expected] of table) assert.deepEqual(decodeCbor(bytes(given)), expected, given);
});

test('what is refused', () => {
  const table: [string, RegExp][] = [
    ['', /cbor/], ['a1', /cbor/], ['a2 4161 01 4161 02', /repeat map key "a"/], ['a1 01 02', /non-string keys/], ['f7', /undefined/], ['f97e00', /NaN/], ['f97c00', /Infinity/],
    ['c2 41ff', /bignum/], ['01 02', /1 bytes of extraneous data starting at index 1/], ['81'.repeat(100_000), /nested level|cbor/], ['9b7fffffffffffffff', /cbor/], ['d6', /EOF/],
  ];
  for (const [given, message] of table) assert.throws(() => decodeCbor(bytes(given)), (error) => error instanceof CborError && message.test(error.message), given.slice(0, 40));
});
