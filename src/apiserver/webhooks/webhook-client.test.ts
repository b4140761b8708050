import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'node:test';
import { SeededRandom } from '../../base/random.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { TlsWebhookTransport } from '../http/webhook-transport.ts';
import type { LoopbackAnswer } from '../testing/loopback-server.ts';
import { LoopbackServer } from '../testing/loopback-server.ts';
import { TestServer } from '../testing/server.ts';
import type { WebhookLocation } from './webhook-client.ts';
import { WebhookClient } from './webhook-client.ts';

const bundle = (pem: string): string => btoa(pem);

interface Fixture extends AsyncDisposable {
  readonly hook: LoopbackServer;
  readonly api: TestServer;
  readonly port: number;
  call(location: WebhookLocation, options?: { readonly timeoutMs?: number; readonly maxAnswerBytes?: number }): Promise<string>;
}

/** A webhook behind `https://127.0.0.1:port`; pods of 10.0.0.0/8 are really there, too. */
async function fixture(answer: () => LoopbackAnswer | Promise<LoopbackAnswer>, names?: readonly string[]): Promise<Fixture> {
  const undo = new AsyncDisposableStack();
  const hook = undo.use(await LoopbackServer.start(answer, names && { names }));
  const port = Number(new URL(hook.url).port);
  const api = undo.use(await TestServer.start());
  const transport = undo.use(new TlsWebhookTransport({ locate: (where) => (where.host.startsWith('10.') ? { host: '127.0.0.1', port } : where) }));
  const client = new WebhookClient({ transport, reader: api.server.reader, random: new SeededRandom(3) });
  return {
    hook, api, port,
    call: async (location, options) => new TextDecoder().decode(await client.call(location, { kind: 'Question' }, { timeoutMs: 10_000, ...options })),
    [Symbol.asyncDispose]: () => undo.disposeAsync(),
  };
}

test('a webhook is asked by URL, told how long it has, and its connection is used again', async () => {
  await using it = await fixture(() => ({ body: { kind: 'Answer' } }));
  const location = { url: `${it.hook.url}/judge/`, caBundle: bundle(it.hook.ca) };
  assert.equal(await it.call(location), '{"kind":"Answer"}');
  assert.equal(await it.call(location), '{"kind":"Answer"}');
  assert.partialDeepStrictEqual(it.hook.requests[1], { method: 'POST', path: '/judge?timeout=10s', body: { kind: 'Question' }, headers: { 'content-type': 'application/json', 'user-agent': 'kube-apiserver-admission' } });
});

test('a webhook is asked behind a Service: at a ready endpoint, under the name NAME.NAMESPACE.svc', async () => {
  await using it = await fixture(() => ({ body: '{}' }), ['hook.default.svc']);
  const caBundle = bundle(it.hook.ca);
  const service = { namespace: 'default', name: 'hook', path: '/judge' };
  const url = 'https://hook.default.svc:443/judge?timeout=10s';
  await assert.rejects(it.call({ service, caBundle }), { message: `Post "${url}": service "hook" not found` });
  await it.api.create('/api/v1/namespaces', { metadata: { name: 'default' } }).catch(() => {});
  await it.api.create('/api/v1/namespaces/default/services', { metadata: { name: 'hook' }, spec: { ports: [{ name: 'https', port: 443, targetPort: 8443 }] } });
  await assert.rejects(it.call({ service, caBundle }), { message: `Post "${url}": no endpoints available for service "hook"` });
  await assert.rejects(it.call({ service: { ...service, port: 8443 }, caBundle }), { message: 'Post "https://hook.default.svc:8443/judge?timeout=10s": no service port 8443 found for service "hook"' });
  const slice = (name: string, ready: boolean, address: string): object => ({ metadata: { name, labels: { 'kubernetes.io/service-name': 'hook' } }, addressType: 'IPv4', endpoints: [{ addresses: [address], conditions: { ready } }], ports: [{ name: 'https', port: 8443 }] });
  await it.api.create('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', slice('hook-1', false, '10.0.0.1'));
  await assert.rejects(it.call({ service, caBundle }), /no endpoints available/);
  await it.api.create('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', slice('hook-2', true, '10.0.0.2'));
  assert.equal(await it.call({ service, caBundle }), '{}');
  assert.equal(it.hook.requests[0]?.headers['host'], 'hook.default.svc:443');
});

test('certificates that are for others, or by others, are refused in Go\'s words', async () => {
  await using it = await fixture(() => ({ body: '{}' }), ['hook.default.svc', 'other.example']);
  const url = it.hook.url;
  const refused = (caBundle: string | undefined, detail: string): Promise<void> => assert.rejects(it.call({ url, ...(caBundle !== undefined && { caBundle }) }), { message: `Post "${url}/?timeout=10s": tls: failed to verify certificate: x509: ${detail}` });
  await refused(undefined, 'certificate signed by unknown authority');
  await refused(bundle(it.hook.ca), 'cannot validate certificate for 127.0.0.1 because it doesn\'t contain any IP SANs');
  await assert.rejects(it.call({ url: `https://localhost:${it.port}`, caBundle: bundle(it.hook.ca) }), { message: `Post "https://localhost:${it.port}/?timeout=10s": tls: failed to verify certificate: x509: certificate is valid for hook.default.svc, other.example, not localhost` });
});

test('webhooks that hang, hang up, are not there, answer too much or nothing', async () => {
  const pending = Promise.withResolvers<LoopbackAnswer>();
  const answers: LoopbackAnswer[] = [{ body: 'x'.repeat(2000) }, { body: '' }, { code: 500, body: 'oh no\n' }, { code: 404 }, { code: 302, headers: { location: 'https://elsewhere' } }, { code: 400, body: { kind: 'Status', status: 'Failure', message: 'no such question' } }, 'hang up', 'hang up'];
  await using it = await fixture(() => answers.shift() ?? 'hang up');
  const location = { url: it.hook.url, caBundle: bundle(it.hook.ca) };
  const at = `${it.hook.url}/?timeout=`;
  {
    // It may not even come to be asked in that time.
    await using hanging = await fixture(() => pending.promise);
    await assert.rejects(hanging.call({ url: hanging.hook.url, caBundle: bundle(hanging.hook.ca) }, { timeoutMs: 50 }), { message: `Post "${hanging.hook.url}/?timeout=50ms": context deadline exceeded` });
    pending.resolve('hang up');
  }
  await assert.rejects(it.call(location, { maxAnswerBytes: 1000 }), { message: `Post "${at}10s": the answer is longer than 1000 bytes` });
  await assert.rejects(it.call(location), { message: '0-length response with status code: 200 and content type: text/plain' });
  await assert.rejects(it.call(location), { message: 'an error on the server ("oh no") has prevented the request from succeeding' });
  await assert.rejects(it.call(location), { message: 'the server could not find the requested resource' });
  await assert.rejects(it.call(location), { message: 'the server responded with the status code 302 but did not return more information' });
  await assert.rejects(it.call(location), { message: 'no such question' });
  await assert.rejects(it.call(location), { message: `Post "${at}10s": EOF` });
  await assert.rejects(it.call({ url: 'https://127.0.0.1:1/x' }), { message: 'Post "https://127.0.0.1:1/x?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused' });
  await assert.rejects(it.call({}), { message: 'webhook configuration must have either service or URL' });
});

test('a server that does not speak TLS is told apart', async () => {
  await using it = await fixture(() => 'hang up');
  const plain = createServer((_incoming, outgoing) => outgoing.end('hello'));
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
  const { port } = plain.address() as AddressInfo;
  try {
    await assert.rejects(it.call({ url: `https://127.0.0.1:${port}` }), { message: `Post "https://127.0.0.1:${port}/?timeout=10s": http: server gave HTTP response to HTTPS client` });
  } finally {
    plain.close();
  }
});

test('virtual time stands still while a webhook is asked', async () => {
  const clock = new VirtualClock();
  await using it = await fixture(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return { body: '{}' };
  });
  let answered = false;
  const called = it.call({ url: it.hook.url, caBundle: bundle(it.hook.ca) }).then(() => { answered = true; });
  clock.setTimer(1, () => assert.ok(answered));
  await clock.advance(10);
  await called;
});

test('a webhook that has too much to do is asked again when it says', async () => {
  let asked = 0;
  await using it = await fixture(() => (++asked < 3 ? { code: asked === 1 ? 429 : 503, headers: { 'retry-after': '0' }, body: '{}' } : { body: { kind: 'Answer' } }));
  const location = { url: it.hook.url, caBundle: bundle(it.hook.ca) };
  assert.equal(await it.call(location), '{"kind":"Answer"}');
  assert.equal(asked, 3);
});

test('a webhook that never has time is asked eleven times, and not again at all where it does not say when', async () => {
  let asked = 0;
  const headers: { value: Record<string, string> } = { value: { 'retry-after': '0' } };
  await using it = await fixture(() => {
    asked++;
    return { code: 503, headers: headers.value, body: '{}' };
  });
  const location = { url: it.hook.url, caBundle: bundle(it.hook.ca) };
  await assert.rejects(it.call(location));
  assert.equal(asked, 11);
  headers.value = {};
  await assert.rejects(it.call(location));
  assert.equal(asked, 12);
});
