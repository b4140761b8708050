import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { connect } from 'node:tls';
import { describe, test } from 'node:test';
import type { ApiServerOptions } from '../options.ts';
import type { EndpointHandler } from '../request.ts';
import { TestServer } from '../testing/server.ts';
import { testPki } from '../testing/serving-certificate.ts';

interface Reply { readonly code: number; readonly headers: IncomingHttpHeaders; readonly text: string }

const reviews = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const review = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' });

/** Answers when it is told to, and remembers whether anybody still waited. */
class Slow implements EndpointHandler {
  readonly group = 'authentication.k8s.io';
  readonly version = 'v1';
  readonly resource = 'selfsubjectreviews';
  readonly subresource = '';
  readonly verbs = ['create'];
  readonly signals: AbortSignal[] = [];
  readonly answers: (() => void)[] = [];

  async handle(context: Parameters<EndpointHandler['handle']>[0]): ReturnType<EndpointHandler['handle']> {
    await context.body();
    this.signals.push(context.signal);
    return new Promise((resolve) => this.answers.push(() => resolve({ kind: 'object', code: 201, object: JSON.parse(review) as object })));
  }
}

async function listening(options: Partial<ApiServerOptions> = {}): Promise<{ readonly server: TestServer; readonly slow: Slow; ask(method: string, path: string, body?: string): Promise<Reply>; readonly port: number; [Symbol.asyncDispose](): Promise<void> }> {
  const slow = new Slow();
  const server = await TestServer.start({ endpoints: [slow], ...options });
  const { apiServer } = await testPki();
  const { port } = await server.server.listen({ key: apiServer.key, cert: apiServer.certificate, strictTransportSecurity: 'max-age=31536000; includeSubDomains' });
  return {
    server, slow, port,
    ask: (method, path, body) => new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port, method, path, rejectUnauthorized: false, agent: false, headers: body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } }, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => resolve({ code: incoming.statusCode!, headers: incoming.headers, text }));
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    }),
    async [Symbol.asyncDispose]() {
      for (const answer of slow.answers) answer();
      await server[Symbol.asyncDispose]();
    },
  };
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
};

describe('requests that take too long', () => {
  test('are given up after the server\'s time, or the client\'s when that is less', async () => {
    await using bench = await listening();
    const { server, slow, ask } = bench;
    for (const [query, ms] of [['', 60_000], ['?timeout=5s', 5000], ['?timeout=0s', 60_000], ['?timeout=2h', 60_000], ['?timeoutSeconds=1', 60_000]] as const) {
      const seen = slow.signals.length;
      let over = false;
      const asked = ask('POST', `${reviews}${query}`, review).finally(() => (over = true));
      await until(() => slow.signals.length > seen);
      await server.clock.advance(ms - 1);
      assert.equal(over, false, query);
      assert.equal(slow.signals.at(-1)!.aborted, false);
      await server.clock.advance(1);
      const { code, text, headers } = await asked;
      assert.equal(code, 504);
      assert.deepEqual(JSON.parse(text), { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'Timeout: request did not complete within the allotted timeout', reason: 'Timeout', details: {}, code: 504 });
      assert.equal(headers['cache-control'], 'no-cache, private');
      assert.ok(headers['audit-id']);
      assert.equal(slow.signals.at(-1)!.aborted, true, 'whoever works on it is told');
    }
  });

  test('a duration that is none is refused before anything else', async () => {
    await using bench = await listening({ anonymous: false });
    for (const [given, problem] of [['5', 'missing unit in duration "5"'], ['soon', 'invalid duration "soon"']] as const) {
      const { code, text } = await bench.ask('GET', `/api/v1/pods?timeout=${given}`);
      assert.equal(code, 400);
      assert.equal((JSON.parse(text) as { message: string }).message, `invalid timeout specified in the request URL - time: ${problem}`);
    }
    assert.equal((await bench.ask('GET', '/api/v1/pods?watch=1&timeout=soon')).code, 401, 'a watch has its own time');
  });

  test('a body that does not come is not waited for', async () => {
    await using bench = await listening();
    const socket = connect({ host: '127.0.0.1', port: bench.port, rejectUnauthorized: false });
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('error', () => {});
    const closed = new Promise<void>((resolve) => { socket.once('close', () => resolve()); });
    socket.write(`POST ${reviews} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"kind"`);
    await until(() => bench.server.clock.nextTimerMs !== undefined);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    await bench.server.clock.advance(61_000);
    await closed;
    assert.match(text, /^HTTP\/1\.1 504 Gateway Timeout\r\n[\s\S]*Connection: close[\s\S]*allotted timeout/);
  });
});

test('every answer may carry Strict-Transport-Security', async () => {
  await using bench = await listening();
  for (const path of ['/healthz', '/api/v1/pods', '/nope', '/api/v1/namespaces/default/pods/%zz']) assert.equal((await bench.ask('GET', path)).headers['strict-transport-security'], 'max-age=31536000; includeSubDomains', path);
});

describe('a server that stops', () => {
  test('finishes what is under way, tells clients to go elsewhere, and takes nothing new', async () => {
    await using bench = await listening({ shutdown: { delayMs: 1000, requestsMs: 60_000 } });
    const { server, slow, ask, port } = bench;
    const asked = ask('POST', reviews, review);
    const watching = new Promise<string>((resolve, reject) => {
      request({ host: '127.0.0.1', port, path: '/api/v1/namespaces?watch=1', rejectUnauthorized: false, agent: false }, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk)).on('end', () => resolve(text)).on('error', reject);
      }).on('error', reject).end();
    });
    await until(() => slow.answers.length === 1);
    const announced = server.server.announceShutdown();
    assert.equal((await ask('GET', '/readyz')).code, 500);
    assert.equal((await ask('GET', '/livez')).code, 200);
    assert.equal((await ask('GET', '/readyz/shutdown')).code, 500);
    assert.equal((await ask('GET', '/api/v1/namespaces')).code, 200, 'served as before while it waits');
    await server.clock.advance(1000);
    await announced;
    let stopped = false;
    const stopping = server.server[Symbol.asyncDispose]().then(() => (stopped = true));
    await assert.rejects(ask('GET', '/api/v1/namespaces'), { code: 'ECONNREFUSED' });
    assert.equal(stopped, false);
    slow.answers[0]!();
    const reply = await asked;
    assert.equal(reply.code, 201, 'what was under way is answered');
    assert.ok((await watching).split('\n').length > 3, 'the watch ended in peace');
    await stopping;
  });

  test('cuts what does not finish in time', async () => {
    await using bench = await listening({ shutdown: { requestsMs: 5000 } });
    const asked = bench.ask('POST', reviews, review);
    const failed = assert.rejects(asked);
    await until(() => bench.slow.answers.length === 1);
    const stopping = bench.server.server[Symbol.asyncDispose]();
    await bench.server.clock.advance(4999);
    await bench.server.clock.advance(2000);
    await stopping;
    await failed;
  });
});
