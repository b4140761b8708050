/**
 * The store's figures: durable writes per second, reads per second, and how long a start takes.
 * `node bench/store.ts [--store sqlite|memory] [--dir FOLDER]`
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RealClock } from '../src/base/real-clock.ts';
import { MemoryStore } from '../src/store/drivers/memory/memory-store.ts';
import { SqliteStore } from '../src/store/drivers/sqlite/sqlite-store.ts';
import { bytesOf } from '../src/store/store.ts';
import type { Store } from '../src/store/store.ts';

const { values: flags } = parseArgs({
  options: { store: { type: 'string', default: 'sqlite' }, dir: { type: 'string', default: tmpdir() }, keys: { type: 'string', default: '100000' } },
});
const clock = new RealClock();
const folder = await mkdtemp(join(flags.dir, 'coxswain-bench-'));
const path = join(folder, 'store.db');
const open = async (): Promise<Store> => (flags.store === 'memory' ? MemoryStore.open() : await SqliteStore.open({ path }));
const value = (): Uint8Array => new Uint8Array(1024).fill(0x61);
const rss = (): string => `${Math.round(process.memoryUsage.rss() / 1e6)} MB`;

async function timed(name: string, operations: number, body: () => Promise<unknown>): Promise<void> {
  const start = clock.monotonicMs();
  await body();
  const ms = clock.monotonicMs() - start;
  const rate = operations === 1 ? '' : `, ${Math.round((operations / ms) * 1000).toLocaleString('en')}/s`;
  console.log(`${name.padEnd(44)} ${ms.toFixed(1)} ms${rate}`);
}

/** `writers` loops, each waiting for its write before the next one; for about `forMs`. */
async function writing(writers: number, forMs: number): Promise<void> {
  const latenciesMs: number[] = [];
  // Holds the newest values, as the API server's watch cache does.
  const controller = new AbortController();
  const cache = new Map<string, Uint8Array>();
  await store.watch('/bench/', { signal: controller.signal }, (events) => {
    for (const event of events) if (event.type === 'put') cache.set(event.entry.key, bytesOf(event.entry.value));
  });
  const start = clock.monotonicMs();
  await Promise.all(Array.from({ length: writers }, async (_, writer) => {
    for (let n = 0; clock.monotonicMs() - start < forMs; n++) {
      const before = clock.monotonicMs();
      await store.write({ type: 'put', key: `/bench/${writer}/${n % 100}`, value: value() });
      latenciesMs.push(clock.monotonicMs() - before);
    }
  }));
  const ms = clock.monotonicMs() - start;
  controller.abort();
  latenciesMs.sort((a, b) => a - b);
  const at = (share: number): string => (latenciesMs[Math.floor(latenciesMs.length * share)] ?? 0).toFixed(2);
  const rate = Math.round((latenciesMs.length / ms) * 1000).toLocaleString('en');
  console.log(`${`durable writes of 1 KiB, ${writers} writers`.padEnd(44)} ${rate}/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
}

console.log(`${flags.store} store, node ${process.version}, rss ${rss()}`);
let store = await open();
await store[Symbol.asyncDispose]();
await rm(folder, { recursive: true });
await timed('open an empty store', 1, async () => (store = await open()));
await timed('first write', 1, async () => await store.write({ type: 'put', key: '/first', value: value() }));
await writing(16, 500);
for (const writers of [1, 16, 256]) await writing(writers, 2000);
console.log(`rss ${rss()}`);

const keys = Number(flags.keys);
await timed(`create ${keys} keys`, keys, async () => {
  for (let at = 0; at < keys; at += 1000) {
    await Promise.all(Array.from({ length: 1000 }, async (_, i) => await store.write({ type: 'put', key: `/many/${String((at + i) * 7919 % keys).padStart(8, '0')}`, value: value() })));
  }
});
await timed('get', 20_000, async () => {
  for (let i = 0; i < 20_000; i++) await store.get(`/many/${String((i * 31) % keys).padStart(8, '0')}`);
});
await timed('list, pages of 500', keys, async () => {
  for (let after = '', remaining = 1; remaining > 0; ) {
    const page = await store.list('/many/', { after, limit: 500 });
    after = page.entries.at(-1)!.key;
    remaining = page.remaining;
  }
});
await timed('list all', keys, async () => await store.list('/many/'));
await timed('count', 1, async () => await store.count('/many/'));
await timed('compact', 1, async () => await store.compact(store.revision));
console.log(`rss ${rss()}, ${((await store.sizeBytes()) / 1e6).toFixed(0)} MB stored, revision ${store.revision}`);
if (flags.store === 'sqlite') {
  await timed('close', 1, async () => await store[Symbol.asyncDispose]());
  await timed('open it again', 1, async () => (store = await open()));
  await timed('list all, cold', keys, async () => await store.list('/many/'));
  await timed('get, cold', 10_000, async () => {
    for (let i = 0; i < 10_000; i++) await store.get(`/bench/${i % 256}/${i % 100}`);
  });
}
await store[Symbol.asyncDispose]();
await rm(folder, { recursive: true, force: true });
