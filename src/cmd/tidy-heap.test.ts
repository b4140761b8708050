import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

test('what a burst of work has left is given back when the process is idle', { timeout: 60_000 }, async () => {
  const module = (name: string): string => JSON.stringify(join(import.meta.dirname, name));
  const program = `
    import { getHeapStatistics } from 'node:v8';
    import { RealClock } from ${module('../base/real-clock.ts')};
    import { tidyWhenIdle } from ${module('tidy-heap.ts')};
    const clock = new RealClock();
    tidyWhenIdle(clock, { idleForMs: 1000 });
    const kept = [];
    for (let i = 0; i < 2e6; i++) { const one = { i, text: String(i), list: [i] }; if (i % 20 === 0) kept.push(one); }
    const total = () => getHeapStatistics().total_heap_size;
    const burst = total();
    kept.length = 100;
    let left = burst;
    for (let looks = 0; looks < 200 && left > burst / 2; looks++) { await clock.sleep(100); left = total(); }
    console.log(JSON.stringify({ burst, left, exposed: typeof globalThis.gc }));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '--eval', program]);
  const { burst, left, exposed } = JSON.parse(stdout) as { burst: number; left: number; exposed: string };
  assert.ok(burst > 30 * 1024 * 1024, `it grew to ${burst}`);
  assert.ok(left <= burst / 2, `${left} of ${burst} bytes are left`);
  assert.equal(exposed, 'undefined', 'nobody else can ask for it');
});
