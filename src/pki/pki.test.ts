import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { VirtualClock } from '../base/virtual-clock.ts';
import { RealClock } from '../base/real-clock.ts';
import { createMemoryPki, ensurePki, PkiError } from './pki.ts';

const dayMs = 86_400_000;
const names = ['node-1', '10.96.0.1', '192.168.7.9', 'fd00::1'];

test('the certificates name whom they should and chain to their authority', async () => {
  const pki = await createMemoryPki({ clock: new VirtualClock(), apiServerNames: names });
  const ca = new X509Certificate(pki.ca.certificate);
  assert.ok(ca.ca);
  assert.equal(ca.subject, 'CN=kubernetes');
  const cases = [
    { pair: pki.apiServer, subject: 'CN=kube-apiserver', usage: '1.3.6.1.5.5.7.3.1' },
    { pair: pki.admin, subject: 'O=system:masters\nCN=kubernetes-admin', usage: '1.3.6.1.5.5.7.3.2' },
    { pair: await pki.component('scheduler'), subject: 'CN=system:kube-scheduler', usage: '1.3.6.1.5.5.7.3.2' },
    { pair: await pki.component('controller-manager'), subject: 'CN=system:kube-controller-manager', usage: '1.3.6.1.5.5.7.3.2' },
    { pair: await pki.component('kube-proxy'), subject: 'CN=system:kube-proxy', usage: '1.3.6.1.5.5.7.3.2' },
    { pair: (await pki.kubelet('n1', ['10.0.0.1'])).client, subject: 'O=system:nodes\nCN=system:node:n1', usage: '1.3.6.1.5.5.7.3.2' },
  ];
  for (const { pair, subject, usage } of cases) {
    const certificate = new X509Certificate(pair.certificate);
    assert.equal(certificate.subject, subject);
    assert.ok(certificate.checkIssued(ca), subject);
    assert.ok(certificate.verify(ca.publicKey), subject);
    assert.deepEqual(certificate.keyUsage, [usage]);
    assert.ok(!certificate.ca);
    assert.equal(Math.round((certificate.validToDate.getTime() - Date.UTC(2026, 0, 1)) / dayMs), 365);
  }
  const proxy = new X509Certificate((await pki.component('front-proxy-client')).certificate);
  assert.ok(proxy.verify(new X509Certificate(pki.frontProxyCa.certificate).publicKey));
  const server = new X509Certificate(pki.apiServer.certificate);
  for (const host of ['kubernetes', 'kubernetes.default.svc.cluster.local', 'localhost', 'node-1']) assert.ok(server.checkHost(host), host);
  for (const address of ['127.0.0.1', '::1', '10.96.0.1', 'fd00::1']) assert.ok(server.checkIP(address), address);
  assert.equal(server.checkHost('elsewhere'), undefined);
});

test('a TLS connection with both certificates is accepted', async () => {
  const pki = await createMemoryPki({ clock: new RealClock(), apiServerNames: [] });
  const server = createServer({ key: pki.apiServer.key, cert: pki.apiServer.certificate, ca: pki.ca.certificate, requestCert: true, rejectUnauthorized: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as { port: number };
    const peer = new Promise<string>((resolve) => server.once('secureConnection', (socket) => resolve(socket.getPeerCertificate().subject.CN as string)));
    const client = connect({ port, host: '127.0.0.1', ca: pki.ca.certificate, key: pki.admin.key, cert: pki.admin.certificate });
    client.on('error', assert.fail);
    assert.equal(await peer, 'kubernetes-admin');
    client.destroy();
  } finally {
    server.close();
  }
});

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'pki-'));
  try {
    await work(join(folder, 'pki'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('files are private, and read again without a change', () => inFolder(async (folder) => {
  const clock = new VirtualClock();
  const first = await ensurePki(folder, { clock, apiServerNames: names });
  assert.equal((await stat(folder)).mode & 0o777, 0o700);
  const files = await readdir(folder);
  for (const file of files) assert.equal((await stat(join(folder, file))).mode & 0o777, 0o600, file);
  assert.ok(['ca.crt', 'ca.key', 'apiserver.crt', 'front-proxy-ca.crt', 'sa.key', 'sa.pub', 'apiserver-kubelet-client.crt'].every((file) => files.includes(file)));
  const second = await ensurePki(folder, { clock, apiServerNames: names });
  assert.deepEqual({ ...second, kubelet: 0, component: 0, renewed: 0 }, { ...first, kubelet: 0, component: 0, renewed: 0 });
  assert.deepEqual(await second.component('scheduler'), await first.component('scheduler'));
  assert.equal((await stat(join(folder, 'scheduler.key'))).mode & 0o777, 0o600);
}));

test('what is about to expire or does not cover its names is renewed, and nothing else', () => inFolder(async (folder) => {
  const clock = new VirtualClock();
  const first = await ensurePki(folder, { clock, apiServerNames: ['a'] });
  const renamed = await ensurePki(folder, { clock, apiServerNames: ['a', 'b'] });
  assert.notEqual(renamed.apiServer.certificate, first.apiServer.certificate);
  assert.equal(renamed.admin.certificate, first.admin.certificate);
  await clock.advance(340 * dayMs);
  const later = await ensurePki(folder, { clock, apiServerNames: ['a', 'b'] });
  assert.notEqual(later.admin.certificate, first.admin.certificate);
  assert.equal(later.ca.certificate, first.ca.certificate);
  assert.equal(later.serviceAccount.privateKey, first.serviceAccount.privateKey);
  await clock.advance(3300 * dayMs);
  const decadeLater = await ensurePki(folder, { clock, apiServerNames: ['a', 'b'] });
  assert.notEqual(decadeLater.ca.certificate, first.ca.certificate);
  assert.equal(decadeLater.ca.key, first.ca.key, 'a renewed authority keeps its key, so that old clients still trust it');
  assert.ok(new X509Certificate(later.admin.certificate).verify(new X509Certificate(decadeLater.ca.certificate).publicKey));
}));

test('damage is repaired where nothing is lost, and refused with one line where a human must choose', () => inFolder(async (folder) => {
  const options = { clock: new VirtualClock(), apiServerNames: [] };
  await ensurePki(folder, options);
  await writeFile(join(folder, 'admin.crt'), 'rubbish');
  await rm(join(folder, 'apiserver.key'));
  const repaired = await ensurePki(folder, options);
  assert.equal(await readFile(join(folder, 'admin.crt'), 'utf8'), repaired.admin.certificate);
  await rm(join(folder, 'ca.key'));
  await assert.rejects(ensurePki(folder, options), (error: Error) => error instanceof PkiError && error.message.startsWith('ca.crt exists but ca.key does not'));
  await writeFile(join(folder, 'ca.key'), repaired.admin.key);
  await assert.rejects(ensurePki(folder, options), /ca.crt and ca.key cannot be used \(key and certificate do not belong together\)/);
}));
