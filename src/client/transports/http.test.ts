import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { configmaps, pods } from '../../api/resources.ts';
import { isReason, notFoundError } from '../../api/status.ts';
import { SeededRandom } from '../../base/random.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { createHttpClient } from './http.ts';

async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(handle);
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const clock = new VirtualClock();
  const client = createHttpClient({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, clock, random: new SeededRandom(1), token: 'secret', userAgent: 'kubelet/v1.36' });
  return { client, clock, async [Symbol.asyncDispose]() { client.close(); server.closeAllConnections(); await new Promise((resolve) => server.close(resolve)); } };
}

const json = (response: ServerResponse, code: number, value: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
};

describe('http client', () => {
  it('asks as kubectl does and names what lists return', async () => {
    const seen: unknown[] = [];
    await using fixture = await serve((request, response) => {
      seen.push([request.method, request.url, request.headers.authorization, request.headers['user-agent']]);
      json(response, 200, { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '5', continue: '' }, items: [{ metadata: { name: 'a' } }] });
    });
    const list = await fixture.client.list(pods, { namespace: 'x' }, { labelSelector: 'a=b', limit: 5 });
    assert.deepEqual(list, { resourceVersion: '5', continue: undefined, remainingItemCount: undefined, items: [{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }] });
    assert.deepEqual(seen, [['GET', '/api/v1/namespaces/x/pods?labelSelector=a%3Db&limit=5', 'Bearer secret', 'kubelet/v1.36']]);
  });

  it('turns a Status into an ApiError, and waits as Retry-After asks', async () => {
    let calls = 0;
    await using fixture = await serve((_request, response) => {
      calls++;
      if (calls === 1) json(response, 429, { kind: 'Status', reason: 'TooManyRequests', code: 429 }, { 'retry-after': '3' });
      else json(response, 404, notFoundError(configmaps, 'a').toStatus());
    });
    const asked = assert.rejects(fixture.client.get(configmaps, { namespace: 'x', name: 'a' }), (error) => isReason(error, 'NotFound') && error.message === 'configmaps "a" not found');
    while (fixture.clock.nextTimerMs === undefined || calls === 0 || fixture.clock.nextTimerMs - fixture.clock.now() > 3000) await fixture.clock.settle();
    await fixture.clock.advance(3000);
    await asked;
    assert.equal(calls, 2);
  });

  it('streams a watch, whatever the chunks, and ends with its signal', async () => {
    await using fixture = await serve((request, response) => {
      assert.match(request.url!, /watch=true.*timeoutSeconds=\d+/);
      response.writeHead(200, { 'content-type': 'application/json' });
      const text = [{ type: 'ADDED', object: { metadata: { name: 'é' } } }, { type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } } }].map((event) => `${JSON.stringify(event)}\n`).join('');
      const bytes = Buffer.from(text);
      for (let i = 0; i < bytes.length; i += 7) response.write(bytes.subarray(i, i + 7));
    });
    const stop = new AbortController();
    const seen: string[] = [];
    for await (const event of fixture.client.watch(pods, {}, { signal: stop.signal, resourceVersion: '1' })) {
      seen.push(`${event.type} ${event.object.metadata.name ?? event.object.metadata.resourceVersion}`);
      if (seen.length === 2) stop.abort();
    }
    assert.deepEqual(seen, ['ADDED é', 'BOOKMARK 9']);
  });

  it('says where it could not connect', async () => {
    const client = createHttpClient({ server: 'http://127.0.0.1:1', clock: new VirtualClock(), random: new SeededRandom(1) });
    await assert.rejects(client.raw('GET', '/version'), /GET http:\/\/127\.0\.0\.1:1\/version: connect ECONNREFUSED/);
    client.close();
  });
});
