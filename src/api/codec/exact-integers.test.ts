import assert from 'node:assert/strict';
import { test } from 'node:test';
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
const refusal = (written: string): RegExp => new RegExp(`^(?:.*: )?not supported: the integer ${written} is beyond 2\\^53 and cannot be kept exactly`);
for (const [name, written, altered] of rows) {
  for (const [codec, text, decode] of [['JSON', `{"a":[${written}]}`, decodeJson], ['JSON as YAML', `{"a":[${written}]}`, decodeYaml], ['YAML', `a:\n- ${written}\n`, decodeYaml]] as const) {
    test(`exact integers: ${name}, in ${codec}`, () => {
      if (altered) assert.throws(() => decode(text), ({ message }: Error) => refusal(written).test(message));
      else assert.deepEqual(decode(text).value, { a: [JSON.parse(written)] });
    });
  }
}
