import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { after, describe, test } from 'node:test';
import { silentLogger } from '../base/logger.ts';
import { RealClock } from '../base/real-clock.ts';
import { VirtualClock } from '../base/virtual-clock.ts';
import type { KeyPair } from '../pki/key-pair.ts';
import { createAuthority, issueCertificate } from '../pki/certificate.ts';
import { createMemoryPki } from '../pki/pki.ts';
import { TestServer } from '../apiserver/testing/server.ts';
import { ServingIdentity } from './serving-identity.ts';

const folder = mkdtempSync(join(tmpdir(), 'coxswain-identity-'));
after(() => rmSync(folder, { recursive: true }));
const lifetime = { notBeforeMs: new RealClock().now() - 1000, notAfterMs: new RealClock().now() + 86_400_000 };
const authority = await createAuthority({ commonName: 'test', ...lifetime });
const issue = (commonName: string, ...names: string[]): Promise<KeyPair> => issueCertificate(authority, { commonName, names, usages: ['server'], ...lifetime });
const own = await issue('own', '127.0.0.1');

function write(name: string, pair: KeyPair): readonly [cert: string, key: string] {
  const files = [join(folder, `${name}.crt`), join(folder, `${name}.key`)] as const;
  writeFileSync(files[0], pair.certificate);
  writeFileSync(files[1], pair.key);
  return files;
}

const shown = (socket: TLSSocket): string => /CN=(.*)/.exec(new X509Certificate(socket.getPeerCertificate().raw).subject)![1]!;

async function dial(port: number, more: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...more });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  return socket;
}

async function nameShown(port: number, more: ConnectionOptions = {}): Promise<string> {
  const socket = await dial(port, more);
  const name = shown(socket);
  socket.destroy();
  return name;
}

describe('what the API server proves itself with', () => {
  test('follows its files; a key that does not fit changes nothing; open connections stay', async () => {
    const clock = new VirtualClock();
    const [tlsCertFile, tlsPrivateKeyFile] = write('main', await issue('first', '127.0.0.1'));
    const named = write('named', await issue('named-first', 'api.example.org'));
    const plain = write('plain', await issue('by-its-own-name', 'other.example.org'));
    using identity = await ServingIdentity.open({
      settings: { tlsCertFile, tlsPrivateKeyFile, tlsSniCertKey: [`${named.join(',')}:*.example.com,api.example.org`, plain.join(',')] },
      own, authority: authority.certificate, clock, logger: silentLogger,
    });
    await using server = await TestServer.start();
    const { port } = await server.server.listen(identity.current);
    identity.onChange = (changed) => server.server.identify(changed);
    assert.equal(await nameShown(port), 'first');
    assert.equal(await nameShown(port, { servername: 'a.example.com' }), 'named-first');
    assert.equal(await nameShown(port, { servername: 'a.b.example.com' }), 'first', 'a star is one label');
    assert.equal(await nameShown(port, { servername: 'api.example.org' }), 'named-first');
    assert.equal(await nameShown(port, { servername: 'other.example.org' }), 'by-its-own-name');

    const open = await dial(port, { ALPNProtocols: ['http/1.1'] });
    const second = await issue('second', '127.0.0.1');
    writeFileSync(tlsCertFile, second.certificate);
    await identity.reread();
    assert.equal(await nameShown(port), 'first', 'its key has not come yet');
    writeFileSync(tlsPrivateKeyFile, second.key);
    write('named', await issue('named-second', 'api.example.org'));
    // By its own poll: how long reading takes is the disk's to say.
    for (let i = 0; i < 1000 && (await nameShown(port)) !== 'second'; i++) await clock.advance(60_000);
    await identity.reread();
    assert.equal(await nameShown(port), 'second');
    assert.equal(await nameShown(port, { servername: 'api.example.org' }), 'named-second');

    assert.equal(open.destroyed, false);
    const answer = new Promise<string>((resolve) => { open.once('data', (chunk: Buffer) => resolve(chunk.toString())); });
    open.write('GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n');
    assert.match(await answer, /^HTTP\/1\.1 200 OK/);
    open.destroy();
  });

  test('is the cluster\'s own pair without files, renewed while it runs', async () => {
    using identity = await ServingIdentity.open({ settings: {}, own, authority: authority.certificate, clock: new VirtualClock(), logger: silentLogger });
    await using server = await TestServer.start();
    const { port } = await server.server.listen(identity.current);
    identity.onChange = (changed) => server.server.identify(changed);
    assert.equal(await nameShown(port), 'own');
    identity.renew(await issue('renewed', '127.0.0.1'));
    assert.equal(await nameShown(port), 'renewed');
  });

  test('client authorities come and go with their file', async () => {
    const file = join(folder, 'client-ca.crt');
    const other = await createAuthority({ commonName: 'other', ...lifetime });
    writeFileSync(file, other.certificate);
    using identity = await ServingIdentity.open({ settings: { clientCaFile: file }, own, authority: authority.certificate, clock: new VirtualClock(), logger: silentLogger });
    const told: string[] = [];
    identity.onClientCa = (bundle) => told.push(bundle);
    assert.ok(identity.clientCa.includes(other.certificate.trim()) && identity.clientCa.includes(authority.certificate.trim()));
    writeFileSync(file, 'nothing of use');
    await identity.reread();
    assert.equal(told.length, 0);
    const third = await createAuthority({ commonName: 'third', ...lifetime });
    writeFileSync(file, third.certificate);
    await identity.reread();
    assert.equal(told.length, 1);
    assert.ok(told[0]!.includes(third.certificate.trim()) && !told[0]!.includes(other.certificate.trim()) && told[0]!.includes(authority.certificate.trim()));
  });

  for (const [name, settings, message] of [
    ['a certificate without its key', { tlsCertFile: 'x' }, '--tls-cert-file and --tls-private-key-file go together: give both or none'],
    ['a file that is not there', { tlsCertFile: '/nowhere/a', tlsPrivateKeyFile: '/nowhere/b' }, /^--tls-cert-file: ENOENT/],
    ['a client authority that is none', { clientCaFile: import.meta.filename.replace('.test', '') }, '--client-ca-file: the file holds no certificates'],
  ] as const) {
    test(`${name} is refused`, async () => {
      await assert.rejects(ServingIdentity.open({ settings, own, authority: authority.certificate, clock: new VirtualClock(), logger: silentLogger }), { message });
    });
  }
});

test('pairs that are about to expire are made anew, others stay', async () => {
  const clock = new VirtualClock();
  const pki = await createMemoryPki({ clock, apiServerNames: [] });
  assert.deepEqual(await pki.renewed(), { apiServer: pki.apiServer, apiServerKubeletClient: pki.apiServerKubeletClient, frontProxyClient: pki.frontProxyClient, admin: pki.admin });
  await clock.advance(336 * 86_400_000);
  const { apiServer, admin } = await pki.renewed();
  assert.notEqual(apiServer.certificate, pki.apiServer.certificate);
  assert.notEqual(admin.certificate, pki.admin.certificate);
  assert.ok(new X509Certificate(apiServer.certificate).validToDate.getTime() > clock.now() + 364 * 86_400_000);
});
