import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addQuantity, canonicalQuantity, compareQuantity, formatQuantity, isQuantity, milliValue, parseQuantity, QuantityError, subtractQuantity, value } from './quantity.ts';

test('canonical form', () => {
  const table: Record<string, string> = {
    '0': '0', '1': '1', '1000m': '1', '1500m': '1500m', '1024Ki': '1Mi', '1Mi': '1Mi', '100Mi': '100Mi', '1.5Gi': '1536Mi', '0.5Gi': '512Mi',
    '0.5': '500m', '.5': '500m', '12000000': '12M', '1000k': '1M', '1e3': '1e3', '1E3': '1E3', '1E': '1E', '1000e3': '1e6', '1.500': '1.500', '+5': '+5',
    '0.1Mi': '104857600m', '1025Ki': '1025Ki', '1Ki': '1Ki', '1023': '1023', '-1': '-1', '-1000m': '-1', '0m': '0', '0.0000000001': '1n',
    '128974848': '128974848', '129e6': '129e6', '123Mi': '123Mi', '9Ei': '9223372036854775807', '2048': '2048', '1001m': '1001m', '10e-3': '10e-3', '100n': '100n', '1000n': '1u',
  };
  for (const [text, expected] of Object.entries(table)) assert.equal(canonicalQuantity(text), expected, text);
});

test('texts that are no quantities', () => {
  for (const text of ['', 'abc', '1x', '1.1.1', '1mi', '1Ki5', '1 Gi', '0x10', '1ee3', '--1', '1e', '1Mii']) {
    assert.equal(isQuantity(text), false, text);
    assert.throws(() => parseQuantity(text), QuantityError, text);
  }
  assert.throws(() => parseQuantity('1Zi'), /quantities must match the regular expression/);
  assert.throws(() => parseQuantity('1mi'), /unable to parse quantity's suffix/);
});

test('whole and thousandth units, rounded up', () => {
  assert.equal(value('100m'), 1);
  assert.equal(value('1Gi'), 2 ** 30);
  assert.equal(value('1.1'), 2);
  assert.equal(value('20000000000'), 20_000_000_000);
  assert.equal(value('-1500m'), -2);
  assert.equal(milliValue('1'), 1000);
  assert.equal(milliValue('250m'), 250);
  assert.equal(milliValue('0.1'), 100);
  assert.equal(milliValue('1u'), 1);
  assert.equal(milliValue(parseQuantity('2k')), 2_000_000);
});

test('arithmetic keeps the format of the first that is not zero', () => {
  assert.equal(formatQuantity(addQuantity('1Gi', '512Mi')), '1536Mi');
  assert.equal(formatQuantity(addQuantity('0', '1Mi')), '1Mi');
  assert.equal(formatQuantity(subtractQuantity('1', '250m')), '750m');
  assert.equal(compareQuantity('1Ki', '1024'), 0);
  assert.equal(compareQuantity('1', '1001m'), -1);
});
