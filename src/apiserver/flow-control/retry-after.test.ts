import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetryAfter } from './retry-after.ts';

test('those who are shed are asked to stay away longer while many are, and less long afterwards', () => {
  const retry = new RetryAfter();
  const start = Date.UTC(2026, 0, 1);
  const told: number[] = [];
  for (let second = 0; second < 40; second++) for (let i = 0; i < 10; i++) told[second] = retry.note(start + second * 1000 + i);
  assert.equal(told[0], 1);
  assert.equal(told[1], 2, 'three in a second are enough to double');
  assert.equal(told[39], 32, 'and never more than 32');
  assert.ok(told.every((seconds, i) => i === 0 || seconds >= told[i - 1]!));
  const later: number[] = [];
  for (let second = 200; second < 400; second += 2) later.push(retry.note(start + second * 1000));
  assert.equal(later[0], 31);
  assert.ok(later.at(-1)! < 4);
});
