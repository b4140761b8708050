import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { createServer } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import test from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { RealClock } from '../../base/real-clock.ts';
import type { Forwarder } from '../subresources/proxy/forwarder.ts';
import { TestServer } from '../testing/server.ts';
import { testPki } from '../testing/serving-certificate.ts';
import { HttpForwarder } from './http-forwarder.ts';
import { rewritePage } from './rewrite-page.ts';

const page = '<!doctype html><a href="/next">x</a><img src=\'pic.png\'><p title="/a">&amp; text</p><a href="http://10.244.0.7:8080/abs?a=1&amp;b=2">y</a>';

/** A backend that tells what it was asked. */
async function backend(): Promise<{ port: number; [Symbol.asyncDispose](): Promise<void> }> {
  const server = createServer((incoming, outgoing) => {
    const { url = '', method = '', headers } = incoming;
    if (url.startsWith('/page')) return outgoing.setHeader('content-type', 'text/html; charset=utf-8').end(page);
    if (url.startsWith('/packed')) return outgoing.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' }).end(gzipSync(page));
    if (url.startsWith('/away')) return outgoing.writeHead(302, { location: '/there' }).end();
    if (url.startsWith('/teapot')) return outgoing.writeHead(418, { 'set-cookie': ['a=1', 'b=2'] }).end('short and stout');
    let body = '';
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString()));
    incoming.on('end', () => outgoing.setHeader('content-type', 'text/plain').end(`${method} ${url} ${body} auth=${headers.authorization ?? 'none'} uri=${String(headers['x-forwarded-uri'])} for=${String(headers['x-forwarded-for'])} te=${headers['te'] ?? 'none'}`));
    return undefined;
  });
  server.on('upgrade', (incoming, socket) => {
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\nX-Path: ${incoming.url}\r\nX-Auth: ${incoming.headers.authorization ?? 'none'}\r\n\r\n`);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: async () => { server.closeAllConnections(); await new Promise((resolve) => server.close(resolve)); } };
}

async function world(): Promise<{ api: TestServer; port: number; asked: string[]; ask(method: string, path: string, body?: string, headers?: OutgoingHttpHeaders): Promise<{ code: number; headers: IncomingMessage['headers']; body: Buffer }>; [Symbol.asyncDispose](): Promise<void> }> {
  await using undo = new AsyncDisposableStack();
  const web = undo.use(await backend());
  const real = undo.use(new HttpForwarder({ clock: new RealClock() }));
  const asked: string[] = [];
  // Pods' addresses mean nothing on the machine of a test: the backend stands for all of them.
  const near = (where: { scheme: 'http' | 'https'; host: string; port: number }): { scheme: 'http' | 'https'; host: string; port: number } => {
    asked.push(`${where.scheme}://${where.host}:${where.port}`);
    return { ...where, host: '127.0.0.1', port: where.port === 9 ? 9 : web.port };
  };
  const forwarder: Forwarder = { forward: (where, request) => real.forward(near(where), request), upgrade: (where, path, upgrade) => real.upgrade(near(where), path, upgrade) };
  const api = undo.use(await TestServer.start({ clock: new RealClock(), forwarder, rewritePage, authenticators: [{ name: 't', authenticate: () => ({ name: 'admin', groups: ['system:masters'] }) }] }));
  const { apiServer } = await testPki();
  const { port } = await api.server.listen({ key: apiServer.key, cert: apiServer.certificate });
  const pods = '/api/v1/namespaces/default/pods';
  await api.create(pods, { metadata: { name: 'web' }, spec: { containers: [{ name: 'a', image: 'i' }, { name: 'c', image: 'i', ports: [{ containerPort: 8080 }] }] } });
  await api.patch(`${pods}/web/status`, { status: { podIP: '10.244.0.7', podIPs: [{ ip: '10.244.0.7' }] } });
  await api.create(pods, { metadata: { name: 'sly' }, spec: { containers: [{ name: 'a', image: 'i' }] } });
  await api.patch(`${pods}/sly/status`, { status: { podIP: '127.0.0.1', podIPs: [{ ip: '127.0.0.1' }] } });
  await api.create('/api/v1/namespaces/default/services', { metadata: { name: 'web' }, spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }] } });
  await api.create('/api/v1/namespaces/default/services', { metadata: { name: 'empty' }, spec: { ports: [{ port: 80 }] } });
  await api.create('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
    metadata: { name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } }, addressType: 'IPv4', ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: [{ addresses: ['10.244.0.7'], conditions: { ready: true }, targetRef: { kind: 'Pod', name: 'web' } }, { addresses: ['10.244.0.8'], conditions: { ready: false }, targetRef: { kind: 'Pod', name: 'x' } }],
  });
  const owned = undo.move();
  return {
    api, port, asked,
    ask: (method, path, body, headers = {}) => new Promise((resolve, reject) => {
      const outgoing = httpsRequest({ host: '127.0.0.1', port, method, path, rejectUnauthorized: false, agent: false, headers: { authorization: 'Bearer secret', ...headers } }, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('end', () => resolve({ code: incoming.statusCode!, headers: incoming.headers, body: Buffer.concat(chunks) }));
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const base = '/api/v1/namespaces/default';

test('every method and body reaches the pod, without the client\'s credentials', async () => {
  await using w = await world();
  for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    const answer = await w.ask(method, `${base}/pods/web/proxy/some/path?a=b`, method === 'POST' ? 'hello' : undefined, { te: 'trailers', accept: 'text/html' });
    assert.equal(answer.body.toString(), `${method} /some/path?a=b ${method === 'POST' ? 'hello' : ''} auth=none uri=${base}/pods/web/proxy/some/path for=127.0.0.1 te=none`);
    assert.equal(answer.headers['content-type'], 'text/plain');
  }
  assert.equal((await w.ask('HEAD', `${base}/pods/web/proxy/x`)).code, 200);
  assert.deepEqual([...new Set(w.asked)], ['http://10.244.0.7:8080']);
  const teapot = await w.ask('GET', `${base}/pods/http:web:1234/proxy/teapot`);
  assert.deepEqual([teapot.code, teapot.headers['set-cookie'], w.asked.at(-1)], [418, ['a=1', 'b=2'], 'http://10.244.0.7:1234']);
});

test('services lead to a ready endpoint, by port name, number, or neither', async () => {
  await using w = await world();
  for (const name of ['web:http', 'web:80', 'http:web:http']) assert.match((await w.ask('GET', `${base}/services/${name}/proxy/x`)).body.toString(), /^GET \/x /, name);
  assert.deepEqual([...new Set(w.asked)], ['http://10.244.0.7:8080']);
  const cases: readonly [path: string, code: number, message: string][] = [
    [`${base}/services/web/proxy/`, 503, 'no endpoints available for service "web"'],
    [`${base}/services/web:81/proxy/`, 503, 'no service port 81 found for service "web"'],
    [`${base}/services/empty/proxy/`, 503, 'no endpoints available for service "empty"'],
    [`${base}/services/none/proxy/`, 404, 'services "none" not found'],
    [`${base}/services/ftp:web:80/proxy/`, 400, 'invalid service request "ftp:web:80"'],
    [`${base}/pods/sly/proxy/`, 400, 'address not allowed'],
    [`${base}/pods/web:9/proxy/`, 503, 'error trying to reach service: dial tcp 127.0.0.1:9: connect: connection refused'],
  ];
  for (const [path, code, message] of cases) {
    const answer = await w.ask('GET', path);
    assert.deepEqual([answer.code, (JSON.parse(answer.body.toString()) as { message: string }).message], [code, message], path);
  }
});

test('pages and redirects lead back through the proxy', async () => {
  await using w = await world();
  const root = await w.ask('GET', `${base}/pods/web/proxy?x=1`);
  assert.deepEqual([root.code, root.headers.location], [301, `${base}/pods/web/proxy/?x=1`]);
  assert.equal((await w.ask('GET', `${base}/pods/web/proxy/away`)).headers.location, `${base}/pods/web/proxy/there`);
  const prefix = `${base}/pods/web/proxy`;
  const expected = `<!doctype html><a href="${prefix}/next">x</a><img src='pic.png'><p title="/a">&amp; text</p><a href="${prefix}/abs?a=1&amp;b=2">y</a>`;
  assert.equal((await w.ask('GET', `${prefix}/page`)).body.toString(), expected);
  const packed = await w.ask('GET', `${prefix}/packed`);
  assert.deepEqual([packed.headers['content-encoding'], gunzipSync(packed.body).toString()], ['gzip', expected]);
});

test('upgraded connections reach the pod', async () => {
  await using w = await world();
  const socket = connect({ host: '127.0.0.1', port: w.port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  socket.write(`GET ${base}/pods/web/proxy/ws?q=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n`);
  const [head] = await once(socket, 'data') as [Buffer];
  assert.match(head.toString(), /^HTTP\/1\.1 101 /);
  assert.match(head.toString(), /X-Path: \/ws\?q=1\r\nX-Auth: none/);
  socket.write('ping');
  const [echo] = await once(socket, 'data') as [Buffer];
  assert.equal(echo.toString(), 'ping');
  socket.destroy();
});
