import assert from 'node:assert/strict';
import { it } from 'node:test';
import { nextStep } from './ttl.ts';

it('kubelets may believe what they read for longer the more of them there are', () => {
  const cases: readonly [step: number, nodes: number, next: number][] = [[0, 0, 0], [0, 100, 0], [0, 101, 1], [1, 90, 1], [1, 89, 0], [1, 501, 2], [4, 100_000, 4], [4, 1799, 3]];
  for (const [step, nodes, next] of cases) assert.equal(nextStep(step, nodes), next, `${nodes} nodes at step ${step}`);
});
