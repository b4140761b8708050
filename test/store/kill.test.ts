import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';
import { SeededRandom } from '../../src/base/random.ts';
import { SqliteStore } from '../../src/store/drivers/sqlite/sqlite-store.ts';
import { bytesOf } from '../../src/store/store.ts';
import type { StoreEvent } from '../../src/store/store.ts';
import { isDelete, keyOf, sequenceOf, valueOf } from './kill-load.ts';

/** `COXSWAIN_KILLS=300` for the long run, `COXSWAIN_SEED` for another one. */
const kills = Number(process.env['COXSWAIN_KILLS'] ?? 200);
const seed = Number(process.env['COXSWAIN_SEED'] ?? 1);
const writers = 48;

interface Acknowledged {
  readonly writer: number;
  readonly sequence: number;
  readonly revision: number;
}

/** The child in one file, with the store's thread beside it: most of what a kill takes is to start what is killed. Returns its path. */
async function bundleChild(outdir: string): Promise<string> {
  const entryPoints = { child: join(import.meta.dirname, 'kill-child.ts'), 'sqlite-worker': join(import.meta.dirname, '../../src/store/drivers/sqlite/worker.ts') };
  await build({ entryPoints, outdir, bundle: true, platform: 'node', format: 'esm' });
  return join(outdir, 'child.js');
}

/** Starts the child, kills it after so many acknowledged writes (-1: at once, while it opens), returns all it acknowledged. */
async function writeUntilKilled(child: string, path: string, firstSequence: number, afterWrites: number): Promise<Acknowledged[]> {
  const process_ = spawn(process.execPath, [child, path, String(firstSequence), String(writers)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const acknowledged: Acknowledged[] = [];
  let errors = '';
  process_.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  if (afterWrites < 0) process_.once('spawn', () => process_.kill('SIGKILL'));
  const closed = once(process_, 'close');
  let cut = '';
  process_.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (cut + text).split('\n');
    cut = lines.pop() ?? '';
    for (const line of lines) {
      const words = line.split(' ');
      if (words.length === 4 && words[3] === '.') acknowledged.push({ writer: Number(words[0]), sequence: Number(words[1]), revision: Number(words[2]) });
    }
    if (acknowledged.length >= afterWrites) process_.kill('SIGKILL');
  });
  const [, signal] = (await closed) as [number | null, string | null];
  assert.equal(signal, 'SIGKILL', `the child ended by itself: ${errors}`);
  return acknowledged;
}

function revisionOf(event: StoreEvent): number {
  return event.type === 'put' ? event.entry.modRevision : event.revision;
}

/** What is wrong with the store, given what was acknowledged since the last look. */
async function problems(path: string, revisionBefore: number, acknowledged: readonly Acknowledged[]): Promise<{ lost: string[]; strange: string[]; revision: number }> {
  await using store = await SqliteStore.open({ path });
  const lost: string[] = [];
  const strange: string[] = [];
  const history = new Map<number, StoreEvent>();
  await store.watch('/', { fromRevision: Math.max(store.compactedRevision, revisionBefore) + 1, signal: new AbortController().signal }, (events) => {
    for (const event of events) history.set(revisionOf(event), event);
  });
  const revisions = new Set<number>();
  const lastSequence = new Map<number, number>();
  const newest = new Map<string, Acknowledged>();
  for (const write of acknowledged) {
    const { writer, sequence, revision } = write;
    if (revisions.has(revision) || revision <= revisionBefore) strange.push(`revision ${revision} was given twice`);
    revisions.add(revision);
    lastSequence.set(writer, sequence);
    newest.set(keyOf(writer, sequence), write);
    const event = history.get(revision);
    if (revision <= store.compactedRevision) continue;
    const key = event?.type === 'put' ? event.entry.key : event?.key;
    if (event === undefined || key !== keyOf(writer, sequence)) lost.push(`${keyOf(writer, sequence)} at ${revision}`);
    else if (event.type === 'put' && Buffer.compare(bytesOf(event.entry.value), valueOf(writer, sequence)) !== 0) strange.push(`${key} at ${revision} has another value`);
    else if (event.type === 'delete' && !isDelete(sequence)) strange.push(`${key} at ${revision} is deleted`);
  }
  // The present: what was acknowledged last, or the one write that its writer was waiting for.
  for (const [key, { writer, sequence, revision }] of newest) {
    const entry = await store.get(key);
    if (entry === undefined) {
      const wasWaiting = keyOf(writer, lastSequence.get(writer)! + 1) === key && isDelete(lastSequence.get(writer)! + 1);
      if (!isDelete(sequence) && !wasWaiting) lost.push(`${key}, acknowledged at ${revision}, is gone`);
      continue;
    }
    if (entry.modRevision < revision) lost.push(`${key} stands at ${entry.modRevision}, acknowledged at ${revision}`);
    const found = sequenceOf(bytesOf(entry.value));
    if (found !== sequence && found !== lastSequence.get(writer)! + 1) strange.push(`${key} holds write ${found}, expected ${sequence}`);
    if (Buffer.compare(bytesOf(entry.value), valueOf(writer, found)) !== 0) strange.push(`${key} is garbled`);
  }
  if (store.revision < Math.max(revisionBefore, ...revisions)) lost.push(`the store stands at ${store.revision}`);
  return { lost, strange, revision: store.revision };
}

test(`no acknowledged write is lost by ${kills} kills under load`, async (t) => {
  const random = new SeededRandom(seed);
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-kill-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const child = await bundleChild(join(folder, 'child'));
  let total = 0;
  const lost: string[] = [];
  const strange: string[] = [];
  let revision = 1;
  for (let kill = 0; kill < kills; kill++) {
    const path = join(folder, String(Math.floor(kill / 20)), 'store.db');
    if (kill % 20 === 0) revision = 1;
    // Some while it opens, some right after the first commits, most in full flight.
    const dice = random.float();
    const afterWrites = dice < 0.08 ? -1 : dice < 0.25 ? Math.floor(random.float() * 50) : Math.floor(random.float() * 1500);
    const acknowledged = await writeUntilKilled(child, path, kill * 1_000_000, afterWrites);
    const found = await problems(path, revision, acknowledged);
    revision = found.revision;
    total += acknowledged.length;
    lost.push(...found.lost.map((text) => `kill ${kill}: ${text}`));
    strange.push(...found.strange.map((text) => `kill ${kill}: ${text}`));
  }
  t.diagnostic(`${kills} kills, ${total} acknowledged writes, lost: ${lost.length}`);
  assert.deepEqual(lost.slice(0, 10), []);
  assert.deepEqual(strange.slice(0, 10), []);
  assert.ok(total > kills * 300);
});
