import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const module = (name: string): string => JSON.stringify(join(import.meta.dirname, name));

/** How often all of a heap was looked through while 500 MB passed outside it, 8 MB of that alive at a time. */
async function collectionsOf(setUp: string): Promise<number> {
  const program = `
    import { constants, PerformanceObserver } from 'node:perf_hooks';
    import { VirtualClock } from ${module('../base/virtual-clock.ts')};
    import { collectLargeHeapSeldom } from ${module('large-heap.ts')};
    let collections = 0;
    new PerformanceObserver((list) => { for (const { detail } of list.getEntries()) if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections++; }).observe({ entryTypes: ['gc'] });
    const live = Array.from({ length: 100_000 }, (_, i) => ({ i, text: String(i), list: [i] }));
    const clock = new VirtualClock();
    ${setUp}
    await clock.advance(2000);
    collections = 0;
    const kept = [];
    for (let i = 0; i < 500; i++) {
      kept.push(Buffer.alloc(1_000_000, i));
      if (kept.length > 8) kept.shift();
      await new Promise((resolve) => setImmediate(resolve));
    }
    console.log(live.length, collections);
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '--eval', program]);
  return Number(stdout.split(' ')[1]);
}

test('what passes outside a large heap does not have all of the heap looked through again and again', { timeout: 60_000 }, async () => {
  const otherwise = await collectionsOf('');
  const seldom = await collectionsOf('collectLargeHeapSeldom(clock, 4 * 1024 * 1024);');
  assert.ok(otherwise >= 4, `only ${otherwise} without it: V8 has changed, and this is not needed any more`);
  assert.ok(seldom <= otherwise / 2, `${seldom} with it, ${otherwise} without`);
});
