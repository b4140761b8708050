import type { Bench } from '../bench.ts';
import { configMapBody, configMapsPath, ensureServiceAccount, podBody, podsPath } from '../load/objects.ts';
import { fill } from '../load/fill.ts';
import { startProgram } from '../program.ts';
import type { Figure } from '../table.ts';

/** Resident memory: of an empty server, of a cluster that has nothing to do, and of a server full of objects; and what that cluster costs though nothing happens. */
export async function memory(bench: Bench): Promise<Figure[]> {
  const settleMs = bench.quick ? 2000 : 10_000;
  const figures: Figure[] = [];
  const dataDir = bench.freshFolder();
  const empty = async (): Promise<number> => {
    await using server = await startProgram(bench, { command: 'apiserver', dataDir });
    await bench.clock.sleep(settleMs);
    return server.residentMb();
  };
  // The first start makes the certificates, and keeps what that takes.
  const first = await empty();
  figures.push({ name: 'memory, API server and store, empty', value: await empty(), note: `${settleMs / 1000} s after the second start; after the first ${first.toFixed(0)} MB` });
  {
    await using cluster = await startProgram(bench, { command: 'up', args: ['--runtime', 'simulated', '--nodes', '1'] });
    await cluster.complete;
    await bench.clock.sleep(settleMs);
    figures.push({ name: 'memory, one-node cluster (simulated), idle', value: cluster.residentMb(), note: `${settleMs / 1000} s after the start; without containerd` });
    // What a start leaves to be done is done by then; long enough for heartbeats, bookmarks and sweeps to come in their turn.
    await bench.clock.sleep(settleMs);
    const idleMs = bench.quick ? 20_000 : 60_000;
    const before = cluster.cpuMs();
    await bench.clock.sleep(idleMs);
    figures.push({ name: 'CPU, one-node cluster (simulated), idle', value: (100 * (cluster.cpuMs() - before)) / idleMs, note: `of one core, over ${idleMs / 1000} s` });
  }
  await using full = await startProgram(bench, { command: 'apiserver' });
  await ensureServiceAccount(full);
  await fill(full, podsPath, podBody, 18_000);
  await fill(full, configMapsPath, configMapBody, 20_000);
  figures.push({ name: 'memory, 18k pods and 20k ConfigMaps', value: full.residentMb(), note: 'right after creating them' });
  return figures;
}
