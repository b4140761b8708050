import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadKubeconfig } from './kubeconfig.ts';

const text = `
apiVersion: v1
kind: Config
current-context: main
contexts:
- name: main
  context: { cluster: c, user: u, namespace: team }
- name: other
  context: { cluster: c, user: t }
- name: cloud
  context: { cluster: c, user: e }
- name: lost
  context: { cluster: nowhere, user: t }
clusters:
- name: c
  cluster: { server: 'https://127.0.0.1:6443', certificate-authority: ca.crt }
users:
- name: u
  user: { client-certificate-data: ${Buffer.from('CERT').toString('base64')}, client-key-data: ${Buffer.from('KEY').toString('base64')} }
- name: t
  user: { tokenFile: token }
- name: e
  user: { exec: { command: get-token } }
`;

describe('kubeconfig', () => {
  it('resolves contexts, embedded data and files beside it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
    try {
      const file = join(folder, 'config');
      writeFileSync(file, text);
      writeFileSync(join(folder, 'ca.crt'), 'CA');
      writeFileSync(join(folder, 'token'), 'first\n');
      assert.deepEqual(await loadKubeconfig(file), { server: 'https://127.0.0.1:6443', ca: 'CA', clientCertificate: 'CERT', clientKey: 'KEY', namespace: 'team' });
      const { token } = await loadKubeconfig(file, { context: 'other' });
      assert.ok(typeof token === 'function');
      assert.equal(token(), 'first');
      // A token that is rotated is read anew.
      writeFileSync(join(folder, 'token'), 'second\n');
      assert.equal(token(), 'second');
      await assert.rejects(loadKubeconfig(file, { context: 'cloud' }), /not supported: exec credential plugins/);
      await assert.rejects(loadKubeconfig(file, { context: 'lost' }), /cluster "nowhere" does not exist/);
      await assert.rejects(loadKubeconfig(file, { context: 'nope' }), /context "nope" does not exist/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
