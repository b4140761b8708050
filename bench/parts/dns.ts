import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Bench } from '../bench.ts';
import type { Figure } from '../table.ts';

const load = join(import.meta.dirname, '../load');

/** Queries that the cluster's name server answers for each second of a processor that it uses. */
export async function dns(bench: Bench): Promise<Figure[]> {
  const child = spawn(process.execPath, [join(load, 'dns-server.ts')], { stdio: ['pipe', 'pipe', 'inherit'] });
  bench.children.add(child);
  try {
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const line = async (): Promise<number> => Number((await lines.next()).value);
    const port = await line();
    const usedSeconds = (): Promise<number> => {
      child.stdin.write('\n');
      return line();
    };
    const asked = (seconds: number): Promise<string> => bench.run([join(load, 'dns-load.ts'), String(port), String(seconds)]);
    await asked(1);
    const before = await usedSeconds();
    const { answers, seconds } = JSON.parse(await asked(bench.quick ? 1 : 5)) as { answers: number; seconds: number };
    // The load asks for a moment longer than it measures: as much at the same rate.
    const used = (await usedSeconds()) - before;
    const share = Math.min(1, used / (seconds + 0.5));
    return [{ name: 'DNS queries on one core', value: answers / seconds / share, note: `${Math.round(answers / seconds).toLocaleString('en')}/s with ${Math.round(share * 100)} % of a core, the load beside it` }];
  } finally {
    child.kill('SIGKILL');
    bench.children.delete(child);
  }
}
