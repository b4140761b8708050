import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SeededRandom } from '../base/random.ts';
import { bytesOf, CompactedError, FutureRevisionError, StoreUnavailableError } from './store.ts';
import type { Encodable, Entry, Store, StoreEvent, WriteResult } from './store.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes of a text, as a test's value. */
export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** An entry as one readable line: `key=value@createRevision/modRevision`. */
export function show(entry: Entry | undefined): string {
  return entry === undefined ? 'nothing' : `${entry.key}=${decoder.decode(bytesOf(entry.value))}@${entry.createRevision}/${entry.modRevision}`;
}

/** An event as one readable line. */
export function showEvent(event: StoreEvent): string {
  return event.type === 'put'
    ? `put ${show(event.entry)} was ${show(event.previous)}`
    : `delete ${event.key}@${event.revision} was ${show(event.previous)}`;
}

async function put(store: Store, key: string, value: string, expectedRevision?: number): Promise<WriteResult> {
  return await store.write({ type: 'put', key, value: bytes(value), ...(expectedRevision !== undefined && { expectedRevision }) });
}

async function remove(store: Store, key: string, expectedRevision?: number): Promise<WriteResult> {
  return await store.write({ type: 'delete', key, ...(expectedRevision !== undefined && { expectedRevision }) });
}

async function keys(store: Store, prefix: string, options = {}): Promise<string[]> {
  return (await store.list(prefix, options)).entries.map((entry) => entry.key);
}

/** Collects what a watch delivers until the returned function is called. */
async function collect(store: Store, prefix: string, fromRevision?: number): Promise<{ events: string[]; batches: string[][]; stop(): void }> {
  const controller = new AbortController();
  const events: string[] = [];
  const batches: string[][] = [];
  await store.watch(prefix, { signal: controller.signal, ...(fromRevision !== undefined && { fromRevision }) }, (batch) => {
    batches.push(batch.map(showEvent));
    events.push(...batch.map(showEvent));
  });
  return { events, batches, stop: () => controller.abort() };
}

/** What every store must do. `open` gives a new, empty store each time. */
export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(`store contract: ${name}`, () => {
    test('an empty store stands at revision 1', async () => {
      await using store = await open();
      assert.equal(store.revision, 1);
      assert.equal(store.compactedRevision, 0);
      assert.equal(await store.get('/a'), undefined);
      assert.deepEqual(await store.list('/'), { revision: 1, entries: [], remaining: 0 });
      assert.equal(await store.count(''), 0);
    });

    test('compare-and-swap', async () => {
      await using store = await open();
      const steps: [action: () => Promise<WriteResult>, outcome: string][] = [
        [() => put(store, '/a', 'one', 7), 'refused nothing'],
        [() => put(store, '/a', 'one', 0), 'ok 2 nothing'],
        [() => put(store, '/a', 'two', 0), 'refused /a=one@2/2'],
        [() => put(store, '/a', 'two', 1), 'refused /a=one@2/2'],
        [() => put(store, '/a', 'two', 2), 'ok 3 /a=one@2/2'],
        [() => put(store, '/a', 'three'), 'ok 4 /a=two@2/3'],
        [() => remove(store, '/a', 3), 'refused /a=three@2/4'],
        [() => remove(store, '/a', 0), 'refused /a=three@2/4'],
        [() => remove(store, '/a', 4), 'ok 5 /a=three@2/4'],
        [() => remove(store, '/a'), 'refused nothing'],
        [() => remove(store, '/a', 5), 'refused nothing'],
        [() => put(store, '/a', 'again', 5), 'refused nothing'],
        [() => put(store, '/a', 'again'), 'ok 6 nothing'],
        [() => remove(store, '/a'), 'ok 7 /a=again@6/6'],
      ];
      for (const [action, outcome] of steps) {
        const result = await action();
        assert.equal(result.ok ? `ok ${result.revision} ${show(result.previous)}` : `refused ${show(result.current)}`, outcome);
      }
      assert.equal(store.revision, 7);
    });

    test('writes see those called before them, committed or not', async () => {
      await using store = await open();
      const results = await Promise.all([put(store, '/a', '1', 0), put(store, '/a', '2', 2), put(store, '/a', '3', 2), remove(store, '/a', 3), put(store, '/a', '4', 0)]);
      assert.deepEqual(results.map((result) => (result.ok ? result.revision : show(result.current))), [2, 3, '/a=2@2/3', 4, 5]);
      assert.equal(show(await store.get('/a')), '/a=4@5/5');
    });

    test('a refusal is told only when what refused it can be read', async () => {
      await using store = await open();
      void put(store, '/a', '1', 0);
      const refused = await put(store, '/a', '2', 0);
      assert.equal(refused.ok, false);
      assert.equal(show(await store.get('/a')), '/a=1@2/2');
    });

    test('reads at a revision', async () => {
      await using store = await open();
      await put(store, '/a', '1');
      await put(store, '/b', '1');
      await put(store, '/a', '2');
      await remove(store, '/b');
      await put(store, '/b', '2');
      const at = async (revision: number): Promise<string> => (await store.list('/', { revision })).entries.map(show).join(' ');
      assert.equal(await at(1), '');
      assert.equal(await at(2), '/a=1@2/2');
      assert.equal(await at(3), '/a=1@2/2 /b=1@3/3');
      assert.equal(await at(4), '/a=2@2/4 /b=1@3/3');
      assert.equal(await at(5), '/a=2@2/4');
      assert.equal(await at(6), '/a=2@2/4 /b=2@6/6');
      assert.equal(show(await store.get('/b', { revision: 4 })), '/b=1@3/3');
      assert.equal(await store.get('/b', { revision: 5 }), undefined);
      assert.equal((await store.list('/', { revision: 3 })).revision, 3);
    });

    test('a future revision is an error that names the current one', async () => {
      await using store = await open();
      await put(store, '/a', '1');
      const isFuture = (error: unknown): boolean => error instanceof FutureRevisionError && error.currentRevision === 2;
      await assert.rejects(store.get('/a', { revision: 3 }), isFuture);
      await assert.rejects(store.list('/', { revision: 3 }), isFuture);
      await assert.rejects(store.compact(3), isFuture);
    });

    test('a prefix is not a folder', async () => {
      await using store = await open();
      for (const key of ['/a/1', '/a', '/ab', '/a0', '/a/2', '/b']) await put(store, key, '');
      assert.deepEqual(await keys(store, '/a/'), ['/a/1', '/a/2']);
      assert.deepEqual(await keys(store, '/a'), ['/a', '/a/1', '/a/2', '/a0', '/ab']);
      assert.deepEqual(await keys(store, ''), ['/a', '/a/1', '/a/2', '/a0', '/ab', '/b']);
      assert.equal(await store.count('/a/'), 2);
      assert.equal(await store.count('/c'), 0);
    });

    test('pages at one revision while the store goes on', async () => {
      await using store = await open();
      await Promise.all(Array.from({ length: 25 }, (_, i) => put(store, `/p/${String(i).padStart(2, '0')}`, '')));
      const first = await store.list('/p/', { limit: 10 });
      assert.deepEqual([first.entries.length, first.remaining, first.revision], [10, 15, 26]);
      await remove(store, '/p/15');
      await put(store, '/p/155', '');
      await put(store, '/p/99', '');
      const rest: string[] = [];
      let after = first.entries.at(-1)!.key;
      for (const expectedRemaining of [5, 0]) {
        const page = await store.list('/p/', { limit: 10, after, revision: first.revision });
        assert.equal(page.remaining, expectedRemaining);
        rest.push(...page.entries.map((entry) => entry.key));
        after = page.entries.at(-1)!.key;
      }
      assert.deepEqual(rest, Array.from({ length: 15 }, (_, i) => `/p/${i + 10}`));
      const now = await store.list('/p/', { limit: 10, after: '/p/09' });
      assert.deepEqual([now.entries[5]!.key, now.entries[6]!.key, now.remaining], ['/p/155', '/p/16', 6]);
      assert.deepEqual((await store.list('/p/', { after: '/p/99' })).entries, []);
      assert.deepEqual((await store.list('/p/', { after: '/z' })), { revision: store.revision, entries: [], remaining: 0 });
      assert.equal((await store.list('/p/', { after: '/a', limit: 0 })).entries.length, 26);
    });

    test('keys are ordered by their UTF-8 bytes', async () => {
      await using store = await open();
      // U+FF5E sorts before U+1F680 in UTF-8, after it in UTF-16.
      const ordered = ['/k/', '/k/A', '/k/a', '/k/a b', '/k/ä', '/k/ä/1', '/k/日本', '/k/\ue000', '/k/\uff5e', '/k/\uffff', '/k/🚀', '/k/🚀/1', '/k/🚀2', '/k/\u{10ffff}'];
      for (const key of ordered.toReversed()) await put(store, key, key);
      assert.deepEqual(await keys(store, '/k/'), ordered);
      assert.deepEqual(await keys(store, '/k/🚀'), ['/k/🚀', '/k/🚀/1', '/k/🚀2']);
      assert.deepEqual(await keys(store, '/k/', { after: '/k/\uffff', limit: 2 }), ['/k/🚀', '/k/🚀/1']);
      assert.equal(await store.count('/k/\u{10ffff}'), 1);
      assert.equal(decoder.decode(bytesOf((await store.get('/k/🚀/1'))!.value)), '/k/🚀/1');
      const watch = await collect(store, '/k/🚀', 2);
      assert.equal(watch.events.length, 3);
      watch.stop();
    });

    test('keys that no driver can hold are refused', async () => {
      await using store = await open();
      for (const key of ['', '/a\0b', '/a\ud800']) await assert.rejects(put(store, key, ''), RangeError);
      assert.equal(store.revision, 1);
    });

    test('watch delivers live events under the prefix', async () => {
      await using store = await open();
      await put(store, '/w/a', '0');
      const watch = await collect(store, '/w/');
      await put(store, '/w/a', '1');
      await put(store, '/x', 'elsewhere');
      await remove(store, '/w/a');
      await put(store, '/w/b', '2');
      watch.stop();
      await put(store, '/w/c', 'unseen');
      assert.deepEqual(watch.events, ['put /w/a=1@2/3 was /w/a=0@2/2', 'delete /w/a@5 was /w/a=1@2/3', 'put /w/b=2@6/6 was nothing']);
      assert.ok(watch.batches.every((batch) => batch.length > 0));
    });

    test('watch replays from a revision, then goes on without a gap or a repetition', async () => {
      await using store = await open();
      await put(store, '/w/a', '0');
      await put(store, '/w/a', '1');
      await remove(store, '/w/a');
      const uncommitted = [put(store, '/w/b', '2'), put(store, '/w/c', '3')];
      const watch = await collect(store, '/w/', 3);
      await Promise.all(uncommitted);
      await put(store, '/w/d', '4');
      watch.stop();
      assert.deepEqual(watch.events, [
        'put /w/a=1@2/3 was /w/a=0@2/2',
        'delete /w/a@4 was /w/a=1@2/3',
        'put /w/b=2@5/5 was nothing',
        'put /w/c=3@6/6 was nothing',
        'put /w/d=4@7/7 was nothing',
      ]);
    });

    test('watch from a future revision waits for it', async () => {
      await using store = await open();
      const watch = await collect(store, '', 4);
      for (const key of ['/a', '/b', '/c']) await put(store, key, '');
      watch.stop();
      assert.deepEqual(watch.events, ['put /c=@4/4 was nothing']);
    });

    test('an aborted signal watches nothing', async () => {
      await using store = await open();
      await put(store, '/a', '');
      await store.watch('', { fromRevision: 2, signal: AbortSignal.abort() }, () => assert.fail('must not be called'));
      await put(store, '/b', '');
    });

    test('events come in order, after they can be read, before their write resolves', async () => {
      await using store = await open();
      const seen: number[] = [];
      const controller = new AbortController();
      await store.watch('/', { signal: controller.signal }, (events, revision) => {
        assert.equal(store.revision, revision);
        for (const event of events) seen.push(event.type === 'put' ? event.entry.modRevision : event.revision);
        assert.equal(seen.at(-1), revision);
      });
      await Promise.all(Array.from({ length: 200 }, async (_, i) => {
        const result = await put(store, `/${i % 20}`, String(i));
        assert.ok(result.ok && seen.includes(result.revision) && store.revision >= result.revision);
      }));
      controller.abort();
      assert.deepEqual(seen, Array.from({ length: 200 }, (_, i) => i + 2));
    });

    test('a listener may write and watch', async () => {
      await using store = await open();
      const controller = new AbortController();
      const seen: string[] = [];
      const inner: string[] = [];
      const late: Promise<unknown>[] = [];
      await store.watch('/', { signal: controller.signal }, (events) => {
        for (const event of events) {
          seen.push(showEvent(event));
          if (event.type !== 'put' || event.entry.key !== '/a') continue;
          late.push(put(store, '/b', ''));
          late.push(store.watch('/', { signal: controller.signal, fromRevision: 2 }, (more) => inner.push(...more.map(showEvent))));
        }
      });
      await put(store, '/a', '');
      await Promise.all(late);
      controller.abort();
      assert.deepEqual(seen, ['put /a=@2/2 was nothing', 'put /b=@3/3 was nothing']);
      assert.deepEqual(inner, seen);
    });

    test('many writers increment counters without losing one', async () => {
      await using store = await open();
      const random = new SeededRandom(7);
      let refused = 0;
      await Promise.all(Array.from({ length: 64 }, async () => {
        for (let done = 0; done < 10; ) {
          const key = `/counter/${Math.floor(random.float() * 8)}`;
          const before = await store.get(key);
          const next = before === undefined ? 1 : Number(decoder.decode(bytesOf(before.value))) + 1;
          const result = await put(store, key, String(next), before?.modRevision ?? 0);
          if (result.ok) done++;
          else refused++;
        }
      }));
      const { entries } = await store.list('/counter/');
      assert.equal(entries.reduce((sum, entry) => sum + Number(decoder.decode(bytesOf(entry.value))), 0), 640);
      assert.equal(store.revision, 641);
      assert.ok(refused > 0);
    });

    test('big values', async () => {
      await using store = await open();
      const value = Uint8Array.from({ length: 1.5 * 1024 * 1024 }, (_, i) => i * 31);
      await Promise.all(Array.from({ length: 8 }, (_, i) => store.write({ type: 'put', key: `/big/${i}`, value })));
      await put(store, '/big/0', 'small');
      assert.deepEqual((await store.get('/big/7'))!.value, value);
      assert.deepEqual((await store.get('/big/0', { revision: 9 }))!.value, value);
      await put(store, '/big/empty', '');
      assert.equal(bytesOf((await store.get('/big/empty'))!.value).byteLength, 0);
      assert.ok((await store.sizeBytes()) > 8 * value.byteLength);
    });

    test('a value that is a view of a larger buffer', async () => {
      await using store = await open();
      const buffer = bytes('0123456789'.repeat(100));
      await store.write({ type: 'put', key: '/view', value: buffer.subarray(3, 6) });
      assert.equal(show(await store.get('/view')), '/view=345@2/2');
    });

    test('a value that makes its bytes when it is asked for them', async () => {
      await using store = await open();
      let asked = 0;
      const made = bytes('made');
      const value: Encodable = { size: made.length, get bytes() { asked++; return made; } };
      const seen: boolean[] = [];
      const stop = new AbortController();
      await store.watch('/', { signal: stop.signal }, (events) => { for (const event of events) seen.push(event.type === 'put' && event.entry.value === value); });
      const writing = store.write({ type: 'put', key: '/made', value });
      const askedThen = asked;
      await writing;
      stop.abort();
      // Whoever follows finds the very value; whoever needs its bytes has asked before it waited.
      assert.deepEqual(seen, [true]);
      assert.equal(asked > 0, askedThen > 0);
      assert.equal(show(await store.get('/made')), '/made=made@2/2');
      assert.equal(show((await store.write({ type: 'delete', key: '/made' }) as { previous?: Entry }).previous), '/made=made@2/2');
    });

    test('compaction keeps the present and forgets the past', async () => {
      await using store = await open();
      await put(store, '/a', '1');
      await put(store, '/a', '2');
      await put(store, '/b', '1');
      await remove(store, '/b');
      await put(store, '/c', '1');
      await put(store, '/a', '3');
      await store.compact(5);
      assert.equal(store.compactedRevision, 5);
      assert.equal(store.revision, 7);
      const isCompacted = (error: unknown): boolean => error instanceof CompactedError && error.compactedRevision === 5;
      await assert.rejects(store.get('/a', { revision: 4 }), isCompacted);
      await assert.rejects(store.list('/', { revision: 2 }), isCompacted);
      await assert.rejects(collect(store, '/', 5), isCompacted);
      assert.equal((await store.list('/', { revision: 5 })).entries.map(show).join(' '), '/a=2@2/3');
      assert.equal((await store.list('/', { revision: 6 })).entries.map(show).join(' '), '/a=2@2/3 /c=1@6/6');
      const watch = await collect(store, '/', 6);
      watch.stop();
      assert.deepEqual(watch.events, ['put /c=1@6/6 was nothing', 'put /a=3@2/7 was /a=2@2/3']);
      await store.compact(3);
      assert.equal(store.compactedRevision, 5);
      await store.compact(7);
      assert.equal((await store.list('/')).entries.map(show).join(' '), '/a=3@2/7 /c=1@6/6');
      assert.equal((await store.list('/', { revision: 7, limit: 1 })).remaining, 1);
      assert.equal(show((await put(store, '/b', 'new', 0)).ok ? await store.get('/b') : undefined), '/b=new@8/8');
    });

    test('agrees with a simple model under random writes and compactions', async () => {
      await using store = await open();
      const random = new SeededRandom(20);
      const pick = (n: number): number => Math.floor(random.float() * n);
      /** The whole content at each revision. */
      const model = new Map<number, Map<string, string>>([[1, new Map()]]);
      for (let round = 0; round < 40; round++) {
        const writes: Promise<unknown>[] = [];
        for (let i = 0; i < 50; i++) {
          const revision = Math.max(...model.keys());
          const content = new Map(model.get(revision));
          const key = `/m/${pick(300)}`;
          if (random.float() < 0.6) content.set(key, String(i));
          else if (!content.delete(key)) continue;
          writes.push(content.has(key) ? put(store, key, String(i)) : remove(store, key));
          model.set(revision + 1, content);
        }
        await Promise.all(writes);
        if (round % 10 === 9) await store.compact(store.revision - pick(100));
        for (const revision of [store.revision, store.compactedRevision + pick(store.revision - store.compactedRevision)]) {
          if (revision === 0) continue;
          const expected = [...model.get(revision)!.keys()].sort().map((key) => `${key}=${model.get(revision)!.get(key)}`);
          const { entries } = await store.list('/m/', { revision });
          assert.deepEqual(entries.map((entry) => `${entry.key}=${decoder.decode(bytesOf(entry.value))}`), expected);
          const from = `/m/${pick(300)}`;
          const page = await store.list('/m/', { revision, after: from, limit: 5 });
          const wanted = entries.filter((entry) => entry.key > from);
          assert.deepEqual(page.entries.map(show), wanted.slice(0, 5).map(show));
          assert.equal(page.remaining, Math.max(0, wanted.length - 5));
        }
        assert.equal(await store.count('/m/1'), [...model.get(store.revision)!.keys()].filter((key) => key.startsWith('/m/1')).length);
      }
    });

    test('disposal waits for what was accepted, ends watches, and may be repeated', async () => {
      const store = await open();
      let delivered = 0;
      await store.watch('/', { signal: new AbortController().signal }, (events) => (delivered += events.length));
      const writes = Array.from({ length: 10 }, (_, i) => put(store, `/${i}`, ''));
      const disposals = [store[Symbol.asyncDispose](), store[Symbol.asyncDispose]()];
      const late = put(store, '/late', '');
      await assert.rejects(late, StoreUnavailableError);
      assert.ok((await Promise.all(writes)).every((result) => result.ok));
      assert.equal(delivered, 10);
      await Promise.all(disposals);
      await store[Symbol.asyncDispose]();
      await assert.rejects(store.get('/0'), StoreUnavailableError);
      await assert.rejects(store.list('/'), StoreUnavailableError);
    });
  });
}
