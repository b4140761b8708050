import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from './duration.ts';

test('durations as Go writes them', () => {
  const cases: readonly [string, number | undefined][] = [
    ['0', 0], ['0s', 0], ['30s', 30_000], ['5m0s', 300_000], ['1h30m', 5_400_000], ['1.5s', 1500], ['250ms', 250], ['-1m', -60_000], ['.5h', 1_800_000],
    ['', undefined], ['5', undefined], ['s', undefined], ['5 s', undefined], ['5d', undefined], ['1h ', undefined], ['1h-5m', undefined],
  ];
  for (const [text, expected] of cases) assert.equal(parseDuration(text), expected, text);
});
