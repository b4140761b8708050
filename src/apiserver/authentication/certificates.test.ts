import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { createAuthority, issueCertificate } from '../../pki/certificate.ts';
import type { CertificateRequest, KeyPair } from '../../pki/key-pair.ts';
import type { Credentials, UserInfo } from './authenticator.ts';
import { clientCertificateAuthenticator } from './client-certificate.ts';
import { requestHeaderAuthenticator } from './request-header.ts';

const hourMs = 3_600_000;
const start = Date.UTC(2026, 0, 1);
const authority = (name: string): Promise<KeyPair> => createAuthority({ commonName: name, notBeforeMs: start - hourMs, notAfterMs: start + 1000 * hourMs });
const ca = await authority('ca');

const der = (pair: KeyPair): Uint8Array => new X509Certificate(pair.certificate).raw;
const client = (request: Partial<CertificateRequest> = {}, issuer = ca): Promise<Uint8Array> =>
  issueCertificate(issuer, { commonName: 'alice', organizations: ['dev', 'ops'], usages: ['client'], notBeforeMs: start - hourMs, notAfterMs: start + 10 * hourMs, ...request }).then(der);

const credentials = (clientCertificate: Uint8Array | undefined, headers: Record<string, readonly string[]> = {}): Credentials => ({
  clientCertificate,
  bearerToken: undefined,
  header: (name) => headers[name]?.join(', '),
  headerValues: (name) => headers[name] ?? [],
  headersWithPrefix: (prefix) => Object.entries(headers).filter(([name]) => name.startsWith(prefix)).map(([name, values]) => [name.slice(prefix.length), values]),
  warn: () => {}, annotate: () => {},
});

test('a certificate names its user and groups', async () => {
  const x509 = clientCertificateAuthenticator({ clientCa: ca.certificate, clock: new VirtualClock(start) });
  const user = (await x509.authenticate(credentials(await client())))!;
  assert.deepEqual([user.name, user.groups], ['alice', ['dev', 'ops', 'system:authenticated']]);
  assert.match(user.extra!['authentication.kubernetes.io/credential-id']![0]!, /^X509SHA256=[0-9a-f]{64}$/);
  const tricky = (await x509.authenticate(credentials(await client({ commonName: 'a, O=system:masters\nO=system:masters', organizations: [] }))))!;
  assert.deepEqual([tricky.name, tricky.groups], ['a, O=system:masters\nO=system:masters', ['system:authenticated']]);
});

test('who is not proven is not known', async () => {
  const clock = new VirtualClock(start);
  const x509 = clientCertificateAuthenticator({ clientCa: ca.certificate, clock });
  const cases: readonly [string, Uint8Array | undefined][] = [
    ['no certificate', undefined],
    ['rubbish', Buffer.from('rubbish')],
    ['another authority', await client({}, await authority('other'))],
    ['another authority of the same name', await client({}, await authority('ca'))],
    ['a server certificate', await client({ usages: ['server'] })],
    ['no name', await client({ commonName: '' })],
    ['not yet valid', await client({ notBeforeMs: start + hourMs })],
    ['expired', await client({ notAfterMs: start - 1000 })],
    ['signed by a client', await client({}, await issueCertificate(ca, { commonName: 'eve', usages: ['client'], notBeforeMs: start - hourMs, notAfterMs: start + hourMs }))],
  ];
  for (const [title, certificate] of cases) assert.equal(await x509.authenticate(credentials(certificate)), undefined, title);
  const good = await client();
  assert.ok(await x509.authenticate(credentials(good)));
  await clock.advance(11 * hourMs);
  assert.equal(await x509.authenticate(credentials(good)), undefined, 'a remembered verdict expires');
});

test('a front proxy is believed when it proves itself', async () => {
  const clock = new VirtualClock(start);
  const proxy = requestHeaderAuthenticator({ clock, clientCa: ca.certificate, allowedNames: ['front-proxy-client'] });
  const headers = {
    'x-remote-user': ['bob'], 'x-remote-uid': ['7'], 'x-remote-group': ['dev', 'a, b', ''],
    'x-remote-extra-acme.com%2fproject': ['x', 'y'], 'x-remote-extra-scopes': ['z'], 'x-remote-extra-__proto__': ['p'],
  };
  const trusted = await client({ commonName: 'front-proxy-client', organizations: [] });
  assert.deepEqual(await proxy.authenticate(credentials(trusted, headers)), {
    name: 'bob', uid: '7', groups: ['dev', 'a, b', 'system:authenticated'],
    extra: Object.fromEntries([['acme.com/project', ['x', 'y']], ['scopes', ['z']], ['__proto__', ['p']]]),
  } satisfies UserInfo);
  assert.equal(await proxy.authenticate(credentials(trusted)), undefined);
  assert.equal(await proxy.authenticate(credentials(trusted, { ...headers, 'x-remote-user': [''] })), undefined);
  assert.equal(await proxy.authenticate(credentials(await client(), headers)), undefined);
  assert.equal(await proxy.authenticate(credentials(undefined, headers)), undefined);
  const renamed = requestHeaderAuthenticator({ clock, clientCa: ca.certificate, headers: { username: ['X-Other', 'X-User'], group: ['X-Group', 'X-Team'] } });
  assert.deepEqual(await renamed.authenticate(credentials(await client(), { 'x-user': ['eve'], 'x-group': ['g'], 'x-team': ['t'], 'x-remote-group': ['no'] })), { name: 'eve', groups: ['g', 't', 'system:authenticated'] });
  await clock.advance(11 * hourMs);
  assert.equal(await proxy.authenticate(credentials(trusted, headers)), undefined, 'a remembered proxy expires');
});
