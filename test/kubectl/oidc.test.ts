import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { keyPairs } from './key-pairs.ts';
import { runOurs } from './run-ours.ts';

test('kubectl renews the id token of its user and keeps it in the kubeconfig, as its owner wrote it otherwise', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'coxswain-oidc-'));
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const renewed = `${part({ alg: 'RS256' })}.${part({ exp: 4_000_000_000 })}.signature`;
  const shown: (string | undefined)[] = [];
  const issuer = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/issuer/.well-known/openid-configuration') return void response.end(JSON.stringify({ token_endpoint: `${url()}/issuer/token` }));
    response.end(JSON.stringify({ id_token: renewed, refresh_token: 'second' }));
  });
  // Where everybody on the way can read, nobody says who they are.
  const { 'tls.crt': cert = '', 'tls.key': key = '' } = await keyPairs();
  const server = createSecureServer({ cert, key }, (request, response) => {
    response.setHeader('content-type', 'application/json');
    shown.push(request.headers.authorization);
    response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Success' }));
  });
  const url = (): string => `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
  for (const one of [issuer, server]) await new Promise<void>((resolve) => { one.listen(0, '127.0.0.1', resolve); });
  try {
    const kubeconfig = join(folder, 'config');
    writeFileSync(kubeconfig, `# mine
apiVersion: v1
kind: Config
current-context: here
contexts:
- {name: here, context: {cluster: one, user: me}} # the only one
clusters:
- {name: one, cluster: {server: "https://127.0.0.1:${(server.address() as AddressInfo).port}", insecure-skip-tls-verify: true}}
users:
- name: me
  user:
    auth-provider:
      name: oidc
      config:
        client-id: kubectl
        idp-issuer-url: ${url()}/issuer
        refresh-token: first
`, { mode: 0o600 });
    for (let call = 0; call < 2; call++) {
      const { code, stderr } = await runOurs(['get', '--raw', '/livez'], { environment: { KUBECONFIG: kubeconfig, PATH: '' }, folder });
      assert.equal(code, 0, stderr);
    }
    assert.deepEqual(shown, [`Bearer ${renewed}`, `Bearer ${renewed}`]);
    const text = readFileSync(kubeconfig, 'utf8');
    assert.match(text, /^# mine\n[^]*# the only one\n[^]*refresh-token: second\n/);
    assert.ok(text.includes(`id-token: ${renewed}`));
    assert.equal(statSync(kubeconfig).mode & 0o777, 0o600);
  } finally {
    for (const one of [issuer, server]) one.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
