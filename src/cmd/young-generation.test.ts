import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

/** Runs in a process of its own: what V8 is told holds for all of it. */
function youngMegabytes(before: string): number {
  const module = JSON.stringify(join(import.meta.dirname, 'young-generation.ts'));
  const program = `
    import { getHeapSpaceStatistics } from 'node:v8';
    import { boundYoungGeneration, holdYoungGeneration } from ${module};
    const pending = [];
    const clock = { setTimer: (_ms, run) => { pending.push(run); } };
    // Everything lives for a while, so that V8 wants more room for it.
    const work = (rounds) => { let kept = []; for (let i = 0; i < rounds; i++) { kept.push({ i, text: 'x' + i }); if (kept.length > 100_000) kept = []; } };
    ${before}
    console.log(getHeapSpaceStatistics().find((space) => space.space_name === 'new_space').space_size / 1024 / 1024);`;
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }));
}

test('what a start allocates does not make the young generation grow', () => {
  assert.ok(youngMegabytes('holdYoungGeneration(); work(1_000_000);') <= 2);
});

test('with work it grows, up to its bound', () => {
  const rounds = 'for (let i = 0; i < 20; i++) { await new Promise((done) => setTimeout(done)); work(150_000); pending.shift()(); }';
  const megabytes = youngMegabytes(`holdYoungGeneration(); boundYoungGeneration(clock); ${rounds}`);
  assert.ok(megabytes > 2 && megabytes <= 64, String(megabytes));
});
