import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pieces } from './turns.ts';
import { atOnce, inTurns } from './turns.ts';

function* pieces(count: number): Pieces<string> {
  for (let i = 1; i < count; i++) yield;
  return 'done';
}

test('turns: work of one piece is answered at once', () => assert.equal(inTurns(pieces(1), () => assert.fail('no turn is given up')), 'done'));

test('turns: every further piece has a turn of its own', async () => {
  let turns = 0;
  const giveWay = (): Promise<void> => Promise.resolve(void turns++);
  assert.equal(await inTurns(pieces(4), giveWay), 'done');
  assert.equal(turns, 3);
});

test('turns: all at once', () => assert.equal(atOnce(pieces(4)), 'done'));

test('turns: what others have to do comes between', async () => {
  const order: string[] = [];
  function* work(): Pieces<void> {
    order.push('first');
    yield;
    order.push('second');
  }
  setImmediate(() => order.push('other'));
  await inTurns(work());
  assert.deepEqual(order, ['first', 'other', 'second']);
});
