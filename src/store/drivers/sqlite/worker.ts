/**
 * The thread that writes. An entry point of its own: in a bundle it is built to `sqlite-worker.js`, beside the file that
 * holds the rest of the driver (see `workerUrl` in write-thread.ts).
 */
import { parentPort, workerData } from 'node:worker_threads';
import { connect, limitSize } from './database.ts';
import { toPlain } from './failure.ts';
import { unpackRows } from './messages.ts';
import type { Answer, Request, WorkerSettings } from './messages.ts';
import { Writer } from './writer.ts';

const { path, maxBytes, started } = workerData as WorkerSettings;
const port = parentPort!;
const database = connect(path);
if (maxBytes !== undefined) limitSize(database, maxBytes);
const writer = new Writer(database);

/** Whether there is more to do. */
function perform(request: Request): boolean {
  switch (request.type) {
    case 'commit':
      writer.commit(unpackRows(request.rows));
      return false;
    case 'mark-compacted':
      writer.markCompacted(request.revision);
      return false;
    case 'trim':
      writer.trim(request.revisions);
      return false;
    case 'vacuum':
      return writer.vacuum();
    case 'close':
      database.close();
      return false;
  }
}

function answer(message: Answer): void {
  port.postMessage(message);
}

port.on('message', (request: Request) => {
  try {
    answer({ ok: true, more: perform(request) });
  } catch (error) {
    answer({ ok: false, error: toPlain(error) });
  }
  if (request.type === 'close') port.close();
});
Atomics.store(started, 0, 1);
answer({ ok: true, more: false });
