import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import { bytes, show, storeContract } from '../../contract.ts';
import { bytesOf, CompactedError, StoreUnavailableError } from '../../store.ts';
import type { Store, WriteResult } from '../../store.ts';
import { SqliteStore } from './sqlite-store.ts';

const root = mkdtempSync(join(tmpdir(), 'coxswain-sqlite-'));
after(() => rmSync(root, { recursive: true, force: true }));
let made = 0;

/** A path in a folder of its own that does not exist yet. */
function newPath(): string {
  return join(root, String(made++), 'store.db');
}

storeContract('sqlite', async () => await SqliteStore.open({ path: newPath() }));
storeContract('sqlite, its thread started', async () => await SqliteStore.open({ path: newPath(), awaitThread: true }));

async function put(store: Store, key: string, value: string): Promise<WriteResult> {
  return await store.write({ type: 'put', key, value: bytes(value) });
}

async function content(store: Store, revision?: number): Promise<string> {
  return (await store.list('', { ...(revision !== undefined && { revision }) })).entries.map(show).join(' ');
}

/** A store's file with a little content, closed. */
async function madeStore(): Promise<string> {
  const path = newPath();
  await using store = await SqliteStore.open({ path });
  await Promise.all(Array.from({ length: 200 }, async (_, i) => await put(store, `/k/${i}`, 'v'.repeat(300))));
  return path;
}

/** Rejects with one line that matches. */
async function refused(path: string, line: RegExp): Promise<void> {
  await assert.rejects(SqliteStore.open({ path }), (error) => {
    assert.ok(error instanceof StoreUnavailableError, String(error));
    assert.match(error.message, line);
    assert.doesNotMatch(error.message, /\n/);
    assert.ok(error.message.includes(path));
    return true;
  });
}

describe('sqlite store: across restarts', () => {
  test('content, revisions and history come back', async () => {
    const path = newPath();
    {
      await using store = await SqliteStore.open({ path });
      await put(store, '/a', '1');
      await put(store, '/b', '1');
      await put(store, '/a', '2');
      await store.write({ type: 'delete', key: '/b' });
    }
    assert.equal(existsSync(`${path}-wal`), false);
    await using store = await SqliteStore.open({ path });
    assert.equal(store.revision, 5);
    assert.equal(await content(store), '/a=2@2/4');
    assert.equal(await content(store, 3), '/a=1@2/2 /b=1@3/3');
    const events: string[] = [];
    await store.watch('', { fromRevision: 4, signal: new AbortController().signal }, (batch) => {
      for (const event of batch) events.push(`${event.type} ${show(event.previous)}`);
    });
    assert.deepEqual(events, ['put /a=1@2/2', 'delete /b=1@3/3']);
    const result = await put(store, '/b', 'new');
    assert.ok(result.ok && result.revision === 6);
  });

  test('compaction holds, and the revision never goes back', async () => {
    const path = newPath();
    {
      await using store = await SqliteStore.open({ path });
      await put(store, '/a', '1');
      await put(store, '/b', '1');
      await put(store, '/a', '2');
      await store.write({ type: 'delete', key: '/a' });
      await store.compact(5);
      await store.trimmed();
    }
    await using store = await SqliteStore.open({ path });
    assert.equal(store.revision, 5);
    assert.equal(store.compactedRevision, 5);
    assert.equal(await content(store), '/b=1@3/3');
    await assert.rejects(store.get('/b', { revision: 4 }), CompactedError);
    await put(store, '/b', '2');
    assert.equal(await content(store, 5), '/b=1@3/3');
    assert.equal(await content(store), '/b=2@3/6');
  });

  test('an interrupted compaction is finished', async () => {
    const path = await madeStore();
    {
      await using store = await SqliteStore.open({ path });
      for (let i = 0; i < 50; i++) await store.write({ type: i % 2 === 0 ? 'delete' : 'put', key: `/k/${i}`, value: bytes('new') });
    }
    const query = (sql: string): number => {
      const database = new DatabaseSync(path);
      const row = database.prepare(sql).get();
      database.close();
      return Number(row?.['n']);
    };
    // As if the process had been killed after it noted the compacted revision: all rows are still there.
    query("UPDATE meta SET value = 241 WHERE name = 'compacted_revision'");
    assert.equal(query('SELECT count(*) AS n FROM entries'), 250);
    {
      await using store = await SqliteStore.open({ path });
      assert.equal(store.revision, 251);
      assert.equal(await store.count('/k/'), 175);
      assert.equal(show(await store.get('/k/1')), '/k/1=new@3/203');
      assert.equal(await store.get('/k/2'), undefined);
      assert.equal((await store.list('/k/', { revision: 241 })).entries.length, 180);
      await store.trimmed();
    }
    assert.equal(query('SELECT count(*) AS n FROM entries'), 190);
  });

  test('compaction gives space back', async () => {
    await using store = await SqliteStore.open({ path: newPath() });
    const value = new Uint8Array(100_000).fill(1);
    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 20 }, async (_, i) => await store.write({ type: 'put', key: `/${i}`, value })));
    }
    const before = await store.sizeBytes();
    assert.ok(before > 20_000_000);
    await store.compact(store.revision);
    await store.trimmed();
    assert.ok((await store.sizeBytes()) < before / 3, `${before} -> ${await store.sizeBytes()}`);
    assert.equal((await store.list('/')).entries.every((entry) => bytesOf(entry.value).byteLength === 100_000), true);
  });

  test('writes go on while space is freed', async () => {
    await using store = await SqliteStore.open({ path: newPath() });
    for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 1000 }, async (_, i) => await put(store, `/${i}`, 'v')));
    await store.compact(store.revision);
    await Promise.all(Array.from({ length: 500 }, async (_, i) => await put(store, `/${i}`, 'w')));
    await store.trimmed();
    assert.equal(await store.count('/'), 1000);
    assert.equal(store.revision, 10_501);
  });

  test('files are readable by their owner only', async () => {
    const path = newPath();
    await using store = await SqliteStore.open({ path });
    await put(store, '/a', '1');
    for (const suffix of ['', '-wal', '-lock']) assert.equal(statSync(path + suffix).mode & 0o777, 0o600, suffix);
    assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700);
  });
});

describe('sqlite store: what cannot be opened', () => {
  test('a store that is in use', async () => {
    const path = newPath();
    await using store = await SqliteStore.open({ path });
    await refused(path, /is in use by another process: stop it/);
    const other = spawnSync(process.execPath, ['--input-type=module', '-e', `
      import { SqliteStore } from ${JSON.stringify(new URL('./sqlite-store.ts', import.meta.url).href)};
      await SqliteStore.open({ path: ${JSON.stringify(path)} }).catch((error) => console.log(error.message));`], { encoding: 'utf8' });
    assert.match(other.stdout, /is in use by another process/, other.stderr);
    assert.ok((await put(store, '/a', '1')).ok);
    await store[Symbol.asyncDispose]();
    await using again = await SqliteStore.open({ path });
    assert.equal(again.revision, 2);
  });

  test('a damaged file', async () => {
    const sound = await madeStore();
    const damages: [name: string, damage: (path: string) => void][] = [
      ['garbage', (path) => writeFileSync(path, 'x'.repeat(50_000))],
      ['text', (path) => writeFileSync(path, 'hello')],
      ['half of it', (path) => truncateSync(path, statSync(path).size / 2)],
      ['zeros in the middle', (path) => writeFileSync(path, readFileSync(path).fill(0, 3 * 8192 + 100, 6 * 8192))],
    ];
    for (const [name, damage] of damages) {
      const path = newPath();
      mkdirSync(join(path, '..'));
      cpSync(sound, path);
      damage(path);
      const before = readFileSync(path);
      await refused(path, /is damaged \(.*\): restore it from a backup/);
      assert.ok(readFileSync(path).equals(before), `${name}: the file is left as it was`);
    }
  });

  test('a missing revision', async () => {
    const path = await madeStore();
    const database = new DatabaseSync(path);
    database.exec('DELETE FROM entries WHERE revision = 50');
    database.close();
    await refused(path, /is damaged \(revision 50 is missing\)/);
  });

  test('a database of another program', async () => {
    const path = newPath();
    mkdirSync(join(path, '..'));
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE kine (id INTEGER)');
    database.close();
    await refused(path, /is a database of another program/);
  });

  test('a newer layout', async () => {
    const path = await madeStore();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 9');
    database.close();
    await refused(path, /was written by a newer Coxswain \(layout 9, known: 1\)/);
  });

  test('a folder that cannot be made, and a folder in place of the file', async () => {
    const file = newPath();
    mkdirSync(join(file, '..'));
    writeFileSync(file, '');
    await refused(join(file, 'below', 'store.db'), /cannot use .* check that its folder is writable/);
    const folder = newPath();
    mkdirSync(folder, { recursive: true });
    await refused(folder, /check that its folder is writable/);
  });

  test('a folder that is read-only', { skip: process.getuid?.() === 0 && 'root may write anywhere' }, async () => {
    const path = await madeStore();
    chmodSync(join(path, '..'), 0o500);
    await refused(path, /check that its folder is writable/);
    chmodSync(join(path, '..'), 0o700);
    chmodSync(path, 0o400);
    await refused(path, /check that its folder is writable/);
  });

  test('a start that was killed before its first commit', async () => {
    const path = newPath();
    mkdirSync(join(path, '..'));
    writeFileSync(path, '');
    await using store = await SqliteStore.open({ path });
    assert.equal(store.revision, 1);
  });
});

describe('sqlite store: a commit that fails', () => {
  for (const [name, awaitThread] of [['in the thread', true], ['on the main thread', false]] as const) {
    test(`no space left, ${name}`, async () => {
      const path = newPath();
      {
        await using store = await SqliteStore.open({ path, maxBytes: 1_000_000, awaitThread });
        await put(store, '/before', '1');
        const revision = store.revision;
        let seen = 0;
        await store.watch('', { signal: new AbortController().signal }, (events) => (seen += events.length));
        const big = new Uint8Array(300_000);
        const outcomes = await Promise.allSettled([
          ...Array.from({ length: 5 }, async (_, i) => await store.write({ type: 'put', key: `/big/${i}`, value: big })),
          store.write({ type: 'put', key: '/big/0', value: big, expectedRevision: 0 }),
        ]);
        for (const outcome of outcomes) {
          assert.ok(outcome.status === 'rejected' && outcome.reason instanceof StoreUnavailableError);
          assert.match(outcome.reason.message, /no space left for .*: free some space/);
        }
        await assert.rejects(put(store, '/later', '1'), /no space left/);
        assert.equal(seen, 0);
        assert.equal(store.revision, revision);
        assert.equal(await store.get('/big/0'), undefined);
        assert.equal(show(await store.get('/before')), '/before=1@2/2');
      }
      await using store = await SqliteStore.open({ path });
      assert.equal(await store.count('/big/'), 0);
      assert.ok((await put(store, '/later', '1')).ok);
    });
  }
});
