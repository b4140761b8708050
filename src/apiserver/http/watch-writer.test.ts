import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import test from 'node:test';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { HttpServer } from '../testing/https-server.ts';
import type { Outgoing } from './http-request.ts';
import { maxWatchBacklogBytes, WatchWriter } from './watch-writer.ts';

const line = (text: string, bytes = 0): Uint8Array => Buffer.from(`${text}${'.'.repeat(bytes)}\n`);
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(() => setImmediate(resolve)); });

/** A client that takes one piece at a time, when it is told to. */
class Client {
  readonly out: Outgoing;
  readonly writer: WatchWriter;
  received = '';
  #taken: (() => void)[] = [];

  constructor() {
    const stream = new Writable({
      highWaterMark: 16 * 1024,
      write: (chunk: Buffer, _encoding, callback) => {
        this.received += chunk.toString();
        this.#taken.push(callback);
      },
    });
    this.out = Object.assign(stream, { socket: null, chunkedEncoding: false }) as unknown as Outgoing;
    this.writer = new WatchWriter(this.out, new VirtualClock());
  }

  /** Takes what comes until nothing more does. */
  async read(): Promise<string[]> {
    for (let idle = 0; idle < 3; idle++) {
      await turn();
      const next = this.#taken.shift();
      if (next === undefined) continue;
      idle = 0;
      next();
    }
    return this.received.split('\n').slice(0, -1).map((text) => text.replace(/\.+$/, ''));
  }
}

test('what there is at the beginning is made as the client takes it; what happens meanwhile comes after it', async () => {
  const client = new Client();
  let made = 0;
  const lines = function* (): Iterable<Uint8Array> {
    for (; made < 100; made++) yield line(`initial ${made}`, 10_000);
  };
  client.writer.begin(lines());
  client.writer.write([line('change 1')]);
  await turn();
  assert.ok(made < 20, `${made} made before anybody took the first`);
  client.writer.write([line('change 2')]);
  assert.deepEqual(await client.read(), [...Array.from({ length: 100 }, (_, i) => `initial ${i}`), 'change 1', 'change 2']);
  client.writer.write([line('change 3')]);
  assert.equal((await client.read()).at(-1), 'change 3');
});

test('a watch that ends while its beginning is still being told tells it to the end', async () => {
  const client = new Client();
  client.writer.begin(Array.from({ length: 50 }, (_, i) => line(`initial ${i}`, 10_000)));
  client.writer.write([line('last')]);
  client.writer.end();
  let ended = false;
  void client.writer.ended.then(() => { ended = true; });
  await turn();
  assert.equal(ended, false);
  assert.equal((await client.read()).length, 51);
  assert.equal(ended, true);
});

for (const begun of [false, true]) {
  test(`whoever does not take what happens is dropped${begun ? ', in the beginning too' : ''}`, async () => {
    const client = new Client();
    if (begun) client.writer.begin(Array.from({ length: 50 }, (_, i) => line(`initial ${i}`, 10_000)));
    const piece = line('change', 1024 * 1024);
    let dropped = false;
    void client.writer.ended.then(() => { dropped = true; });
    let sent = 0;
    for (; !dropped && sent < 2 * maxWatchBacklogBytes; sent += piece.length) {
      client.writer.write([piece]);
      await turn();
    }
    assert.ok(sent > maxWatchBacklogBytes && sent < maxWatchBacklogBytes + 4 * piece.length, `dropped after ${sent} bytes`);
    assert.equal(client.out.destroyed, true);
  });
}

test('a large collection over HTTPS', async () => {
  await using http = await HttpServer.start();
  const configMaps = '/api/v1/namespaces/default/configmaps';
  const names = Array.from({ length: 8 }, (_, i) => `c${i}`);
  for (const name of names) await http.api.create(configMaps, { metadata: { name }, data: { big: 'x'.repeat(200_000) } });
  const count = names.length + 1;
  const watch = await http.stream(`${configMaps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`, {}, (bytes) => bytes.toString().split('\n').length > count);
  const events = watch.text.split('\n').slice(0, count).map((text) => JSON.parse(text) as { type: string; object: { metadata: { name?: string } } });
  assert.deepEqual(events.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`.trim()), [...names.map((name) => `ADDED ${name}`), 'BOOKMARK']);
});
