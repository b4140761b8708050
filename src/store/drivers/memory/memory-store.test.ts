import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, show, storeContract } from '../../contract.ts';
import { bytesOf, CompactedError } from '../../store.ts';
import type { Store } from '../../store.ts';
import { MemoryStore } from './memory-store.ts';

storeContract('memory', async () => MemoryStore.open());

async function content(store: Store): Promise<string> {
  return (await store.list('')).entries.map(show).join(' ');
}

test('a fork and its origin go their own ways', async () => {
  await using origin = MemoryStore.open();
  for (const key of ['/a', '/b', '/c']) await origin.write({ type: 'put', key, value: bytes('0') });
  await origin.write({ type: 'put', key: '/a', value: bytes('1') });
  await using fork = origin.fork();
  assert.equal(fork.revision, 5);
  await fork.write({ type: 'put', key: '/a', value: bytes('fork') });
  await fork.write({ type: 'delete', key: '/b' });
  await origin.write({ type: 'put', key: '/d', value: bytes('origin') });
  await origin.write({ type: 'delete', key: '/c' });
  assert.equal(await content(fork), '/a=fork@2/6 /c=0@4/4');
  assert.equal(await content(origin), '/a=1@2/5 /b=0@3/3 /d=origin@6/6');
  await fork.compact(7);
  assert.equal(show(await origin.get('/a', { revision: 2 })), '/a=0@2/2');
  await origin.compact(7);
  assert.equal(await content(fork), '/a=fork@2/6 /c=0@4/4');
  assert.equal(await content(origin), '/a=1@2/5 /b=0@3/3 /d=origin@6/6');
});

test('a fork has no history before it', async () => {
  await using origin = MemoryStore.open();
  for (let i = 0; i < 3; i++) await origin.write({ type: 'put', key: '/a', value: bytes(String(i)) });
  await using fork = origin.fork();
  await assert.rejects(fork.get('/a', { revision: 3 }), CompactedError);
  assert.equal(show(await fork.get('/a', { revision: 4 })), '/a=2@2/4');
  await fork.write({ type: 'put', key: '/a', value: bytes('new') });
  assert.equal(show(await fork.get('/a', { revision: 4 })), '/a=2@2/4');
});

test('large forks share what neither side changes', async () => {
  await using origin = MemoryStore.open();
  await Promise.all(Array.from({ length: 5000 }, (_, i) => origin.write({ type: 'put', key: `/k/${i}`, value: bytes('0') })));
  const forks = Array.from({ length: 20 }, () => origin.fork());
  for (const [n, fork] of forks.entries()) {
    for (let i = n; i < 5000; i += 97) await fork.write({ type: i % 2 === 0 ? 'delete' : 'put', key: `/k/${i}`, value: bytes('x') });
  }
  assert.equal(await origin.count('/k/'), 5000);
  assert.ok((await origin.list('/k/')).entries.every((entry) => bytesOf(entry.value)[0] === 0x30));
  assert.equal(await forks[0]!.count('/k/'), 5000 - Math.ceil(5000 / 97 / 2));
});

test('history is bounded without being asked', async () => {
  await using store = MemoryStore.open({ historyLimit: 100 });
  for (let i = 0; i < 1000; i++) await store.write({ type: 'put', key: `/k/${i % 5}`, value: bytes(String(i)) });
  assert.ok(store.revision - store.compactedRevision <= 125);
  await assert.rejects(store.get('/k/0', { revision: 10 }), CompactedError);
  assert.ok((await store.sizeBytes()) < 130 * 200);
});

test('size follows what is kept', async () => {
  await using store = MemoryStore.open();
  for (let i = 0; i < 10; i++) await store.write({ type: 'put', key: '/k', value: bytes('v') });
  await store.write({ type: 'delete', key: '/k' });
  assert.ok((await store.sizeBytes()) > 1000);
  await store.compact(store.revision);
  assert.equal(await store.sizeBytes(), 0);
});

test('nobody asks a value for its bytes, and forks share it', async () => {
  await using origin = MemoryStore.open();
  const value = { size: 1000, get bytes(): Uint8Array { throw new Error('nobody wants them'); } };
  await origin.write({ type: 'put', key: '/k', value });
  await using fork = origin.fork();
  for (const store of [origin, fork]) {
    assert.equal((await store.get('/k'))!.value, value);
    assert.ok((await store.sizeBytes()) > 1000);
  }
  await origin.write({ type: 'put', key: '/k', value: bytes('') });
  assert.equal((await fork.list('/')).entries[0]!.value, value);
});
