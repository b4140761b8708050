import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCbor, encodeCbor } from './cbor.ts';
import { decodeJson } from './json.ts';
import { decodeYaml } from './yaml.ts';

const rows: readonly (readonly [name: string, written: string, altered: boolean])[] = [
  ['2^53', '9007199254740992', false],
  ['the next', '9007199254740993', true],
  ['the same below zero', '-9007199254740993', true],
  ['one that a double has', '9007199254740994', false],
  ['the largest', '9223372036854775807', true],
  ['the smallest, a power of two', '-9223372036854775808', false],
  ['no int64', '9223372036854775808', false],
  ['no int64 by far', '92233720368547758089223372036854775808', false],
  ['a fraction', '9007199254740993.5', false],
  ['a text', '"9007199254740993"', false],
  ['a text with one in it', '"x: 9007199254740993, y"', false],
];
for (const [name, written, altered] of rows) {
  for (const [codec, text, decode] of [['JSON', `{"a":[${written}]}`, decodeJson], ['JSON as YAML', `{"a":[${written}]}`, decodeYaml], ['YAML', `a:\n- ${written}\n`, decodeYaml]] as const) {
    test(`exact integers: ${name}, in ${codec}`, () => {
      const { value } = decode(text);
      assert.deepEqual(value, { a: [altered ? BigInt(written) : JSON.parse(written)] });
      if (altered) assert.equal(JSON.stringify(value), `{"a":[${written}]}`);
    });
  }
  test(`exact integers: ${name}, in CBOR`, () => {
    if (altered) assert.deepEqual(decodeCbor(encodeCbor({ a: BigInt(written) })), { a: BigInt(written) });
  });
}
