import { join } from 'node:path';
import type { Bench } from '../bench.ts';
import type { Figure } from '../table.ts';

const count = 10_000;

/** How soon a change of one of ten thousand Services is in the kernel, and how long all of them take at first. Needs root. */
export async function services(bench: Bench): Promise<Figure[]> {
  const output = await bench.run([join(import.meta.dirname, '../load/services.ts'), String(count), bench.quick ? '10' : '40'], { timeoutMs: 240_000 });
  const { firstMs, changesMs, megabytes } = JSON.parse(output) as { firstMs: number; changesMs: number[]; megabytes: number };
  return [
    { name: 'a change among 10,000 Services, in the kernel', value: changesMs[Math.floor(changesMs.length / 2)] ?? 0, note: `median of ${changesMs.length}; longest ${Math.round(changesMs.at(-1) ?? 0)} ms` },
    { name: '10,000 Services, in the kernel', value: firstMs, note: `${Math.round(megabytes)} MB with the API server in the same process` },
  ];
}
