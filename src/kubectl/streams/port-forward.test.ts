import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { servePortForward } from '../../streaming/serve-port-forward.ts';
import { isWebSocketUpgrade } from '../../streaming/websocket.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import type { Connection } from '../connection/connection.ts';
import { keepAwake, openPortForward } from './port-forward.ts';

/** A server whose port 1 answers in capitals; one that is older knows no WebSocket. */
async function serving({ older = false } = {}) {
  const asked: string[] = [];
  const server = createServer();
  server.on('upgrade', ({ method = '', url = '', headers }, socket, head) => {
    const request = { method, url, headers, socket, head };
    asked.push(`${method} ${headers['sec-websocket-protocol'] ?? headers.upgrade ?? ''}`);
    if (older && isWebSocketUpgrade(request)) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nunable to upgrade');
      return;
    }
    void servePortForward(request).then((session) => {
      session.onStream(({ data }) => data.on('data', (chunk: Buffer) => data.write(chunk.toString('utf8').toUpperCase())).on('end', () => data.end()));
    });
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const { port } = server.address() as AddressInfo;
  // What openPortForward needs of it.
  const connection = { requestOptions: () => Promise.resolve({ secure: false, hostname: '127.0.0.1', port, path: '/x', headers: {} }) } as unknown as Connection;
  return { asked, connection, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => { server.close(() => resolve()); }) };
}

for (const [what, older, requests] of [
  ['tunnelled in a WebSocket', false, ['GET SPDY/3.1+portforward.k8s.io']],
  ['by SPDY alone where the server knows no WebSocket', true, ['GET SPDY/3.1+portforward.k8s.io', 'POST SPDY/3.1']],
] as const) {
  test(`ports are forwarded ${what}, whatever pings go in between`, async () => {
    await using server = await serving({ older });
    const spdy = await openPortForward(server.connection, '/x');
    const clock = new VirtualClock();
    const stop = new AbortController();
    const awake = keepAwake(spdy, clock, stop.signal);
    const error = await spdy.open({ streamtype: 'error', port: '1', requestid: '0' });
    error.end();
    const data = await spdy.open({ streamtype: 'data', port: '1', requestid: '0' });
    await clock.advance(25_000);
    data.end('ping');
    let said = '';
    for await (const chunk of data.setEncoding('utf8') as AsyncIterable<string>) said += chunk;
    assert.equal(said, 'PING');
    assert.deepEqual(server.asked, requests);
    stop.abort();
    await awake;
    await spdy.close();
    await spdy.closed;
  });
}
