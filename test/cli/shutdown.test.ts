import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect } from 'node:tls';
import { test } from 'node:test';
import { RealClock } from '../../src/base/real-clock.ts';
import { createAuthority, issueCertificate } from '../../src/pki/certificate.ts';
import { Sandbox } from './program.ts';

/** Begins a request; the answer's head. */
function begin(port: number, path: string, token = 'secret'): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, agent: false, rejectUnauthorized: false, headers: { authorization: `Bearer ${token}` } }, resolve).on('error', reject).end();
  });
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of incoming.setEncoding('utf8')) text += chunk as string;
  return text;
}

const codeOf = async (port: number, path: string, token?: string): Promise<number> => {
  const incoming = await begin(port, path, token);
  incoming.resume();
  return incoming.statusCode!;
};

test('a server that is told to stop is not ready any more, serves on for its delay, ends its watches in peace, and exits with 0', { timeout: 60_000 }, async () => {
  await using sandbox = new Sandbox();
  writeFileSync(sandbox.path('tokens.csv'), 'secret,admin,1,system:masters\n');
  const server = sandbox.start(['apiserver', '--port', '0', '--data-dir', sandbox.path('data'), '--token-auth-file', sandbox.path('tokens.csv'), '--shutdown-delay-duration', '1500ms', '--shutdown-watch-termination-grace-period', '2s']);
  const port = Number((await server.says(/at https:\/\/127\.0\.0\.1:(\d+)/))[1]);
  assert.equal(await codeOf(port, '/readyz'), 200);
  const watch = await begin(port, '/api/v1/namespaces?watch=1');
  const watched = textOf(watch);
  const stopped = server.stop();
  await server.says(/stopping/);
  while (await codeOf(port, '/readyz') !== 500);
  assert.equal(await codeOf(port, '/livez'), 200);
  assert.equal(await codeOf(port, '/api/v1/namespaces'), 200, 'what comes during the delay is served');
  const text = await watched;
  assert.match(text, /"type":"ADDED"/, 'the watch ended without being cut');
  assert.equal(await stopped, 0);
  await assert.rejects(codeOf(port, '/livez'), { code: 'ECONNREFUSED' });
  assert.match(server.stdout, /stopped\n$/);
});

test('a second signal does not wait', { timeout: 60_000 }, async () => {
  await using sandbox = new Sandbox();
  const server = sandbox.start(['apiserver', '--port', '0', '--store', 'memory', '--data-dir', sandbox.path('data'), '--shutdown-delay-duration', '1h']);
  await server.says(/Ctrl-C/);
  void server.stop();
  await server.says(/stopping/);
  assert.equal(await server.stop('SIGINT'), 130);
});

test('certificates and tokens are taken from their files as they change', { timeout: 60_000 }, async () => {
  await using sandbox = new Sandbox();
  const nowMs = new RealClock().now();
  const lifetime = { notBeforeMs: nowMs - 1000, notAfterMs: nowMs + 86_400_000 };
  const authority = await createAuthority({ commonName: 'test', ...lifetime });
  const issue = async (commonName: string): Promise<void> => {
    const pair = await issueCertificate(authority, { commonName, names: ['127.0.0.1'], usages: ['server'], ...lifetime });
    writeFileSync(sandbox.path('serving.crt'), pair.certificate);
    writeFileSync(sandbox.path('serving.key'), pair.key);
  };
  await issue('before');
  writeFileSync(sandbox.path('tokens.csv'), 'secret,admin,1,system:masters\n');
  const server = sandbox.start(['apiserver', '--port', '0', '--store', 'memory', '--data-dir', sandbox.path('data'), '--token-auth-file', sandbox.path('tokens.csv'), '--tls-cert-file', sandbox.path('serving.crt'), '--tls-private-key-file', sandbox.path('serving.key'), '--tls-min-version', 'VersionTLS13']);
  const port = Number((await server.says(/at https:\/\/127\.0\.0\.1:(\d+)/))[1]);
  const shown = async (): Promise<string> => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { subject } = new X509Certificate(socket.getPeerCertificate().raw);
    socket.destroy();
    return subject;
  };
  assert.equal(await shown(), 'CN=before');
  await issue('after');
  while ((await shown()) !== 'CN=after');
  assert.equal(await codeOf(port, '/api/v1/namespaces', 'other'), 401);
  writeFileSync(sandbox.path('tokens.csv'), 'other,admin,1,system:masters\n');
  while ((await codeOf(port, '/api/v1/namespaces', 'other')) !== 200);
  assert.equal(await codeOf(port, '/api/v1/namespaces', 'secret'), 401);
  const old = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, maxVersion: 'TLSv1.2' });
  await assert.rejects(once(old, 'secureConnect'), /alert protocol version|EPROTO|ECONNRESET/);
  assert.equal(await server.stop(), 0);
});
