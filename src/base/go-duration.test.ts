import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGoDuration } from './go-duration.ts';

test('durations are read as Go reads them', () => {
  for (const [text, ms] of [
    ['0', 0], ['5s', 5000], ['30s', 30_000], ['1m30s', 90_000], ['1.5h', 5_400_000], ['.5s', 500], ['100ms', 100], ['2us', 0.002], ['-2s', -2000], ['+5s', 5000], ['1h0m', 3_600_000],
    ['', undefined], ['3', undefined], ['s', undefined], ['1 s', undefined], ['1d', undefined], ['1s2', undefined], ['x1s', undefined], ['-', undefined], ['.s', undefined], ['9999999999h', undefined],
  ] as const) assert.equal(parseGoDuration(text), ms, text);
});
