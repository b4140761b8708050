/**
 * Writes under load until it is killed, and says of each write that was acknowledged, after it was: one line
 * `WRITER SEQUENCE REVISION .` (a line without its dot was cut off by the kill). Arguments: path of the store, first sequence number, number of writers.
 */
import { writeSync } from 'node:fs';
import { SqliteStore } from '../../src/store/drivers/sqlite/sqlite-store.ts';
import { isDelete, keyOf, valueOf } from './kill-load.ts';

const [path = '', first = '0', writers = '1'] = process.argv.slice(2);
const store = await SqliteStore.open({ path });
const known = new Map((await store.list('/')).entries.map((entry) => [entry.key, entry.modRevision]));

let unsaid = '';

/** What one commit acknowledged is in the pipe, as one piece, before anything else is done. */
function say(line: string): void {
  if (unsaid === '') queueMicrotask(sayAll);
  unsaid += `${line} .\n`;
}

/** Synchronous. Waits while the pipe is full. */
function sayAll(): void {
  const said = unsaid;
  unsaid = '';
  for (let bytes = Buffer.from(said); bytes.length > 0; ) {
    try {
      bytes = bytes.subarray(writeSync(1, bytes));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}

async function write(writer: number, sequence: number): Promise<void> {
  const key = keyOf(writer, sequence);
  const expectedRevision = known.get(key) ?? 0;
  const deletes = isDelete(sequence) && expectedRevision > 0;
  const result = await store.write(deletes
    ? { type: 'delete', key, expectedRevision }
    : { type: 'put', key, value: valueOf(writer, sequence), expectedRevision });
  if (!result.ok) throw new Error(`${key}: expected revision ${expectedRevision}, found ${result.current?.modRevision}`);
  if (deletes) known.delete(key);
  else known.set(key, result.revision);
  say(`${writer} ${sequence} ${result.revision}`);
}

async function compacting(): Promise<void> {
  for (let last = store.revision; ; last = store.revision) {
    await new Promise<void>((resolve, reject) => {
      const controller = new AbortController();
      store.watch('/', { signal: controller.signal }, (_, revision) => {
        if (revision < last + 1500) return;
        controller.abort();
        resolve();
      }).catch(reject);
    });
    await store.compact(store.revision - 700);
  }
}

say('open');
await Promise.all([
  compacting(),
  ...Array.from({ length: Number(writers) }, async (_, writer) => {
    for (let sequence = Number(first); ; sequence++) await write(writer, sequence);
  }),
]);
