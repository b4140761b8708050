import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { connect as connectHttp2 } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { after, before, describe, test } from 'node:test';
import { BadInputServer, configMaps, json } from './server.ts';

const auth = 'authorization: Bearer admin-token\r\n';

describe('connections that do not behave', () => {
  let server: BadInputServer;
  before(async () => { server = await BadInputServer.start(); });
  after(() => server[Symbol.asyncDispose]());

  test('requests that are none', async () => {
    for (const bytes of ['GARBAGE\r\n\r\n', '\0\0\0\0\r\n\r\n', 'GET\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', 'GET / HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n', 'GET / HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(1_100_000)}\r\n\r\n`, `GET /${'a'.repeat(1_100_000)} HTTP/1.1\r\nhost: a\r\n\r\n`, `POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n`]) {
      const answer = await server.exchange(bytes);
      // Who goes on sending what nobody reads may be cut off before the answer reaches it.
      assert.match(answer, bytes.length < 100_000 ? /^HTTP\/1\.1 4\d\d / : /^(HTTP\/1\.1 4\d\d |$)/, JSON.stringify(bytes.slice(0, 40)));
    }
    // Two lengths are how one request is smuggled inside another.
    for (const heads of ['content-length: 5\r\ntransfer-encoding: chunked\r\n', 'content-length: 5\r\ncontent-length: 6\r\n', 'transfer-encoding: chunked, identity\r\n']) {
      const answer = await server.exchange(`POST ${configMaps} HTTP/1.1\r\nhost: a\r\n${auth}${heads}\r\n0\r\n\r\nGET /api/v1/secrets HTTP/1.1\r\nhost: a\r\n\r\n`);
      assert.match(answer, /^HTTP\/1\.1 400 /, heads);
      assert.ok(!answer.includes('HTTP/1.1 200'), heads);
    }
  });

  test('many headers', async () => {
    const headers = Object.fromEntries(Array.from({ length: 700 }, (_, i) => [`x-${i}`, 'v'.repeat(100)]));
    const reply = await server.ask('GET', configMaps, { headers });
    assert.equal(reply.code, 200);
    const tooMany = await server.exchange(`GET ${configMaps} HTTP/1.1\r\nhost: a\r\n${'x: y\r\n'.repeat(2500)}\r\n`);
    assert.match(tooMany, /^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
    // A selector as long as a program may make it.
    const names = Array.from({ length: 5000 }, (_, i) => `name-${i}`).join(',');
    assert.equal((await server.ask('GET', `${configMaps}?labelSelector=${encodeURIComponent(`a in (${names})`)}`)).code, 200);
    const groups = await server.ask('GET', configMaps, { headers: { 'impersonate-user': 'somebody', 'impersonate-group': Array.from({ length: 500 }, (_, i) => `group-${i}`) } });
    assert.equal(groups.code, 403);
  });

  test('requests that stop in the middle take nothing with them', async () => {
    const halves = [
      'GET /api', `GET ${configMaps} HTTP/1.1\r\nhost: a\r\n`, `POST ${configMaps} HTTP/1.1\r\nhost: a\r\n${auth}content-type: application/json\r\ncontent-length: 1000\r\n\r\n{"metadata"`,
      `POST ${configMaps} HTTP/1.1\r\nhost: a\r\n${auth}transfer-encoding: chunked\r\n\r\n5\r\n{"a"`,
    ];
    const sockets: TLSSocket[] = [];
    for (let i = 0; i < 60; i++) {
      const socket = await server.raw();
      socket.resume();
      socket.write(halves[i % halves.length]!);
      sockets.push(socket);
    }
    await server.isWell();
    for (const [i, socket] of sockets.entries()) {
      if (i % 2 === 0) socket.destroy();
      else socket.end();
    }
    await Promise.all(sockets.map(async (socket) => socket.closed || once(socket, 'close')));
    await server.isWell();
  });

  test('upgrades to nothing', async () => {
    const upgrade = (path: string, head: string): Promise<string> => server.exchange(`GET ${path} HTTP/1.1\r\nhost: a\r\n${auth}connection: upgrade, close\r\n${head}\r\n`);
    const socketHead = 'upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: v5.channel.k8s.io\r\n';
    for (const [path, head, expected] of [
      ['/api/v1/namespaces/default/pods/none/exec?command=ls&stdout=1', socketHead, /^HTTP\/1\.1 404 /],
      ['/api/v1/namespaces/default/pods/none/exec?command=ls&stdout=1', 'upgrade: SPDY/3.1\r\nx-stream-protocol-version: v4.channel.k8s.io\r\n', /^HTTP\/1\.1 404 /],
      ['/api/v1/namespaces/default/pods/none/portforward', 'upgrade: SPDY/3.1\r\n', /^HTTP\/1\.1 404 /],
      [configMaps, socketHead, /^HTTP\/1\.1 [24]\d\d /],
      [configMaps, 'upgrade: h2c\r\n', /^HTTP\/1\.1 [24]\d\d /],
      ['/nope', socketHead, /^HTTP\/1\.1 4\d\d /],
      [`${configMaps}/%zz`, socketHead, /^HTTP\/1\.1 400 /],
    ] as const) assert.match(await upgrade(path, head), expected, `${path} ${head.slice(0, 30)}`);
    const weak = await server.exchange(`GET /api/v1/namespaces/default/pods/none/exec HTTP/1.1\r\nhost: a\r\nauthorization: Bearer weak-token\r\nconnection: upgrade\r\n${socketHead}\r\n`);
    assert.match(weak, /^HTTP\/1\.1 403 [\s\S]*cannot (get|create) resource \\"pods\/exec\\"/);
  });

  test('HTTP/2: streams opened and thrown away, and frames that are none', async () => {
    const session: ClientHttp2Session = connectHttp2(`https://127.0.0.1:${server.port}`, { rejectUnauthorized: false });
    session.on('error', () => {});
    await once(session, 'connect');
    for (let i = 0; i < 500 && !session.destroyed && !session.closed; i++) {
      const stream = session.request({ ':path': configMaps, authorization: 'Bearer admin-token' });
      stream.on('error', () => {});
      stream.close(8);
    }
    session.destroy();
    await server.isWell();

    const socket = await server.raw({ alpn: ['h2'] });
    assert.equal(socket.alpnProtocol, 'h2');
    const closed = once(socket, 'close');
    socket.resume();
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
    // A frame of 16 MiB of an unknown kind, then a header block that never ends.
    socket.write(Buffer.from([0xff, 0xff, 0xff, 0x99, 0, 0, 0, 0, 1]));
    socket.write(Buffer.alloc(70_000, 0x41));
    await closed;

    const large = connectHttp2(`https://127.0.0.1:${server.port}`, { rejectUnauthorized: false });
    large.on('error', () => {});
    const stream = large.request({ ':path': configMaps, ':method': 'POST', authorization: 'Bearer admin-token', 'content-type': 'application/json' });
    stream.on('error', () => {});
    const answered = once(stream, 'response') as Promise<[{ ':status': number }]>;
    const write = (): void => { while (!stream.destroyed && stream.writable && stream.write(Buffer.alloc(65_536, 0x20))); };
    stream.on('drain', write);
    write();
    assert.equal((await answered)[0][':status'], 413);
    large.destroy();
    await server.isWell();
  });

  test('a thousand watchers that do not read', { timeout: 60_000 }, async () => {
    const sessions: ClientHttp2Session[] = [];
    for (let i = 0; i < 4; i++) {
      const session = connectHttp2(`https://127.0.0.1:${server.port}`, { rejectUnauthorized: false });
      session.on('error', () => {});
      sessions.push(session);
    }
    const opened: Promise<unknown>[] = [];
    for (let i = 0; i < 1000; i++) {
      const stream = sessions[i % sessions.length]!.request({ ':path': `${configMaps}?watch=1`, authorization: 'Bearer admin-token' });
      stream.on('error', () => {});
      stream.pause();
      opened.push(once(stream, 'response'));
    }
    await Promise.all(opened);
    const beforeBytes = process.memoryUsage().rss;
    const data = 'x'.repeat(100_000);
    for (let i = 0; i < 40; i++) {
      const reply = await server.ask(i === 0 ? 'POST' : 'PUT', i === 0 ? configMaps : `${configMaps}/watched`, { headers: json, body: JSON.stringify({ metadata: { name: 'watched' }, data: { a: `${i}${data}` } }) });
      assert.ok(reply.code < 300);
    }
    // 4 MB of events for each of them: 4 GB, if each kept its own.
    const grownBytes = process.memoryUsage().rss - beforeBytes;
    assert.ok(grownBytes < 800_000_000, `${Math.round(grownBytes / 1e6)} MB`);
    await server.isWell();
    for (const session of sessions) session.destroy();
    await Promise.all(sessions.map(async (session) => session.closed || once(session, 'close')));
    await server.isWell();
  });

  test('a handshake that is none', async () => {
    const { connect } = await import('node:net');
    for (const bytes of ['GET / HTTP/1.1\r\n\r\n', Buffer.alloc(100_000), Buffer.from([0x16, 3, 1, 0xff, 0xff, 1, 2, 3])]) {
      const socket = connect(server.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.resume();
      const closed = new Promise<void>((resolve) => { socket.once('close', () => resolve()); });
      socket.end(bytes);
      await closed;
    }
    await server.isWell();
  });
});
