import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { createServer as createSecureServer, request } from 'node:https';
import type { Socket } from 'node:net';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { after, before, describe, it } from 'node:test';
import { ingresses, secrets } from '../../src/api/resources.ts';
import { createAuthority, issueCertificate } from '../../src/pki/certificate.ts';
import { IngressScene, path } from './scene.ts';

const times = { notBeforeMs: Date.parse('2020-01-01'), notAfterMs: Date.parse('2040-01-01') };

interface Got { readonly headers: IncomingHttpHeaders; readonly trailers: IncomingHttpHeaders; readonly body: string }

describe('protocols of an ingress', { timeout: 60_000 }, () => {
  let scene: IngressScene;
  let authority: Awaited<ReturnType<typeof createAuthority>>;
  let session: ClientHttp2Session;
  const pair = async (...names: string[]): Promise<{ readonly cert: string; readonly key: string }> => {
    const { certificate, key } = await issueCertificate(authority, { commonName: names[0] ?? '', names, ...times, usages: ['server'] });
    return { cert: certificate, key };
  };
  const secret = async (name: string, ...names: string[]): Promise<void> => {
    const { cert, key } = await pair(...names);
    await scene.world.client.create(secrets, { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { namespace: 'default', name }, stringData: { 'tls.crt': cert, 'tls.key': key } });
  };
  const rule = (host: string, service: string) => scene.ingress(service, { rules: [{ host, http: { paths: [path('/', service)] } }] });
  /** Asks in HTTP/2, for any host: one connection may ask for several. */
  const ask = async (head: Record<string, string>, body?: string): Promise<Got> => {
    const stream = session.request({ ':method': body === undefined ? 'GET' : 'POST', ':scheme': 'https', ':path': '/', ...head }, { endStream: body === undefined });
    let trailers: IncomingHttpHeaders = {};
    let text = '';
    stream.on('trailers', (got: IncomingHttpHeaders) => { trailers = got; });
    stream.setEncoding('utf8').on('data', (chunk: string) => { text += chunk; });
    if (body !== undefined) stream.end(body);
    const [headers] = await once(stream, 'response') as [IncomingHttpHeaders];
    await once(stream, 'end');
    return { headers, trailers, body: text };
  };

  before(async () => {
    scene = await IngressScene.start();
    authority = await createAuthority({ commonName: 'test', ...times });
    await secret('front', 'front.example');
    await scene.service('front', [(await scene.serve('front', (incoming, response) => {
      let body = '';
      incoming.on('data', (chunk: Buffer) => { body += String(chunk); }).on('end', () => response.writeHead(201, { 'x-answer': 'yes', connection: 'x-hop', 'x-hop': '1' }).end(JSON.stringify({ body, headers: incoming.headers, url: incoming.url })));
    })).port]);
    await scene.ingress('front', { rules: [{ host: 'front.example', http: { paths: [path('/', 'front')] } }], tls: [{ hosts: ['front.example'], secretName: 'front' }] });
    session = connectHttp2(`https://127.0.0.1:${scene.securePort}`, { servername: 'front.example', ca: authority.certificate });
    await once(session, 'connect');
  });
  after(async () => {
    session?.destroy();
    await scene?.[Symbol.asyncDispose]();
  });

  it('clients speak HTTP/2 over TLS, and backends see the request as any other', async () => {
    assert.equal((session.socket as TLSSocket).alpnProtocol, 'h2');
    const { headers, body } = await ask({ ':authority': 'front.example', ':path': '/a?b=1', cookie: 'one=1', 'x-forwarded-for': '6.6.6.6' }, 'hello');
    assert.deepEqual([headers[':status'], headers['x-answer'], headers['x-hop'], headers['connection']], [201, 'yes', undefined, undefined]);
    const seen = JSON.parse(body) as { body: string; url: string; headers: Record<string, string> };
    const { host, 'x-forwarded-for': client, 'x-forwarded-proto': proto, 'x-forwarded-host': named, cookie } = seen.headers;
    assert.deepEqual({ url: seen.url, body: seen.body, host, client, proto, named, cookie }, { url: '/a?b=1', body: 'hello', host: 'front.example', client: '127.0.0.1', proto: 'https', named: 'front.example', cookie: 'one=1' });
    assert.deepEqual(Object.keys(seen.headers).filter((name) => name.startsWith(':')), []);
    assert.equal((await ask({ ':authority': 'unknown.example' })).headers[':status'], 404);
    // Many at once, of one connection.
    const all = await Promise.all(Array.from({ length: 50 }, (_, index) => ask({ ':authority': 'front.example', ':path': `/${index}` })));
    assert.deepEqual(all.map((got) => /"url":"([^"]*)"/.exec(got.body)?.[1] ?? got.body), all.map((_, index) => `/${index}`));
    // Those who do not speak it are answered as before.
    assert.equal((await scene.ask('https://front.example/', { ca: authority.certificate })).status, 201);
  });

  it('a backend whose port says https is asked over TLS, by the name that the client asked for; connections are upgraded there too', async () => {
    const { cert, key } = await pair('secure.example');
    const server = createSecureServer({ cert, key }, (incoming, response) => { response.write(`${String((incoming.socket as TLSSocket & { servername?: string }).servername)} `); incoming.pipe(response); });
    server.on('upgrade', (incoming, socket: Socket) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${incoming.headers.upgrade}\r\n\r\n`);
      socket.pipe(socket);
    });
    const port = await scene.listen(server);
    for (const [name, appProtocol] of [['secure', 'https'], ['secure-socket', 'kubernetes.io/wss']] as const) {
      await scene.service(name, [port], [], appProtocol);
      await rule(`${name}.example`, name);
      assert.equal((await scene.ask(`${name}.example/`, { method: 'POST', body: 'sealed' })).body, `${name}.example sealed`);
    }
    const outgoing = request({ host: '127.0.0.1', port: scene.securePort, servername: 'front.example', ca: authority.certificate, headers: { host: 'secure-socket.example', connection: 'Upgrade', upgrade: 'echo' }, agent: false }).end();
    const [, socket] = await once(outgoing, 'upgrade') as [IncomingMessage, Socket];
    socket.write('through');
    assert.equal(String((await once(socket, 'data'))[0]), 'through');
    socket.destroy();
  });

  it('a backend whose port says h2c is asked in HTTP/2, with trailers, as gRPC wants it', async () => {
    const sessions = new Set<unknown>();
    const server = createHttp2Server();
    server.on('stream', (stream, headers) => {
      sessions.add(stream.session);
      if (headers[':path'] === '/cut') return stream.close(8);
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.write(`${headers[':authority']} ${String(headers['te'])} ${String(headers['x-forwarded-proto'])} `);
      return stream.pipe(stream);
    });
    await scene.service('grpc', [await scene.listen(server)], [], 'kubernetes.io/h2c');
    await rule('grpc.example', 'grpc');
    const { headers, trailers, body } = await ask({ ':authority': 'grpc.example', te: 'trailers', 'content-type': 'application/grpc' }, 'message');
    assert.deepEqual([headers[':status'], headers['content-type'], body, trailers['grpc-status']], [200, 'application/grpc', 'grpc.example trailers https message', '0']);
    // Clients of HTTP/1.1 as well, over the same connection to the backend.
    assert.equal((await scene.ask('grpc.example/', { method: 'POST', body: 'plain' })).body, 'grpc.example undefined http plain');
    assert.equal(sessions.size, 1);
    assert.equal((await scene.ask('grpc.example/cut')).status, 502);
    server.close();
    for (const one of sessions) (one as ClientHttp2Session).destroy();
    assert.equal((await scene.ask('grpc.example/', { method: 'POST', body: 'gone' })).status, 502);
  });

  it('a certificate without hosts is for its rules, for names that have none, and for clients that ask for no name', async () => {
    const shown = (servername: string): Promise<string> => new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: scene.securePort, ...(servername !== '' && { servername }), rejectUnauthorized: false });
      socket.once('error', reject).once('secureConnect', () => {
        resolve(socket.getPeerCertificate().subjectaltname ?? '');
        socket.destroy();
      });
    });
    await assert.rejects(shown('unknown.example'));
    await assert.rejects(shown(''));
    await secret('general', 'general.example');
    await scene.ingress('general', { rules: [{ host: 'general.example', http: { paths: [path('/', 'front')] } }], tls: [{ secretName: 'general' }] });
    assert.deepEqual(await Promise.all(['general.example', 'unknown.example', '', 'front.example'].map(shown)), ['DNS:general.example', 'DNS:general.example', 'DNS:general.example', 'DNS:front.example']);
    await scene.world.client.delete(ingresses, { namespace: 'default', name: 'general' });
    await scene.settle();
    await assert.rejects(shown('unknown.example'));
    await assert.rejects(shown(''));
  });
});
