import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import test from 'node:test';
import { RealClock } from '../../base/real-clock.ts';
import { testPki } from '../testing/serving-certificate.ts';
import { TestServer } from '../testing/server.ts';
import { TlsKubeletDialer } from './kubelet-dialer.ts';

/** A kubelet that tells what it was asked, and echoes what comes over an upgraded connection. */
async function fakeKubelet(address = '127.0.0.1'): Promise<{ port: number; seen: string[]; [Symbol.dispose](): void }> {
  const pki = await testPki();
  const { serving } = await pki.kubelet('n', [address]);
  const seen: string[] = [];
  const server = createServer({ key: serving.key, cert: serving.certificate, ca: pki.ca.certificate, requestCert: true, rejectUnauthorized: true }, (incoming, outgoing) => {
    seen.push(`${incoming.method} ${incoming.url} as ${(incoming.socket as TLSSocket).getPeerCertificate().subject.CN}`);
    outgoing.setHeader('content-type', 'text/plain');
    outgoing.write('one\n');
    outgoing.end('two\n');
  });
  server.on('upgrade', (incoming, socket) => {
    seen.push(`${incoming.method} ${incoming.url} ${incoming.headers.authorization ?? 'no token'} ${incoming.headers['x-stream-protocol-version'] ?? ''}`);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, seen, [Symbol.dispose]: () => { server.close(); server.closeAllConnections(); } };
}

test('logs and upgraded connections reach the kubelet over TLS, without the client\'s token', async () => {
  const pki = await testPki();
  using kubelet = await fakeKubelet();
  using dialer = new TlsKubeletDialer({ clock: new RealClock(), cert: pki.apiServerKubeletClient.certificate, key: pki.apiServerKubeletClient.key, ca: pki.ca.certificate });
  await using api = await TestServer.start({ clock: new RealClock(), kubelet: dialer, authenticators: [{ name: 't', authenticate: () => ({ name: 'admin', groups: ['system:masters'] }) }] });
  const { port } = await api.server.listen({ key: pki.apiServer.key, cert: pki.apiServer.certificate });
  const node = { metadata: { name: 'n' }, status: { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }], daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } } } };
  await api.create('/api/v1/nodes', node);
  await api.patch('/api/v1/nodes/n/status', { status: node.status });
  const pods = '/api/v1/namespaces/default/pods';
  await api.create(pods, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
  await api.create(`${pods}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } });

  assert.equal(await api.get(`${pods}/p/log?follow=true`), 'one\ntwo\n');
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  socket.write(`POST ${pods}/p/exec?command=sh&command=-c&stdin=true&stdout=1&tty=false HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nContent-Length: 0\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n`);
  const [head] = await once(socket, 'data') as [Buffer];
  assert.match(head.toString(), /^HTTP\/1\.1 101 /);
  socket.write('ping');
  const [echo] = await once(socket, 'data') as [Buffer];
  assert.equal(echo.toString(), 'ping');
  socket.destroy();
  assert.deepEqual(kubelet.seen, [
    'GET /containerLogs/default/p/c?follow=true as kube-apiserver-kubelet-client',
    'POST /exec/default/p/c?command=sh&command=-c&input=1&output=1 no token v4.channel.k8s.io',
  ]);
});

test('who does not care whether it is the kubelet gets logs from whoever is there', async () => {
  const pki = await testPki();
  using kubelet = await fakeKubelet('127.0.0.2');
  using dialer = new TlsKubeletDialer({ clock: new RealClock(), cert: pki.apiServerKubeletClient.certificate, key: pki.apiServerKubeletClient.key, ca: pki.ca.certificate });
  const target = { nodeName: 'n', address: '127.0.0.1', port: kubelet.port };
  const { signal } = new AbortController();
  await assert.rejects(dialer.get(target, '/containerLogs/a/b/c', { signal }), /Hostname\/IP does not match certificate's altnames/);
  const answer = await dialer.get(target, '/containerLogs/a/b/c', { signal, insecure: true });
  assert.equal(answer.kind === 'raw' && answer.code, 200);
  assert.ok(answer.kind === 'raw' && typeof answer.body === 'object' && Symbol.asyncIterator in answer.body);
  let text = '';
  for await (const chunk of answer.body) text += Buffer.from(chunk).toString();
  assert.equal(text, 'one\ntwo\n');
});
