import assert from 'node:assert/strict';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { Duplex as DuplexStream } from 'node:stream';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { BrokenSessionError, dialPortForward, dialRemoteCommand } from './dial.ts';
import { servePortForward } from './serve-port-forward.ts';
import { serveRemoteCommand } from './serve-remote-command.ts';
import { SpdyConnection } from './spdy/connection.ts';
import type { SpdyStream } from './spdy/connection.ts';
import { headerDictionary } from './spdy/dictionary.ts';
import type { UpgradeRequest } from './streaming.ts';

/** A server on loopback that hands every upgrade to `serve`. */
async function serving(serve: (request: UpgradeRequest) => Promise<void>): Promise<{ url: string; [Symbol.asyncDispose](): Promise<void> }> {
  const server = createServer((_request, response) => response.writeHead(400).end('no upgrade'));
  server.on('upgrade', (request, socket, head) => {
    serve({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, socket, head }).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function text(stream: Readable): Promise<string> {
  let all = '';
  for await (const chunk of stream) all += String(chunk);
  return all;
}

/** A command that copies stdin to stdout, says so on stderr, and ends with the given code. */
async function cat(request: UpgradeRequest, exitCode: number): Promise<void> {
  const session = await serveRemoteCommand(request, { stdin: true, stdout: true, stderr: true, tty: false });
  session.stderr?.write('copying\n');
  for await (const chunk of session.stdin!) session.stdout!.write(chunk);
  await session.finish({ exitCode });
}

test('the SPDY dictionary is the one of the specification', () => {
  let a = 1;
  let b = 0;
  for (const byte of headerDictionary) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  assert.equal(((b * 65536 + a) >>> 0).toString(16), 'e3c6a7c2');
});

for (const exitCode of [0, 3]) {
  test(`a command over SPDY: streams are binary-safe and half-close, exit code ${exitCode} arrives`, async () => {
    await using server = await serving((request) => cat(request, exitCode));
    const command = await dialRemoteCommand(server.url, { stdin: true, stdout: true, stderr: true, tty: false });
    const sent = Buffer.alloc(3_000_000, 0x80);
    command.stdin!.end(sent);
    const chunks: Buffer[] = [];
    const errors = text(command.stderr!);
    for await (const chunk of command.stdout!) chunks.push(chunk as Buffer);
    assert.ok(Buffer.concat(chunks).equals(sent));
    assert.equal(await errors, 'copying\n');
    assert.deepEqual(await command.exit, { exitCode });
  });
}

test('a command over WebSocket v5: close of stdin, output and status on their channels', async () => {
  await using server = await serving((request) => cat(request, 7));
  const socket = new WebSocket(server.url, ['v5.channel.k8s.io', 'v4.channel.k8s.io']);
  const received = new Map<number, string>();
  socket.on('message', (data: Buffer) => received.set(data[0]!, (received.get(data[0]!) ?? '') + data.toString('utf8', 1)));
  await new Promise((resolve) => socket.once('open', resolve));
  assert.equal(socket.protocol, 'v5.channel.k8s.io');
  socket.send(Buffer.from('\x00hello'));
  socket.send(Buffer.from([255, 0]));
  await new Promise((resolve) => socket.once('close', resolve));
  assert.equal(received.get(1), 'hello');
  assert.equal(received.get(2), 'copying\n');
  const status = JSON.parse(received.get(3) ?? '') as { reason: string; details: { causes: { message: string }[] } };
  assert.equal(status.reason, 'NonZeroExitCode');
  assert.equal(status.details.causes[0]!.message, '7');
});

test('a terminal: resizes reach the command', async () => {
  const sizes: string[] = [];
  await using server = await serving(async (request) => {
    const session = await serveRemoteCommand(request, { stdin: true, stdout: true, stderr: false, tty: true });
    session.onResize((width, height) => {
      sizes.push(`${width}x${height}`);
      void session.finish({ exitCode: 0 });
    });
  });
  const command = await dialRemoteCommand(server.url, { stdin: true, stdout: true, stderr: false, tty: true });
  command.stdout!.resume();
  command.resize(120, 40);
  await command.exit;
  assert.deepEqual(sizes, ['120x40']);
});

/** A session in which port 1 answers in capitals and every other port fails. */
async function capitals(request: UpgradeRequest): Promise<void> {
  const session = await servePortForward(request);
  session.onStream((stream) => {
    if (stream.port !== 1) stream.fail(`nothing listens on ${stream.port}`);
    else stream.data.on('data', (chunk: Buffer) => stream.data.write(chunk.toString('utf8').toUpperCase())).on('end', () => stream.data.end());
  });
  await session.closed;
}

async function exchange(stream: Duplex): Promise<string> {
  stream.end('ping');
  return text(stream);
}

test('port-forward over SPDY: data flows both ways', async () => {
  await using server = await serving(capitals);
  assert.equal(await exchange(await dialPortForward(server.url, 1)), 'PING');
});

test('port-forward over SPDY: a refused port is reported on the error stream', async () => {
  await using server = await serving(capitals);
  const stream = await dialPortForward(server.url, 2);
  const failure = new Promise<Error>((resolve) => stream.once('error', resolve));
  stream.resume();
  assert.equal((await failure).message, 'nothing listens on 2');
});

/** A client's WebSocket frame: binary, final, masked with zeroes. */
function clientFrame(payload: Buffer): Buffer {
  assert.ok(payload.length < 65536);
  const head = Buffer.alloc(8);
  head.writeUInt8(0x82, 0);
  head.writeUInt8(0x80 | 126, 1);
  head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

test('port-forward over SPDY tunnelled in a WebSocket, as kubectl 1.31 and later do', async () => {
  await using server = await serving(capitals);
  const request = httpRequest(server.url, { headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': Buffer.alloc(16, 1).toString('base64'), 'sec-websocket-protocol': 'SPDY/3.1+portforward.k8s.io' } });
  const upgraded = new Promise<{ protocol: string | undefined; socket: Duplex }>((resolve) => {
    request.once('upgrade', (response, socket) => resolve({ protocol: response.headers['sec-websocket-protocol'], socket }));
  });
  request.end();
  const { protocol, socket } = await upgraded;
  assert.equal(protocol, 'SPDY/3.1+portforward.k8s.io');
  // The tunnel's two ends: what SPDY writes goes out in frames, what comes in frames (short ones, unmasked) is SPDY's.
  let unread = Buffer.alloc(0);
  const tunnel = new DuplexStream({ read() {}, write(chunk: Buffer, _encoding, callback) { socket.write(clientFrame(chunk), () => callback()); } });
  socket.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    while (unread.length >= 2 && unread.length >= 2 + unread[1]!) {
      tunnel.push(unread.subarray(2, 2 + unread[1]!));
      unread = unread.subarray(2 + unread[1]!);
    }
  });
  const connection = new SpdyConnection({ socket: tunnel, head: new Uint8Array(0), role: 'client' });
  (await connection.open({ streamtype: 'error', port: '1', requestid: '0' })).end();
  assert.equal(await exchange(await connection.open({ streamtype: 'data', port: '1', requestid: '0' })), 'PING');
  socket.destroy();
});

test('port-forward over WebSocket channels starts each channel with its port', async () => {
  await using server = await serving(capitals);
  const socket = new WebSocket(`${server.url}/?port=1`, ['v4.channel.k8s.io']);
  const answer = new Promise<string>((resolve) => {
    socket.on('message', (data: Buffer) => { if (data[0] === 0 && data.length > 3) resolve(data.toString('utf8', 1)); });
  });
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(Buffer.from('\x00ping'));
  assert.equal(await answer, 'PING');
  socket.close();
});

/** containerd's way: every stream is reset after its last byte, none is ended. */
async function resetting(request: UpgradeRequest, said: Record<string, string>): Promise<void> {
  request.socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
  await new Promise<void>((resolve) => {
    const connection: SpdyConnection = new SpdyConnection({
      socket: request.socket, head: request.head, role: 'server',
      onStream: (stream) => {
        stream.resume();
        const type = stream.headers['streamtype']!;
        if (type === 'stdin') stream.once('data', () => stream.destroy());
        else stream.write(said[type]!, () => stream.destroy());
      },
    });
    void connection.closed.then(resolve);
  });
}

test('a stream that the peer resets is read to its end, however late', async () => {
  const output = 'x'.repeat(500_000);
  const status = JSON.stringify({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: '9' }] } });
  await using server = await serving((request) => resetting(request, { stdout: output, stderr: '', error: status }));
  const command = await dialRemoteCommand(server.url, { stdin: true, stdout: true, stderr: true, tty: false });
  const stdinClosed = new Promise((resolve) => command.stdin!.once('close', resolve));
  command.stdin!.write('more than the command wants');
  assert.deepEqual(await command.exit, { exitCode: 9 });
  await stdinClosed;
  assert.equal(await text(command.stderr!), '');
  assert.equal(await text(command.stdout!), output);
  command.close();
});

test('what a command said before its end is read, although more was being written to it', async () => {
  const streams = new Map<string, SpdyStream>();
  const said = Promise.withResolvers<Duplex>();
  await using server = await serving((request) => {
    request.socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
    void new SpdyConnection({ socket: request.socket, head: request.head, role: 'server', onStream: (stream) => {
      streams.set(stream.headers['streamtype']!, stream);
      if (stream.headers['streamtype'] === 'stdin') stream.once('data', () => streams.get('error')!.write(JSON.stringify({ status: 'Success' }), () => said.resolve(request.socket)));
    } });
    return new Promise(() => {});
  });
  const command = await dialRemoteCommand(server.url, { stdin: true, stdout: false, stderr: false, tty: false });
  command.stdin!.write('first');
  // The last word lies unread when the other end has gone already.
  (await said.promise).destroy();
  for (let i = 0; i < 3; i++) command.stdin!.write('too late');
  assert.deepEqual(await command.exit, { exitCode: 0 });
  command.close();
});

test('a command that is cut off in the middle has no exit code', async () => {
  await using server = await serving(async (request) => {
    await serveRemoteCommand(request, { stdin: false, stdout: true, stderr: false, tty: false });
    request.socket.destroy();
  });
  const command = await dialRemoteCommand(server.url, { stdin: false, stdout: true, stderr: false, tty: false });
  await assert.rejects(command.exit, BrokenSessionError);
});

test('port-forward: what came before the reset is read, and what is written after it is dropped', async () => {
  await using server = await serving((request) => resetting(request, { error: '', data: 'last words' }));
  const stream = await dialPortForward(server.url, 80);
  await new Promise((resolve) => stream.once('readable', resolve));
  stream.write('too late');
  assert.equal(await text(stream), 'last words');
  assert.equal(stream.destroyed, true);
});

test('an unknown subprotocol is refused with what the server knows', async () => {
  await using server = await serving((request) => cat(request, 0));
  const socket = new WebSocket(server.url, ['v9.channel.k8s.io']);
  const failure = await new Promise<Error>((resolve) => socket.once('error', resolve));
  assert.match(failure.message, /400/);
});

test('garbage on the SPDY connection ends it and nothing else', async () => {
  await using server = await serving((request) => cat(request, 0));
  const command = dialRemoteCommand(server.url, { stdin: false, stdout: true, stderr: true, tty: false });
  (await command).stdout!.on('error', () => {});
  const socket = new WebSocket(server.url, ['v5.channel.k8s.io']);
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(Buffer.from([9, 9, 9]));
  socket.close();
  (await command).close();
});

test('a frame in many small pieces that arrive at once is read (kubectl tunnels port-forward so)', async () => {
  const toServer = new DuplexStream({ read() {}, write(_chunk, _encoding, callback) { callback(); } });
  const frames: Buffer[] = [];
  const peer = new DuplexStream({ read() {}, write(chunk: Buffer, _encoding, callback) { frames.push(chunk); callback(); } });
  await new SpdyConnection({ socket: peer, head: new Uint8Array(0), role: 'client' }).open({ port: '80', streamtype: 'error' });
  const opened = Promise.withResolvers<string | undefined>();
  void new SpdyConnection({ socket: toServer, head: new Uint8Array(0), role: 'server', onStream: (stream) => opened.resolve(stream.headers['port']) });
  const bytes = Buffer.concat(frames);
  // Emitted, not pushed: a stream would join what waits.
  for (let at = 0; at < bytes.length; at += 5) toServer.emit('data', bytes.subarray(at, at + 5));
  assert.equal(await opened.promise, '80');
});

test('a ping that comes back is no question', async () => {
  const written: Buffer[] = [];
  const socket = new DuplexStream({ read() {}, write(chunk: Buffer, _encoding, callback) { written.push(chunk); callback(); } });
  const connection = new SpdyConnection({ socket, head: new Uint8Array(0), role: 'client' });
  await connection.ping();
  const question = Buffer.from(written[0]!);
  question.writeUInt32BE(2, 8);
  for (const frame of [written[0]!, question]) socket.push(frame);
  await new Promise((resolve) => { setImmediate(resolve); });
  await connection.ping();
  assert.deepEqual(written.map((frame) => frame.readUInt32BE(8)), [1, 2, 3]);
});
