import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { connect, createServer as createNetServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { endpointslices, events, ingresses, secrets, services } from '../../src/api/resources.ts';
import { createAuthority, issueCertificate } from '../../src/pki/certificate.ts';
import { IngressScene, path } from './scene.ts';

describe('requests through an ingress', { timeout: 60_000 }, () => {
  let scene: IngressScene;
  before(async () => {
    scene = await IngressScene.start();
    for (const name of ['a', 'b', 'fallback']) await scene.service(name, [(await scene.serve(name)).port]);
  });
  after(() => scene[Symbol.asyncDispose]());
  const bodies = async (...urls: string[]): Promise<string[]> => Promise.all(urls.map(async (url) => (await scene.ask(url)).body));

  it('go by host and path; others get 404, or go to the default backend once there is one', async () => {
    await scene.ingress('web', { rules: [{ host: 'web.example', http: { paths: [path('/', 'a'), path('/b', 'b'), path('/only', 'b', 'Exact')] } }, { host: '*.wild.example', http: { paths: [path('/', 'b')] } }] });
    assert.deepEqual(await bodies('web.example/', 'web.example/x?y=/b', 'web.example/b/c', 'web.example/bb', 'web.example/only', 'web.example/only/', 'x.wild.example/'), ['a', 'a', 'b', 'a', 'b', 'a', 'b']);
    const unknown = await scene.ask('unknown.example/');
    assert.deepEqual([unknown.status, unknown.body], [404, 'default backend - 404']);
    await scene.ingress('default', { defaultBackend: { service: { name: 'fallback', port: { number: 80 } } } });
    assert.deepEqual(await bodies('unknown.example/', 'wild.example/', 'web.example/'), ['fallback', 'fallback', 'a']);
    await scene.world.client.delete(ingresses, { namespace: 'default', name: 'default' });
    await scene.settle();
    assert.equal((await scene.ask('unknown.example/')).status, 404);
  });
  it('only of this controller\'s class, and the older rule counts', async () => {
    await scene.ingress('not-ours', { rules: [{ host: 'theirs.example', http: { paths: [path('/', 'a')] } }] }, 'other');
    await scene.world.clock.advance(1_000);
    await scene.ingress('late', { rules: [{ host: 'web.example', http: { paths: [path('/', 'fallback'), path('/new', 'fallback')] } }] });
    assert.equal((await scene.ask('theirs.example/')).status, 404);
    assert.deepEqual(await bodies('web.example/', 'web.example/new'), ['a', 'fallback']);
    assert.deepEqual([await scene.addresses('web'), await scene.addresses('not-ours')], [[{ ip: '192.0.2.80' }], []]);
    await scene.world.client.patch(ingresses, { namespace: 'default', name: 'late' }, { type: 'merge', value: { spec: { ingressClassName: 'other' } } });
    assert.deepEqual(await scene.addresses('late'), []);
    assert.deepEqual(await bodies('web.example/new'), ['a']);
  });
  it('say whom they come from, whatever the client says of it', async () => {
    const { port } = await scene.serve('echo', (incoming, response) => void response.writeHead(200, { 'x-answer': 'yes', connection: 'x-answer-hop', 'x-answer-hop': '1' }).end(JSON.stringify({ url: incoming.url, headers: incoming.headers })));
    await scene.service('echo', [port]);
    await scene.ingress('echo', { rules: [{ host: 'echo.example', http: { paths: [path('/', 'echo')] } }] });
    const { body, headers } = await scene.ask('echo.example/a%2fb?q=1', { headers: { 'x-forwarded-for': '6.6.6.6', 'X-Forwarded-Proto': 'https', te: 'trailers', connection: 'x-hop', 'x-hop': '1', 'x-kept': '2' } });
    const seen = JSON.parse(body) as { url: string; headers: Record<string, string> };
    assert.equal(seen.url, '/a%2fb?q=1');
    const { host, 'x-forwarded-for': client, 'x-real-ip': real, 'x-forwarded-proto': proto, 'x-forwarded-host': named, 'x-forwarded-port': at, te, 'x-hop': hop, 'x-kept': kept } = seen.headers;
    assert.deepEqual({ host, client, real, proto, named, at, te, hop, kept }, { host: 'echo.example', client: '127.0.0.1', real: '127.0.0.1', proto: 'http', named: 'echo.example', at: '80', te: undefined, hop: undefined, kept: '2' });
    assert.deepEqual([headers['x-answer'], headers['x-answer-hop']], ['yes', undefined]);
  });
  it('that are no good are refused: paths that climb out of a rule, hosts that are missing', async () => {
    await scene.ingress('public', { rules: [{ host: 'climb.example', http: { paths: [path('/public', 'a')] } }] });
    for (const climbing of ['/public/../private', '/public/%2e%2e/private']) assert.equal((await scene.ask('climb.example/', { path: climbing })).status, 404, climbing);
    const socket = connect(scene.port, '127.0.0.1');
    socket.end('GET / HTTP/1.0\r\n\r\n');
    assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 400/);
  });
});

describe('backends of an ingress', { timeout: 60_000 }, () => {
  let scene: IngressScene;
  before(async () => { scene = await IngressScene.start(); });
  after(() => scene[Symbol.asyncDispose]());
  const rule = (host: string, service: string) => scene.ingress(service, { rules: [{ host, http: { paths: [path('/', service)] } }] });

  it('are asked in turns, without those that are not ready; those that end serve when there is no other', async () => {
    const ports = await Promise.all(['one', 'two', 'three'].map(async (name) => (await scene.serve(name)).port));
    await scene.service('turns', ports, [{ ready: true }, { ready: true }, { ready: false }]);
    await rule('turns.example', 'turns');
    const answers = [];
    for (let count = 0; count < 6; count++) answers.push((await scene.ask('turns.example/')).body);
    assert.deepEqual(answers.toSorted(), ['one', 'one', 'one', 'two', 'two', 'two']);
    for (const index of [0, 1]) await scene.world.client.patch(endpointslices, { namespace: 'default', name: `turns-${index}` }, { type: 'merge', value: { endpoints: [{ addresses: [`10.244.0.${index + 2}`], conditions: { ready: false, serving: index === 1, terminating: true } }] } });
    await scene.settle();
    assert.equal((await scene.ask('turns.example/')).body, 'two');
  });
  it('that are missing give 503, and work as soon as they are there', async () => {
    await rule('later.example', 'later');
    assert.equal((await scene.ask('later.example/')).status, 503);
    await scene.service('later', [(await scene.serve('later')).port]);
    await scene.settle();
    assert.equal((await scene.ask('later.example/')).body, 'later');
    await scene.world.client.delete(services, { namespace: 'default', name: 'later' });
    await scene.settle();
    assert.equal((await scene.ask('later.example/')).status, 503);
  });
  it('that are only a name lead nowhere: whoever may write a Service must not reach what this machine reaches', async () => {
    await scene.world.client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'default', name: 'outside' }, spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ name: 'http', port: 80 }] } });
    await rule('outside.example', 'outside');
    assert.equal((await scene.ask('outside.example/')).status, 503);
  });
  it('that do not answer are passed over for the next, bodies included; 502 when none does', async () => {
    const gone = await scene.serve('gone');
    await new Promise((resolve) => { gone.server.close(resolve); });
    const { port } = await scene.serve('there', (incoming, response) => { incoming.pipe(response); });
    await scene.service('half', [gone.port, port]);
    await rule('half.example', 'half');
    for (let count = 0; count < 4; count++) assert.equal((await scene.ask('half.example/', { method: 'POST', body: 'whole' })).body, 'whole');
    await scene.service('dead', [gone.port]);
    await rule('dead.example', 'dead');
    assert.equal((await scene.ask('dead.example/')).status, 502);
  });
  it('that closed a connection which was kept for them are asked again over another', async () => {
    // Answers the first request of each connection, and closes it at the second.
    const server = createNetServer((socket) => void socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nonce');
      socket.once('data', () => socket.destroy());
    }));
    await scene.service('forgetful', [await scene.listen(server)]);
    await rule('forgetful.example', 'forgetful');
    for (const method of ['GET', 'GET', 'POST', 'GET']) assert.deepEqual((({ status, body }) => [status, body])(await scene.ask('forgetful.example/', { method })), [200, 'once'], method);
  });
  it('stream: the client hears each piece as it comes, and a body that is cut off does not seem whole', async () => {
    const told = Promise.withResolvers<void>();
    const { port } = await scene.serve('stream', (incoming, response) => {
      response.write('first');
      void told.promise.then(() => { if (incoming.url === '/cut') response.destroy(); else response.end('last'); });
    });
    await scene.service('stream', [port]);
    await rule('stream.example', 'stream');
    const outgoing = request({ host: '127.0.0.1', port: scene.port, headers: { host: 'stream.example' }, agent: false }).end();
    const [response] = await once(outgoing, 'response') as [IncomingMessage];
    assert.equal(String((await once(response, 'data'))[0]), 'first');
    const cut = scene.ask('stream.example/cut');
    const last = once(response, 'data');
    told.resolve();
    assert.equal(String((await last)[0]), 'last');
    await assert.rejects(cut, /aborted/);
  });
  it('speak WebSocket, or whatever a connection is upgraded to', async () => {
    const { port, server } = await scene.serve('socket');
    server.on('upgrade', (incoming, socket) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${incoming.headers.upgrade}\r\n\r\n`);
      socket.on('data', (data) => socket.write(`${incoming.headers['x-forwarded-proto']} ${String(data)}`));
    });
    await scene.service('socket', [port]);
    await rule('socket.example', 'socket');
    const outgoing = request({ host: '127.0.0.1', port: scene.port, path: '/chat', headers: { host: 'socket.example', connection: 'Upgrade', upgrade: 'echo' }, agent: false }).end();
    const [answer, socket] = await once(outgoing, 'upgrade') as [IncomingMessage, Socket];
    assert.equal(answer.headers.upgrade, 'echo');
    // A change of the rules leaves what is open alone.
    await scene.world.client.delete(ingresses, { namespace: 'default', name: 'socket' });
    await scene.settle();
    socket.write('hello');
    assert.equal(String((await once(socket, 'data'))[0]), 'http hello');
    socket.destroy();
  });
  it('that decline to change the protocol end the connection: what is asked next may be for somebody else', async () => {
    const asked: string[] = [];
    const { port, server } = await scene.serve('declines');
    server.on('upgrade', (incoming, socket) => {
      asked.push(incoming.url ?? '');
      socket.on('data', (data) => asked.push(String(data)));
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno');
    });
    await scene.service('declines', [port]);
    await rule('declines.example', 'declines');
    const socket = connect(scene.port, '127.0.0.1');
    socket.write('GET /one HTTP/1.1\r\nHost: declines.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: declines.example\r\n\r\n');
    assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 200 OK[\s\S]*no$/);
    socket.destroy();
    assert.deepEqual(asked, ['/one']);
    // Who offers HTTP/2 in passing is answered in HTTP/1.1.
    const plain = await scene.serve('plain');
    await scene.service('plain', [plain.port]);
    await rule('plain.example', 'plain');
    assert.equal((await scene.ask('plain.example/', { headers: { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' } })).body, 'plain');
  });
  it('changes of rules and endpoints drop no connection and lose no request', async () => {
    const ports = await Promise.all(['x', 'y'].map(async (name) => (await scene.serve(name)).port));
    await scene.service('busy', ports);
    await rule('busy.example', 'busy');
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const sockets = new Set<unknown>();
    let asking = true;
    const counts = { ok: 0, other: 0 };
    const client = async (): Promise<void> => {
      while (asking) {
        const outgoing = request({ host: '127.0.0.1', port: scene.port, headers: { host: 'busy.example' }, agent }).end();
        const [response] = await once(outgoing, 'response') as [IncomingMessage];
        sockets.add(outgoing.socket);
        response.resume();
        await once(response, 'end');
        counts[response.statusCode === 200 ? 'ok' : 'other'] += 1;
      }
    };
    const clients = Array.from({ length: 4 }, client);
    for (let change = 0; change < 40; change++) {
      const index = (change >> 1) % 2;
      await scene.world.client.patch(endpointslices, { namespace: 'default', name: `busy-${index}` }, { type: 'merge', value: { endpoints: [{ addresses: [`10.244.0.${index + 2}`], conditions: { ready: change % 2 === 1 } }] } });
      await scene.world.client.patch(ingresses, { namespace: 'default', name: 'busy' }, { type: 'json', operations: [{ op: 'add', path: '/spec/rules/-', value: { host: `more-${change}.example`, http: { paths: [path('/', 'busy')] } } }] });
      await scene.settle();
      await new Promise((resolve) => { setImmediate(resolve); });
    }
    asking = false;
    await Promise.all(clients);
    agent.destroy();
    assert.ok(counts.ok > 40 && counts.other === 0 && sockets.size === 4, JSON.stringify({ ...counts, sockets: sockets.size }));
  });
});

describe('certificates of an ingress', { timeout: 60_000 }, () => {
  it('are those of the Secrets that it names, by the name that a client asks for, and new ones as soon as they are written', async () => {
    await using scene = await IngressScene.start();
    const times = { notBeforeMs: Date.parse('2020-01-01'), notAfterMs: Date.parse('2040-01-01') };
    const authority = await createAuthority({ commonName: 'test', ...times });
    const pair = async (...dnsNames: string[]): Promise<Record<string, string>> => {
      const { certificate, key } = await issueCertificate(authority, { commonName: dnsNames[0] ?? '', names: dnsNames, ...times, usages: ['server'] });
      return { 'tls.crt': certificate, 'tls.key': key };
    };
    const secret = async (name: string, ...names: string[]): Promise<void> => void await scene.world.client.create(secrets, { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { namespace: 'default', name }, stringData: await pair(...names) });
    await scene.service('a', [(await scene.serve('a', (incoming, response) => void response.end(incoming.headers['x-forwarded-proto']))).port]);
    await secret('one', 'one.example');
    await secret('wild', '*.wild.example');
    const rules = ['one.example', 'x.wild.example', 'none.example'].map((host) => ({ host, http: { paths: [path('/', 'a')] } }));
    await scene.ingress('web', { rules, tls: [{ hosts: ['one.example'], secretName: 'one' }, { hosts: ['*.wild.example'], secretName: 'wild' }, { hosts: ['none.example'], secretName: 'none' }] });
    const ask = (host: string) => scene.ask(`https://${host}/`, { ca: authority.certificate });
    assert.deepEqual(await Promise.all(['one.example', 'x.wild.example'].map(async (host) => { const { body, secureName } = await ask(host); return [body, secureName]; })), [['https', 'DNS:one.example'], ['https', 'DNS:*.wild.example']]);
    await assert.rejects(ask('none.example'));
    await assert.rejects(ask('unknown.example'));
    assert.deepEqual((await scene.world.client.list(events)).items.map(({ reason, message }) => `${reason} ${message}`), ['NoCertificate there is no Secret default/none of type kubernetes.io/tls']);
    await scene.world.client.patch(secrets, { namespace: 'default', name: 'one' }, { type: 'merge', value: { stringData: await pair('one.example', 'new.example') } });
    await scene.settle();
    assert.equal((await ask('one.example')).secureName, 'DNS:one.example, DNS:new.example');
  });
});

describe('status of an ingress', () => {
  it('follows the Service that the proxy is reached by', async () => {
    await using scene = await IngressScene.start({ namespace: 'default', name: 'front' });
    await scene.ingress('web', { rules: [{ host: 'web.example' }] });
    assert.deepEqual(await scene.addresses('web'), []);
    const { client } = scene.world;
    await client.create(services, { apiVersion: 'v1', kind: 'Service', metadata: { namespace: 'default', name: 'front' }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } });
    await client.patch(services, { namespace: 'default', name: 'front' }, { type: 'merge', value: { status: { loadBalancer: { ingress: [{ ip: '192.0.2.7' }] } } } }, { subresource: 'status' });
    assert.deepEqual(await scene.addresses('web'), [{ ip: '192.0.2.7' }]);
  });
});
