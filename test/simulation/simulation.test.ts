import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from './simulate.ts';

// A slice of what `scripts/simulate.ts` does at length. A seed that fails here is replayed there, with --seed.
const short = { faultMs: 60_000, idleMs: 6 * 60_000 };

function check({ problems, trace, seed }: Awaited<ReturnType<typeof simulate>>): void {
  if (problems.length > 0) assert.fail(`seed ${seed}: ${problems.join('\n')}\n${trace.slice(-30).join('\n')}\nreplay: node bin/run.js scripts/simulate.ts --seed ${seed} --storm 1 --hours 0.1 --verbose`);
}

test('whatever goes wrong, what must hold holds, and everything finds its rest', { timeout: 240_000 }, async () => {
  for (const seed of [1001, 1004]) check(await simulate({ seed, ...short }));
});

test('the same seed writes the same, byte for byte, at the same times', { timeout: 240_000 }, async () => {
  const storm = (seed: number): ReturnType<typeof simulate> => simulate({ seed, faultMs: 40_000, stormOnly: true });
  const first = await storm(1005);
  check(first);
  assert.ok(first.writes > 300, `${first.writes} writes`);
  assert.equal((await storm(1005)).digest, first.digest);
  assert.notEqual((await storm(1003)).digest, first.digest);
});
