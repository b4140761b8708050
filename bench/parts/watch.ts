import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import { median } from '../bench.ts';
import { startProgram, token } from '../program.ts';
import type { FigureName } from '../reference.ts';
import type { Figure } from '../table.ts';

/** Every watcher is told of every create: events that reach their clients per second. */
export async function watch(bench: Bench): Promise<Figure[]> {
  await using server = await startProgram(bench, { command: 'apiserver' });
  const fanOut = async (name: FigureName, watchers: number, creates: number): Promise<Figure> => {
    const rates: number[] = [];
    // The first time warms up.
    for (let i = 0; i < (bench.quick ? 2 : 4); i++) {
      const output = await bench.run([join(import.meta.dirname, '../load/watchers.ts'), JSON.stringify({ url: server.url, token, watchers, creates })]);
      const { events, seconds } = JSON.parse(output) as { events: number; seconds: number };
      if (i > 0) rates.push(events / seconds);
    }
    return { name, value: median(rates), note: `median of ${rates.length}` };
  };
  return [await fanOut('watch fan-out, 200 watchers x 1000 creates', 200, 1000), await fanOut('watch fan-out, 1000 watchers x 300 creates', 1000, 300)];
}
