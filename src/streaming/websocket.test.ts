import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { acceptWebSocket } from './websocket.ts';

test('a token that is offered as a subprotocol is neither answered nor told to anybody', async () => {
  const socket = new PassThrough();
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  const headers = { 'sec-websocket-protocol': 'base64url.bearer.authorization.k8s.io.c2VjcmV0, x' };
  await assert.rejects(acceptWebSocket({ method: 'GET', url: '/', headers, socket, head: new Uint8Array() }, ['v5.channel.k8s.io']), { message: 'no common WebSocket subprotocol: x', code: 400 });
  assert.match(answer, /^HTTP\/1\.1 400 .*the client offers x; this server knows v5\.channel\.k8s\.io\n$/s);
});

test('a handshake that is none is the client\'s fault', async () => {
  const socket = new PassThrough();
  const headers = { 'upgrade': 'websocket', 'connection': 'Upgrade', 'sec-websocket-key': 'x', 'sec-websocket-version': '13' };
  await assert.rejects(acceptWebSocket({ method: 'GET', url: '/', headers, socket, head: new Uint8Array() }, []), { code: 400, message: 'Missing or invalid Sec-WebSocket-Key header' });
});
