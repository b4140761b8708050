import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WarningRecorder } from './warnings.ts';

const headersOf = (...texts: string[]): readonly string[] => {
  const recorder = new WarningRecorder();
  for (const text of texts) recorder.add(text);
  return recorder.headers;
};

test('quotes and backslashes are escaped, nothing else; each text once', () => {
  assert.deepEqual(headersOf('unknown field "spec.é"', String.raw`a\b`, 'unknown field "spec.é"', ''), [String.raw`299 - "unknown field \"spec.é\""`, String.raw`299 - "a\\b"`]);
});

test('what cannot stand in a header is left out', () => {
  assert.deepEqual(headersOf('a\nb', 'c', '\u0085'), ['299 - "c"']);
});

test('past 4096 characters all are cut to 256, those already told too; at 4096 of the rest it ends', () => {
  const long = (i: number): string => `${i}`.padEnd(1024, 'x');
  assert.deepEqual(headersOf(...[0, 1, 2, 3].map(long)).map((header) => header.length), [1032, 1032, 1032, 1032]);
  const cut = headersOf(...Array.from({ length: 40 }, (_, i) => long(i)));
  assert.deepEqual(cut.map((header) => header.length), Array.from({ length: 16 }, () => 264));
});
