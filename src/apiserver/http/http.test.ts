import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import test from 'node:test';
import { HttpServer } from '../testing/https-server.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';

test('objects over HTTPS', async () => {
  await using http = await HttpServer.start();
  const created = await http.ask('POST', configMaps, JSON.stringify({ metadata: { name: 'a' }, data: { k: 'v' } }), { 'content-type': 'application/json' });
  assert.equal(created.code, 201);
  assert.ok(created.headers['audit-id']);
  assert.equal(created.headers['cache-control'], 'no-cache, private');
  const yaml = await http.ask('POST', configMaps, 'metadata:\n  name: b\ndata: {x: "1"}\n', { 'content-type': 'application/yaml' });
  assert.equal(yaml.code, 201);
  const shown = await http.ask('GET', `${configMaps}/b`, undefined, { accept: 'application/yaml' });
  assert.match(shown.body.toString(), /^apiVersion: v1\ndata:\n {2}x: "1"\nkind: ConfigMap\n/);
  const table = await http.ask('GET', configMaps, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' });
  assert.equal(table.json.kind, 'Table');
  const partial = await http.ask('GET', `${configMaps}/a`, undefined, { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' });
  assert.equal(partial.json.kind, 'PartialObjectMetadata');
  assert.equal((await http.ask('GET', configMaps)).json.items.length, 2);
  assert.match((await http.ask('GET', `${configMaps}/a`, undefined, { 'user-agent': 'curl/8' })).body.toString(), /^\{\n {2}"kind"/);
  const dryRun = await http.ask('POST', `${configMaps}?dryRun=All`, JSON.stringify({ data: { k: 'v' }, metadata: { name: 'c' } }), { 'content-type': 'application/json' });
  assert.match(dryRun.body.toString(), /^\{"kind":"ConfigMap","apiVersion":"v1","metadata":\{/);
  const head = await http.ask('HEAD', `${configMaps}/a`);
  assert.deepEqual([head.code, head.body.length], [200, 0]);
});

test('refusals over HTTPS', async () => {
  await using http = await HttpServer.start();
  const unauthorized = await http.ask('GET', configMaps, undefined, { authorization: 'Bearer wrong' });
  assert.deepEqual([unauthorized.code, unauthorized.json.message], [401, 'Unauthorized']);
  assert.equal((await http.ask('POST', configMaps, '{"metadata":', { 'content-type': 'application/json' })).code, 400);
  assert.equal((await http.ask('POST', configMaps, 'x', { 'content-type': 'text/csv' })).code, 415);
  const large = await http.ask('POST', configMaps, Buffer.alloc(3 * 1024 * 1024 + 1, ' '), { 'content-type': 'application/json' }).catch(() => undefined);
  if (large !== undefined) assert.deepEqual([large.code, large.json.reason], [413, 'RequestEntityTooLarge']);
  assert.equal((await http.ask('GET', configMaps, undefined, { accept: 'image/png' })).code, 406);
  assert.equal((await http.ask('GET', '/nowhere')).body.toString(), '404 page not found\n');
  assert.equal((await http.ask('GET', '/api/v1/nothings')).json.message, 'the server could not find the requested resource');
  assert.equal((await http.ask('GET', '/api/v1/namespaces/%zz')).code, 400);
  assert.equal((await http.ask('PUT', configMaps, '{}', { 'content-type': 'application/json' })).code, 405);
  assert.equal((await http.ask('OPTIONS', configMaps)).code, 405);
  const warned = await http.ask('POST', `${configMaps}?fieldValidation=Warn`, '{"metadata":{"name":"w"},"foo":1,"data":{"a":"1","a":"2"}}', { 'content-type': 'application/json' });
  assert.equal(warned.code, 201);
  assert.match(String(warned.headers['warning']), /299 - "duplicate field \\"data.a\\""/);
  assert.match(String(warned.headers['warning']), /299 - "unknown field \\"foo\\""/);
});

test('large lists are compressed for those who take it', async () => {
  await using http = await HttpServer.start();
  for (let i = 0; i < 5; i++) await http.api.create(configMaps, { metadata: { name: `c${i}` }, data: { big: 'x'.repeat(200_000) } });
  const plain = await http.ask('GET', configMaps);
  const small = await http.ask('GET', configMaps, undefined, { 'accept-encoding': 'gzip' });
  assert.equal(small.headers['content-encoding'], 'gzip');
  assert.ok(small.body.length < plain.body.length / 10);
  assert.deepEqual(JSON.parse(gunzipSync(small.body).toString()), plain.json);
});

/** Reads a watch until it has given this many events. */
function watchLines(http: HttpServer, path: string, count: number): Promise<{ type: string; object: { metadata: { name: string } } }[]> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest({ host: '127.0.0.1', port: http.port, path, rejectUnauthorized: false, agent: false, headers: { authorization: 'Bearer secret' } }, (incoming) => {
      let text = '';
      incoming.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const lines = text.split('\n').slice(0, -1);
        if (lines.length < count) return;
        outgoing.destroy();
        resolve(lines.map((line) => JSON.parse(line) as { type: string; object: { metadata: { name: string } } }));
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

test('a watch over HTTPS, and over HTTP/2', async () => {
  await using http = await HttpServer.start();
  await http.api.create(configMaps, { metadata: { name: 'a' } });
  const lines = watchLines(http, `${configMaps}?watch=1&timeoutSeconds=60`, 3);
  const session = connectHttp2(`https://127.0.0.1:${http.port}`, { rejectUnauthorized: false });
  const stream = session.request({ ':path': `${configMaps}?watch=1`, authorization: 'Bearer secret' });
  const [first] = await once(stream, 'data') as [Buffer];
  assert.equal((JSON.parse(first.toString()) as { type: string }).type, 'ADDED');
  await http.api.create(configMaps, { metadata: { name: 'b' } });
  await http.api.delete(`${configMaps}/a`);
  assert.deepEqual((await lines).map(({ type, object }) => `${type} ${object.metadata.name}`), ['ADDED a', 'ADDED b', 'DELETED a']);
  session.destroy();
});

test('an upgrade that no one serves is refused on the socket', async () => {
  await using http = await HttpServer.start();
  const socket: TLSSocket = connect({ host: '127.0.0.1', port: http.port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  socket.write(`GET /api/v1/namespaces/default/pods/none/exec?command=ls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  assert.match(text, /^HTTP\/1\.1 404 Not Found\r\n/);
  assert.match(text, /pods \\"none\\" not found/);
});

test('what cannot be read waits for the answers to what stood before it', async () => {
  await using http = await HttpServer.start();
  const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n\r\n`;
  const answersTo = async (text: string): Promise<string[]> => {
    const socket: TLSSocket = connect({ host: '127.0.0.1', port: http.port, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    socket.write(text);
    let answers = '';
    for await (const chunk of socket) answers += String(chunk);
    return answers.match(/(?<=^|\n0\r\n\r\n|\})HTTP\/1\.1 \d+/g) ?? [];
  };
  assert.deepEqual(await answersTo(`${get('/version')}${get('/metrics')}not HTTP\r\n\r\nnot HTTP either\r\n\r\n`), ['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 400']);
  const chunks = 'POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
  assert.deepEqual(await answersTo(`${chunks}zz\r\n`), ['HTTP/1.1 400'], 'a body that cannot be read is not waited for');
  assert.deepEqual(await answersTo(`${get('/metrics')}${chunks}5\r\n{"a":\r\nzz\r\n`), ['HTTP/1.1 200', 'HTTP/1.1 400']);
});

test('a request that does not say for which host it is is refused in words', async () => {
  await using http = await HttpServer.start();
  const socket: TLSSocket = connect({ host: '127.0.0.1', port: http.port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  socket.write('GET /api HTTP/1.1\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\nContent-Type: text\/plain; charset=utf-8\r\n/);
  assert.match(text, /400 Bad Request: missing required Host header/);
});
