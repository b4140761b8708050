import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Deployment, ReplicaSet } from '../../api/types/apps/v1.ts';
import type { IntOrString } from '../../api/types/meta/v1.ts';
import { fenceposts, maxScaleDown, maxUnavailable, newSetReplicas, proportionalSizes, sumStaying } from './arithmetic.ts';

const deployment = (replicas: number, maxSurge: IntOrString, unavailable: IntOrString, status = {}): Deployment => ({
  metadata: { name: 'web' },
  spec: { replicas, selector: {}, template: {}, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable: unavailable } } },
  status,
});
const set = (name: string, replicas: number, available = replicas, creationTimestamp = '2026-01-01T00:00:00Z'): ReplicaSet => ({
  metadata: { name, creationTimestamp }, spec: { replicas, selector: {} }, status: { replicas, availableReplicas: available },
});

describe('rolling update arithmetic', () => {
  it('regression: pods that a set was told to let go are not available any more, though its status still counts them', () => {
    assert.equal(sumStaying([set('old', 8, 10), set('new', 3, 1)]), 9);
  });

  it('regression: a set that has not seen its size is not counted on: told to have fewer, then more again, it still counted what it had let go', () => {
    const behind = { ...set('new', 5, 4), metadata: { name: 'new', generation: 3 }, status: { replicas: 4, availableReplicas: 4, observedGeneration: 2 } };
    assert.equal(sumStaying([set('old', 3), behind]), 3);
    assert.equal(maxScaleDown(deployment(5, 2, 1), [set('old', 3), behind], behind), -1);
    const seen = { ...behind, status: { ...behind.status, observedGeneration: 3 } };
    assert.equal(sumStaying([set('old', 3), seen]), 7);
    assert.equal(maxScaleDown(deployment(5, 2, 1), [set('old', 3), seen], seen), 3);
  });

  const fences: [number, IntOrString, IntOrString, number, number][] = [
    [10, '25%', '25%', 3, 2],
    [3, '25%', '25%', 1, 0],
    [1, '25%', '25%', 1, 0],
    [10, 0, 1, 0, 1],
    [10, 0, '5%', 0, 1],
    [10, '0%', '0%', 0, 1],
    [2, '100%', '100%', 2, 2],
    [0, '25%', '25%', 0, 1],
  ];
  for (const [replicas, surge, unavailable, expectedSurge, expectedUnavailable] of fences) {
    it(`${replicas} replicas, surge ${surge}, unavailable ${unavailable}: ${expectedSurge} and ${expectedUnavailable}`, () => {
      assert.deepEqual(fenceposts(deployment(replicas, surge, unavailable)), { maxSurge: expectedSurge, maxUnavailable: expectedUnavailable });
    });
  }

  it('never lets more be unavailable than there are', () => {
    assert.equal(maxUnavailable(deployment(2, 0, 5)), 2);
    assert.equal(maxUnavailable(deployment(0, 0, 5)), 0);
  });

  const growth: [string, number, IntOrString, number, number, number][] = [
    ['makes everything at once when there is nothing old', 3, '25%', 0, 0, 3],
    ['surges by one', 3, 1, 3, 0, 1],
    ['waits at the surge', 3, 1, 3, 1, 1],
    ['goes on when an old pod went', 3, 1, 2, 1, 2],
    ['stops at the size asked for', 3, 5, 0, 2, 3],
    ['stays when it may not surge', 3, 0, 3, 0, 0],
  ];
  for (const [title, replicas, surge, old, current, expected] of growth) {
    it(title, () => {
      const next = set('new', current);
      assert.equal(newSetReplicas(deployment(replicas, surge, 1), [set('old', old), next], next), expected);
    });
  }

  const shrinking: [number, IntOrString, number, number, number, number][] = [
    // replicas, maxUnavailable, old, new, new available, expected
    [10, 0, 10, 0, 0, 0],
    [10, 2, 10, 0, 0, 2],
    [10, 2, 8, 4, 0, 0],
    [10, 2, 8, 5, 2, 2],
    [3, 0, 3, 1, 1, 1],
  ];
  for (const [replicas, unavailable, old, current, available, expected] of shrinking) {
    it(`${replicas} asked, ${old} old, ${available} of ${current} new available, ${unavailable} unavailable allowed: ${expected} may go`, () => {
      const next = set('new', current, available);
      assert.equal(maxScaleDown(deployment(replicas, 3, unavailable), [set('old', old), next], next), expected);
    });
  }
});

describe('proportional scaling', () => {
  const cases: [string, number, IntOrString, [string, number][], number | undefined, Record<string, number>][] = [
    ['grows in proportion', 15, 3, [['old', 8], ['new', 5]], 13, { old: 11, new: 7 }],
    ['shrinks in proportion', 5, 3, [['old', 8], ['new', 5]], 13, { old: 5, new: 3 }],
    ['gives leftovers to the largest', 11, 0, [['a', 4], ['b', 3], ['c', 3]], 10, { a: 5, b: 3, c: 3 }],
    ['goes to zero with no surge left', 0, 3, [['old', 8], ['new', 5]], 13, { old: 0, new: 0 }],
    ['uses the status when the sets do not say what they were', 20, 0, [['old', 5], ['new', 5]], undefined, { old: 10, new: 10 }],
    ['leaves sizes alone when nothing is to be added', 10, 3, [['old', 8], ['new', 5]], 13, { old: 8, new: 5 }],
  ];
  for (const [title, replicas, surge, sets, before, expected] of cases) {
    it(title, () => {
      const made = sets.map(([name, size], index) => set(name, size, size, `2026-01-01T00:00:0${index}Z`));
      assert.deepEqual(Object.fromEntries(proportionalSizes(deployment(replicas, surge, 0, { replicas: 10 }), made, () => before)), expected);
    });
  }
});
