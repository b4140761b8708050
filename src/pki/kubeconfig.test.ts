import assert from 'node:assert/strict';
import { lstat, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { buildKubeconfig, defaultKubeconfigPath, mergeKubeconfig, removeFromKubeconfig, writeKubeconfig } from './kubeconfig.ts';

const entry = { server: 'https://127.0.0.1:6443', authority: 'CA', user: { name: 'coxswain', credentials: { certificate: 'CERT', key: 'KEY' } }, clusterName: 'coxswain', contextName: 'coxswain' };
const ours = { clusterName: 'coxswain', userName: 'coxswain', contextName: 'coxswain' };

const foreign = `# my clusters
apiVersion: v1
kind: Config
clusters:
- name: work   # the important one
  cluster:
    server: https://work:6443
users:
- name: me
  user: { token: secret }
contexts:
- context: { cluster: work, user: me }
  name: work
current-context: work
`;

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('a kubeconfig of its own embeds everything', () => {
  const config = parse(buildKubeconfig(entry)) as Record<string, never>;
  assert.deepEqual(config, {
    apiVersion: 'v1', kind: 'Config', preferences: {},
    clusters: [{ name: 'coxswain', cluster: { 'certificate-authority-data': 'Q0E=', server: 'https://127.0.0.1:6443' } }],
    users: [{ name: 'coxswain', user: { 'client-certificate-data': 'Q0VSVA==', 'client-key-data': 'S0VZ' } }],
    contexts: [{ name: 'coxswain', context: { cluster: 'coxswain', user: 'coxswain' } }],
    'current-context': 'coxswain',
  });
});

test('a file is written for its owner alone', () => inFolder(async (folder) => {
  await writeKubeconfig(join(folder, 'admin.kubeconfig'), entry);
  assert.equal((await stat(join(folder, 'admin.kubeconfig'))).mode & 0o777, 0o600);
}));

test('merging keeps what is there, comments too; removing gives it back', () => inFolder(async (folder) => {
  const path = join(folder, 'config');
  await writeFile(path, foreign);
  assert.equal((await mergeKubeconfig(path, entry)).kind, 'written');
  const merged = await readFile(path, 'utf8');
  assert.match(merged, /# my clusters/);
  assert.match(merged, /# the important one/);
  const config = parse(merged) as { clusters: { name: string }[]; 'current-context': string };
  assert.deepEqual(config.clusters.map((one) => one.name), ['work', 'coxswain']);
  assert.equal(config['current-context'], 'coxswain');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal((await mergeKubeconfig(path, entry)).kind, 'unchanged');
  assert.equal((await mergeKubeconfig(path, { ...entry, server: 'https://127.0.0.1:7443' })).kind, 'written');
  assert.equal((parse(await readFile(path, 'utf8')) as { clusters: unknown[] }).clusters.length, 2);
  assert.equal((await removeFromKubeconfig(path, ours)).kind, 'written');
  const removed = await readFile(path, 'utf8');
  assert.deepEqual(parse(removed), { ...(parse(foreign) as object), 'current-context': '' });
  assert.match(removed, /# the important one/);
  assert.equal((await removeFromKubeconfig(path, ours)).kind, 'unchanged');
}));

test('a missing or empty file is made, a link stays a link', () => inFolder(async (folder) => {
  const path = join(folder, '.kube', 'config');
  assert.equal((await mergeKubeconfig(path, entry)).kind, 'written');
  assert.equal((parse(await readFile(path, 'utf8')) as { kind: string }).kind, 'Config');
  await writeFile(join(folder, 'empty'), '');
  await symlink(join(folder, 'empty'), join(folder, 'link'));
  assert.equal((await mergeKubeconfig(join(folder, 'link'), entry)).kind, 'written');
  assert.ok((await lstat(join(folder, 'link'))).isSymbolicLink());
  assert.equal((parse(await readFile(join(folder, 'empty'), 'utf8')) as { contexts: unknown[] }).contexts.length, 1);
}));

test('null lists, as kubectl writes them, are filled; a file in JSON is understood', () => inFolder(async (folder) => {
  const path = join(folder, 'config');
  await writeFile(path, 'apiVersion: v1\nkind: Config\nclusters: null\ncontexts: null\nusers: null\ncurrent-context: ""\npreferences: {}\n');
  assert.equal((await mergeKubeconfig(path, entry)).kind, 'written');
  assert.equal((parse(await readFile(path, 'utf8')) as { users: unknown[] }).users.length, 1);
  await writeFile(path, '{"apiVersion": "v1", "kind": "Config", "clusters": [], "users": [], "contexts": []}');
  assert.equal((await mergeKubeconfig(path, entry)).kind, 'written');
  assert.equal((parse(await readFile(path, 'utf8')) as { users: unknown[] }).users.length, 1);
}));

test('what cannot be understood is left as it is, with a warning of one line', () => inFolder(async (folder) => {
  const path = join(folder, 'config');
  for (const text of ['clusters: [\n  oops: {', 'just text\n', 'clusters: 7\n', 'a: 1\n---\nb: 2\n']) {
    await writeFile(path, text);
    const result = await mergeKubeconfig(path, entry);
    assert.equal(result.kind, 'refused', text);
    assert.ok(result.kind === 'refused' && !result.warning.includes('\n') && result.warning.includes(path), text);
    assert.equal(await readFile(path, 'utf8'), text);
  }
  await writeFile(path, foreign);
  await writeFile(`${path}.lock`, '');
  assert.equal((await mergeKubeconfig(path, entry)).kind, 'refused');
  assert.equal(await readFile(path, 'utf8'), foreign);
}));

test('the file is the first of $KUBECONFIG, else the one at home', () => {
  assert.equal(defaultKubeconfigPath({ KUBECONFIG: ':/a:/b' }, '/root'), '/a');
  assert.equal(defaultKubeconfigPath({}, '/root'), '/root/.kube/config');
});
