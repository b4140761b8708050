/**
 * The whole program's figures beside upstream's and the goals.
 * `npm run bench [-- PART…] [--quick] [--dir FOLDER]`: all parts take about three minutes. Store: `node bench/store.ts`.
 * `npm run bench -- scale [--nodes 5000] [--pods 50000] [--rate 20] [--minutes 20]`: a large cluster, only when asked for, as
 * are `deployment` and `node` (real containers: needs root and containerd). It is filled as fast as it can be, and gets its
 * last pods at a steady rate a second. They end when their time is over, with what they reached. `ceiling` beside any part
 * says what the machine itself was worth in these minutes.
 */
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RealClock } from '../src/base/real-clock.ts';
import { Bench } from './bench.ts';
import { withShares } from './ceilings.ts';
import { generator } from './load/load.ts';
import { dearBodies } from './parts/bodies.ts';
import { ceiling } from './parts/ceiling.ts';
import { customResources } from './parts/custom-resources.ts';
import { dns } from './parts/dns.ts';
import { growth } from './parts/growth.ts';
import { kubectl } from './parts/kubectl.ts';
import { library } from './parts/library.ts';
import { memory } from './parts/memory.ts';
import { node } from './parts/node.ts';
import { reads } from './parts/reads.ts';
import { deployment, scale } from './parts/scale.ts';
import { schedule } from './parts/schedule.ts';
import { scheduler } from './parts/scheduler.ts';
import { services } from './parts/services.ts';
import { start } from './parts/start.ts';
import { watch } from './parts/watch.ts';
import { writes } from './parts/writes.ts';
import type { Figure } from './table.ts';
import { table } from './table.ts';

/** In the order in which they run. */
const parts: Readonly<Record<string, (bench: Bench) => Promise<Figure[]>>> = { ceiling, start, memory, writes, reads, growth, watch, schedule, scheduler, library, kubectl, dns, 'custom-resources': customResources, bodies: dearBodies };
/** Those that run only when they are named. */
const large: typeof parts = { scale, deployment, services, node };
/** Longer than all parts together ever take. */
const limitMs = 60 * 60_000;

const { values: flags, positionals: chosen } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, nodes: { type: 'string', default: '5000' }, pods: { type: 'string', default: '50000' }, rate: { type: 'string', default: '20' }, minutes: { type: 'string', default: '20' }, dir: { type: 'string', default: join(import.meta.dirname, '../.cache') } },
});
for (const name of chosen) {
  if ((parts[name] ?? large[name]) === undefined) {
    console.error(`error: there is no part ${JSON.stringify(name)}; there are ${Object.keys({ ...parts, ...large }).join(', ')}`);
    process.exit(2);
  }
}

const clock = new RealClock();
const figures: Figure[] = [];
let failed = false;
{
  await using bench = new Bench({ clock, quick: flags.quick, parent: flags.dir, scale: { nodes: Number(flags.nodes), pods: Number(flags.pods), podsPerSecond: Number(flags.rate), minutes: Number(flags.minutes) } });
  const stop = (code: number): void => void bench[Symbol.asyncDispose]().then(() => process.exit(code));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop(130));
  clock.setTimer(limitMs, () => stop(1), { unref: true });

  await bench.build();
  // The ceilings once more at the end: a machine that others use changes in between.
  for (const [name, part] of [...Object.entries(parts), ...Object.entries(large).filter(([name]) => chosen.includes(name)), ['ceiling', ceiling] as const]) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    const startedMs = clock.monotonicMs();
    try {
      figures.push(...await part(bench));
    } catch (error) {
      failed = true;
      console.error(`${name}: ${(error as Error).message}`);
    }
    console.error(`${name}: ${((clock.monotonicMs() - startedMs) / 1000).toFixed(0)} s`);
  }
}
console.log(`${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, Node.js ${process.version}, load by ${generator}${flags.quick ? ', quick' : ''}`);
console.log(table(withShares(figures)));
process.exitCode = failed ? 1 : 0;
