import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadKubeconfig } from '../../src/client/kubeconfig.ts';

const root = join(import.meta.dirname, '../..');

/** Larger than this, somebody has packed what a user has no use for. */
const maxUnpackedBytes = 9_000_000;

interface Packed { readonly filename: string; readonly unpackedSize: number; readonly files: readonly { readonly path: string }[] }

/** What npm says when it is the registry that is missing, and not the package that is wrong. */
const unreachable = /\b(ENOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED)\b/;

describe('the npm package', () => {
  const sandbox = mkdtempSync(join(tmpdir(), 'coxswain-package-'));
  const prefix = join(sandbox, 'prefix');
  const program = join(prefix, 'bin', 'coxswain');
  // The Node that runs this test comes first, as in the path of somebody who has it.
  const environment: NodeJS.ProcessEnv = { PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter), HOME: join(sandbox, 'home'), npm_config_cache: process.env['npm_config_cache'], npm_config_registry: process.env['npm_config_registry'] };
  const npm = (args: readonly string[], home?: string) => spawnSync('npm', [...args], { cwd: root, encoding: 'utf8', env: home === undefined ? environment : { ...environment, HOME: home }, timeout: 100_000 });
  let packed: Packed;
  /** Why nothing could be installed; empty when it was. */
  let skip = '';

  before(() => {
    mkdirSync(environment['HOME']!);
    if (!existsSync(join(root, 'dist/coxswain.js'))) spawnSync(process.execPath, [join(root, 'scripts/build.ts')], { cwd: root });
    // Without the scripts: building here would take the bundle away from tests that run beside this one.
    const pack = npm(['pack', '--json', '--ignore-scripts', '--pack-destination', sandbox]);
    assert.equal(pack.status, 0, pack.stderr);
    packed = (JSON.parse(pack.stdout) as Packed[])[0]!;
    mkdirSync(prefix);
    // With the user's own settings of npm: they say where the registry is.
    const install = npm(['install', '--global', '--prefix', prefix, '--prefer-offline', '--no-audit', '--no-fund', '--fetch-retries=1', '--fetch-timeout=20000', join(sandbox, packed.filename)], process.env['HOME']);
    if (install.status === null) skip = 'the npm registry did not answer in time';
    else if (install.status !== 0 && unreachable.test(install.stderr)) skip = 'the npm registry cannot be reached';
    else assert.equal(install.status, 0, install.stderr);
  });
  after(() => rmSync(sandbox, { recursive: true, force: true }));

  test('holds what a user needs and nothing else', () => {
    const paths = packed.files.map(({ path }) => path);
    for (const path of ['LICENSE', 'README.md', 'package.json', 'bin/coxswain.js', 'bin/find-node.js', 'bin/kubectl.js', 'dist/coxswain.js', 'dist/kubectl.cjs', 'dist/kubectl-program.cjs', 'dist/sqlite-worker.js', 'dist/testing.js', 'dist/yaml-worker.js', 'examples/testing/node-failure.test.ts', 'scripts/make-images.sh', 'examples/nginx-deployment.yaml', 'examples/learn/pod.yaml']) assert.ok(paths.includes(path), `${path} is missing`);
    const others = paths.filter((path) => !/^(LICENSE|README\.md|package\.json|bin\/[a-z-]+\.js|dist\/[\w.-]+|dist\/types\/[\w/.-]+\.d\.ts|scripts\/make-images\.sh|examples\/[\w/-]+\.yaml|examples\/testing\/[\w-]+\.test\.ts)$/.test(path));
    assert.deepEqual(others, []);
    // Types, and the examples of tests, are all the TypeScript that a user gets.
    assert.deepEqual(paths.filter((path) => /\.(ts|map)$|\.test\.|\.cache/.test(path) && !/^dist\/types\/.*\.d\.ts$|^examples\/testing\//.test(path)), []);
    assert.ok(packed.unpackedSize < maxUnpackedBytes, `${packed.unpackedSize} bytes`);
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { bin: Record<string, string>; license: string };
    assert.deepEqual([manifest.bin, manifest.license], [{ coxswain: 'bin/coxswain.js' }, 'Apache-2.0']);
  });

  test('tells its version', (context) => {
    if (skip !== '') return context.skip(skip);
    accessSync(program, constants.X_OK);
    const { stdout, stderr, status } = spawnSync(program, ['--version'], { encoding: 'utf8', env: environment, cwd: sandbox });
    assert.match(stdout, /^coxswain \d+\.\d+\.\d+ \(Kubernetes v1\.36\)\n$/, stderr);
    assert.equal(status, 0);
  });

  test('is imported by name in somebody\'s test', { timeout: 60_000 }, (context) => {
    if (skip !== '') return context.skip(skip);
    const script = 'import { startCluster } from "coxswain/testing"; await using cluster = await startCluster({ nodes: 0 }); console.log(cluster.clock.now() > 0);';
    // A globally installed package is not looked up by name: a folder of its own is, which has it linked.
    mkdirSync(join(sandbox, 'project/node_modules'), { recursive: true });
    symlinkSync(join(prefix, 'lib/node_modules/coxswain'), join(sandbox, 'project/node_modules/coxswain'));
    writeFileSync(join(sandbox, 'project/script.mjs'), script);
    const { stdout, stderr, status } = spawnSync(process.execPath, ['script.mjs'], { encoding: 'utf8', env: environment, cwd: join(sandbox, 'project') });
    assert.deepEqual([stdout, status], ['true\n', 0], stderr);
  });

  test('has a kubectl for whoever links it', (context) => {
    if (skip !== '') return context.skip(skip);
    const { stdout, stderr, status } = spawnSync(join(prefix, 'lib/node_modules/coxswain/bin/kubectl.js'), ['version', '--client'], { encoding: 'utf8', env: environment, cwd: sandbox });
    assert.match(stdout, /^Client Version: v1\.36\.\d+\n/, stderr);
    assert.equal(status, 0);
  });

  test('starts a control plane that answers', { timeout: 60_000 }, async (context) => {
    if (skip !== '') return context.skip(skip);
    const server = spawn(program, ['server', '--store', 'memory', '--port', '0', '--data-dir', join(sandbox, 'data')], { env: environment, cwd: sandbox, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = new Promise<number | null>((resolve) => { server.once('close', resolve); });
    try {
      let said = '';
      await new Promise<void>((resolve, reject) => {
        const hear = (text: Buffer): void => {
          said += text.toString();
          if (said.includes('Ctrl-C stops it')) resolve();
        };
        server.stdout.on('data', hear);
        server.stderr.on('data', hear);
        void ended.then(() => reject(new Error(`it ended: ${said}`)));
      });
      const { server: url, ca } = await loadKubeconfig(join(sandbox, 'data/admin.kubeconfig'));
      const answer = await new Promise<string>((resolve, reject) => {
        request(`${url}/readyz`, { ca: ca! }, (response) => {
          let body = '';
          response.setEncoding('utf8').on('data', (text: string) => { body += text; }).on('end', () => resolve(`${response.statusCode} ${body}`));
        }).on('error', reject).end();
      });
      assert.equal(answer, '200 ok');
    } finally {
      server.kill('SIGTERM');
      assert.equal(await ended, 0);
    }
  });

  test('says which Node.js it needs where there is none', (context) => {
    if (skip !== '') return context.skip(skip);
    const old = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => existsSync(path) && Number(/^v(\d+)/.exec(spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout)?.[1] ?? 99) < 24);
    if (old === undefined) return context.skip('no Node.js older than 24 is installed here');
    const { stderr, status } = spawnSync(old, [program, '--version'], { encoding: 'utf8', env: environment });
    assert.match(stderr, /^error: Coxswain needs Node\.js 24 or newer; this is v\d+\.\d+\.\d+\. Install it from https:\/\/nodejs\.org, or run: npm install node@24\n$/);
    assert.equal(status, 1);
  });
});
