import assert from 'node:assert/strict';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { before, after, describe, test } from 'node:test';
import { configmaps } from '../../src/api/resources.ts';
import { SystemRandom } from '../../src/base/random.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import { loadKubeconfig } from '../../src/client/kubeconfig.ts';
import { createHttpClient } from '../../src/client/transports/http.ts';
import type { Running } from './program.ts';
import { Sandbox } from './program.ts';

const connect = async (kubeconfig: string): Promise<ReturnType<typeof createHttpClient>> => createHttpClient({ ...await loadKubeconfig(kubeconfig), clock: new RealClock(), random: new SystemRandom() });

describe('the data directory', () => {
  let sandbox: Sandbox;
  let data: string;
  const args = (): string[] => ['apiserver', '--port', '0', '--data-dir', data];
  /** What `apiserver` says when it cannot start, and that it is one line. */
  const refusal = async (options: { readonly args?: readonly string[] } = {}): Promise<string> => {
    const { code, stdout, stderr } = await sandbox.run(options.args ?? args());
    assert.equal(code, 1, stdout + stderr);
    assert.match(stderr, /^error: [^\n]+\n$/);
    return stderr;
  };
  const started = async (): Promise<Running> => {
    const server = sandbox.start(args());
    await server.says(/Ctrl-C/);
    return server;
  };
  before(async () => {
    sandbox = new Sandbox();
    data = sandbox.path('data');
    const server = await started();
    const client = await connect(join(data, 'admin.kubeconfig'));
    await client.create(configmaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept', namespace: 'default' }, data: { a: 'b' } });
    client.close();
    assert.equal(await server.stop(), 0);
  });
  after(() => sandbox[Symbol.asyncDispose]());

  test('nobody else can read what is in it', () => {
    assert.equal(statSync(data).mode & 0o777, 0o700);
    const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    assert.ok(files.length > 10);
    for (const file of files) assert.equal((statSync(join(file.parentPath, file.name)).mode & 0o077).toString(8), '0', join(file.parentPath, file.name));
  });

  test('a second cluster on it is refused; the first goes on', { timeout: 120_000 }, async () => {
    const server = await started();
    const expected = `error: a cluster is running on ${data} already (process ${server.pid}); stop it, or choose another --data-dir\n`;
    assert.equal(await refusal(), expected);
    assert.match(await refusal({ args: ['reset', '--data-dir', data] }), new RegExp(`a cluster .*running on ${data} \\(process ${server.pid}\\); stop it first: kill ${server.pid}\n$`));
    // Its record lost, the store itself still knows.
    rmSync(join(data, 'coxswain.pid'));
    assert.match(await refusal(), /store\.db is in use by another process: stop it, or choose another data directory\n$/);
    const client = await connect(join(data, 'admin.kubeconfig'));
    assert.deepEqual((await client.get(configmaps, { namespace: 'default', name: 'kept' })).data, { a: 'b' });
    client.close();
    assert.equal(await server.stop(), 0);
  });

  test('a process that died and left its record does not stand in the way', { timeout: 120_000 }, async () => {
    const server = await started();
    await server.kill();
    assert.ok(existsSync(join(data, 'coxswain.pid')));
    assert.equal(await (await started()).stop(), 0);
  });

  test('a store file that is damaged is said, and left as it is', { timeout: 120_000 }, async () => {
    const path = join(data, 'store/store.db');
    const good = readFileSync(path);
    try {
      writeFileSync(path, Buffer.from('this was a database once, and now it is a text of many words'.repeat(40)));
      assert.match(await refusal(), /store\.db is damaged \(file is not a database\): restore it from a backup, or move it away to start with an empty store\n$/);
      writeFileSync(path, good);
      const file = openSync(path, 'r+');
      writeSync(file, Buffer.alloc(12_000, 0x5a), 0, 12_000, 8192);
      closeSync(file);
      const damaged = readFileSync(path);
      assert.match(await refusal(), /store\.db is damaged \([^\n]*\): restore it/);
      assert.ok(readFileSync(path).equals(damaged), 'the damaged file is left as it is');
    } finally {
      writeFileSync(path, good);
    }
    const server = await started();
    const client = await connect(join(data, 'admin.kubeconfig'));
    assert.deepEqual((await client.get(configmaps, { namespace: 'default', name: 'kept' })).data, { a: 'b' });
    client.close();
    assert.equal(await server.stop(), 0);
  });

  test('authority files that are damaged, alone or another\'s are said, and left as they are', { timeout: 120_000 }, async () => {
    const file = (name: string): string => join(data, 'pki', name);
    const names = ['ca.crt', 'ca.key', 'sa.key', 'sa.pub', 'front-proxy-ca.key'];
    const good = new Map(names.map((name) => [name, readFileSync(file(name))]));
    const restore = (): void => { for (const [name, content] of good) writeFileSync(file(name), content, { mode: 0o600 }); };
    try {
      for (const [spoil, message] of [
        [() => writeFileSync(file('ca.crt'), 'nonsense'), /ca\.crt and ca\.key cannot be used \([^\n]*\): restore them, or remove the whole pki folder to start anew/],
        [() => writeFileSync(file('ca.key'), good.get('front-proxy-ca.key')!), /ca\.crt and ca\.key cannot be used \(key and certificate do not belong together\)/],
        [() => unlinkSync(file('ca.key')), /ca\.crt exists but ca\.key does not: restore it, or remove the whole pki folder to start anew/],
        [() => writeFileSync(file('sa.key'), ''), /sa\.key is not a private key: restore it/],
        [() => unlinkSync(file('sa.key')), /sa\.pub exists but sa\.key does not/],
      ] as const) {
        spoil();
        const before = readdirSync(join(data, 'pki')).toSorted();
        assert.match(await refusal(), message);
        assert.deepEqual(readdirSync(join(data, 'pki')).toSorted(), before);
        restore();
      }
    } finally {
      restore();
    }
    // A leaf that is damaged or signed by somebody else is simply made again.
    writeFileSync(file('admin.crt'), readFileSync(file('front-proxy-ca.crt')));
    writeFileSync(file('apiserver.key'), 'nonsense');
    const server = await started();
    const client = await connect(join(data, 'admin.kubeconfig'));
    await client.get(configmaps, { namespace: 'default', name: 'kept' });
    client.close();
    assert.equal(await server.stop(), 0);
  });

  test('a place that cannot be one', { timeout: 120_000 }, async () => {
    writeFileSync(sandbox.path('file'), 'mine');
    assert.match(await refusal({ args: ['apiserver', '--port', '0', '--data-dir', sandbox.path('file')] }), /^error: cannot use the data directory .*\/file: ENOTDIR[^\n]*; choose another with --data-dir\n$/);
    assert.match(await refusal({ args: ['apiserver', '--port', '0', '--data-dir', sandbox.path('file/below')] }), /^error: cannot use the data directory .*\/below: ENOTDIR[^\n]*; choose another with --data-dir\n$/);
    assert.match(await refusal({ args: ['apiserver', '--port', '0', '--data-dir', '/proc/coxswain'] }), /^error: cannot use the data directory \/proc\/coxswain: ENOENT[^\n]*; choose another with --data-dir\n$/);
    assert.equal(readFileSync(sandbox.path('file'), 'utf8'), 'mine');
    // Files where folders belong.
    const odd = sandbox.path('odd');
    mkdirSync(odd);
    writeFileSync(join(odd, 'pki'), '');
    assert.match(await refusal({ args: ['apiserver', '--port', '0', '--data-dir', odd] }), /^error: cannot use the data directory [^\n]*: ENOTDIR[^\n]*\/pki\/[^\n]*; choose another with --data-dir\n$/);
  });

  test('a folder that is there already keeps its mode', { timeout: 120_000 }, async () => {
    const shared = sandbox.path('shared');
    mkdirSync(shared);
    chmodSync(shared, 0o1777);
    const server = sandbox.start(['apiserver', '--port', '0', '--store', 'memory', '--data-dir', shared]);
    await server.says(/Ctrl-C/);
    assert.equal(await server.stop(), 0);
    assert.equal(statSync(shared).mode & 0o7777, 0o1777);
    assert.equal(statSync(join(shared, 'admin.kubeconfig')).mode & 0o777, 0o600);
  });
});

describe('the user\'s own kubeconfig', () => {
  const mine = `# my clusters
apiVersion: v1
kind: Config
clusters:
- {name: work, cluster: {server: "https://work:6443"}}
users:
- {name: me, user: {token: secret}}
contexts:
- {name: work, context: {cluster: work, user: me}}
current-context: work
`;
  const serve = async (sandbox: Sandbox, extra: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Running> => {
    const server = sandbox.start(['server', '--port', '0', '--store', 'memory', '--data-dir', sandbox.path('data'), ...extra], { env });
    await server.says(/Ctrl-C/);
    assert.equal(await server.stop(), 0);
    return server;
  };

  test('gets a context beside what is there, and loses it again', { timeout: 120_000 }, async () => {
    await using sandbox = new Sandbox();
    const file = join(sandbox.home, '.kube/config');
    mkdirSync(join(sandbox.home, '.kube'));
    writeFileSync(file, mine, { mode: 0o644 });
    const server = await serve(sandbox, ['--write-kubeconfig', sandbox.path('copy')]);
    assert.ok(server.stdout.includes(`context "coxswain" is in ${file} and is the current one`));
    const merged = readFileSync(file, 'utf8');
    for (const kept of ['# my clusters', 'https://work:6443', 'token: secret', 'name: coxswain', 'current-context: coxswain']) assert.ok(merged.includes(kept), kept);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(statSync(sandbox.path('copy')).mode & 0o777, 0o600);
    await serve(sandbox);
    assert.equal(readFileSync(file, 'utf8').split('name: coxswain').length, merged.split('name: coxswain').length);
  });

  test('is made when there is none, where KUBECONFIG says', { timeout: 120_000 }, async () => {
    await using sandbox = new Sandbox();
    await serve(sandbox, [], { KUBECONFIG: sandbox.path('elsewhere/config') });
    assert.equal(statSync(sandbox.path('elsewhere/config')).mode & 0o777, 0o600);
    assert.ok(!existsSync(join(sandbox.home, '.kube')));
  });

  for (const [what, content] of [['broken YAML', 'clusters: [\n'], ['a list', '- a\n'], ['something else', 'clusters: 7\n']] as const) {
    test(`is left alone when it is ${what}`, { timeout: 120_000 }, async () => {
      await using sandbox = new Sandbox();
      mkdirSync(join(sandbox.home, '.kube'));
      writeFileSync(join(sandbox.home, '.kube/real'), content);
      symlinkSync('real', join(sandbox.home, '.kube/config'));
      const server = await serve(sandbox);
      assert.match(server.stdout, /^! .*\.kube\/config is not a [^\n]* and was left as it is[^\n]*$/m);
      assert.ok(server.stdout.includes(`kubectl --kubeconfig ${sandbox.path('data')}/admin.kubeconfig get nodes`));
      assert.equal(readFileSync(join(sandbox.home, '.kube/config'), 'utf8'), content);
    });
  }
});
