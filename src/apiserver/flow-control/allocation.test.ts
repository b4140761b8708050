import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SeededRandom } from '../../base/random.ts';
import type { Claim } from './allocation.ts';
import { allocate } from './allocation.ts';

const claim = (target: number, lower: number, upper: number): Claim => ({ target, lower, upper });

describe('seats are split fairly', () => {
  for (const [name, sum, claims, expected] of [
    ['in proportion to the targets', 30, [claim(10, 0, 100), claim(20, 0, 100)], [10, 20]],
    ['what a ceiling leaves goes to the others', 40, [claim(10, 0, 5), claim(10, 0, 100)], [5, 35]],
    ['what a floor takes comes from the others', 12, [claim(10, 8, 100), claim(10, 0, 100)], [8, 4]],
    ['floors alone', 12, [claim(10, 8, 100), claim(10, 4, 100)], [8, 4]],
    ['ceilings alone', 12, [claim(10, 1, 8), claim(10, 1, 4)], [8, 4]],
    ['nobody asks for anything', 10, [claim(0, 0, 100), claim(0, 0, 100)], [5, 5]],
    ['nothing to split', 0, [claim(0, 0, 1)], [0]],
  ] as const) {
    test(name, () => {
      const { shares } = allocate(sum, claims)!;
      assert.deepEqual(shares.map((share) => Math.round(share * 1e6) / 1e6), expected);
    });
  }

  test('bounds that leave no way are told apart', () => {
    assert.equal(allocate(3, [claim(10, 8, 100)]), undefined);
    assert.equal(allocate(300, [claim(10, 8, 100)]), undefined);
    assert.equal(allocate(3, [claim(1, 2, 100)]), undefined);
  });

  test('always: the sum, within the bounds, everyone not held by one at the same fraction', () => {
    const random = new SeededRandom(11);
    for (let round = 0; round < 2000; round++) {
      const claims = Array.from({ length: 1 + Math.floor(random.float() * 6) }, () => {
        const lower = Math.floor(random.float() * 10);
        return claim(lower + random.float() * 20, lower, lower + Math.floor(random.float() * 40));
      });
      const low = claims.reduce((sum, { lower }) => sum + lower, 0);
      const high = claims.reduce((sum, { upper }) => sum + upper, 0);
      const wanted = Math.floor(low + random.float() * (high - low + 1));
      const { shares, fairFraction } = allocate(wanted, claims)!;
      assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - wanted) < 1e-6);
      for (const [i, { target, lower, upper }] of claims.entries()) {
        assert.ok(shares[i]! >= lower - 1e-9 && shares[i]! <= upper + 1e-9);
        if (wanted === low || wanted === high || wanted === 0) continue;
        const fair = fairFraction * Math.max(target, 0.001);
        assert.ok(Math.abs(shares[i]! - Math.max(lower, Math.min(upper, fair))) < 1e-6);
      }
    }
  });
});
