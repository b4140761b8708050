import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { writeDeclarations } from '../../scripts/declarations.ts';

const root = join(import.meta.dirname, '../..');

/** What a user's compiler must accept, and where it must object. */
const consumer = `
import type { Client, Cluster, ResourceType } from 'coxswain/testing';
import { ExpectationError, isReason, resources, startCluster } from 'coxswain/testing';

const cluster: Cluster = await startCluster({ nodes: [{ capacity: { cpu: '2' } }], seed: 3 });
const client: Client = cluster.client;
const phase: string | undefined = (await client.get(resources.pods, { namespace: 'default', name: 'x' })).status?.phase;
const replicas: number | undefined = (await cluster.expect(resources.deployments, 'web').toBeRolledOut({ within: '1h30m' })).spec?.replicas;
await cluster.clock.advance('500ms');
interface Widget { readonly apiVersion?: string; readonly kind?: string; readonly metadata: { readonly name: string }; readonly spec: { readonly size: number } }
const widgets: ResourceType<Widget> = { group: 'example.com', version: 'v1', resource: 'widgets', kind: 'Widget', namespaced: true };
const size: number | undefined = (await client.list(widgets, { namespace: 'default' })).items[0]?.spec.size;
const error: unknown = new Error();
if (error instanceof ExpectationError) console.log(error.why.join());
if (isReason(error, 'NotFound')) console.log(error.code);
// @ts-expect-error: no duration
await cluster.clock.advance('soon');
// @ts-expect-error: pods have no replicas
(await client.get(resources.pods, { name: 'x' })).spec?.replicas;
// @ts-expect-error: no such option
await startCluster({ nodez: 3 });
await using fork = await cluster.fork();
using fault = fork.faults.failRequests({ resource: resources.pods, verbs: ['create'] });
console.log(phase, replicas, size, fault.count);
export {};
`;

describe('the types of coxswain/testing', () => {
  const project = mkdtempSync(join(tmpdir(), 'coxswain-types-'));
  before(() => {
    const installed = join(project, 'node_modules/coxswain');
    writeDeclarations(root, 'testing/testing.ts', join(installed, 'dist/types'));
    writeFileSync(join(installed, 'package.json'), JSON.stringify({ name: 'coxswain', version: '0.0.0', type: 'module', exports: { './testing': { types: './dist/types/testing/testing.d.ts', default: './dist/testing.js' } } }));
    mkdirSync(join(project, 'node_modules/@types'));
    for (const name of ['node', 'undici-types']) symlinkSync(join(root, name === 'node' ? 'node_modules/@types/node' : 'node_modules/undici-types'), join(project, 'node_modules', name === 'node' ? '@types/node' : name));
    writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
    writeFileSync(join(project, 'consumer.ts'), consumer);
    for (const file of readdirSync(join(root, 'examples/testing'))) cpSync(join(root, 'examples/testing', file), join(project, file));
  });
  after(() => rmSync(project, { recursive: true, force: true }));

  for (const [module, moduleResolution] of [['nodenext', 'nodenext'], ['esnext', 'bundler']] as const) {
    test(`a strict compiler accepts them with moduleResolution ${moduleResolution}`, { timeout: 120_000 }, () => {
      const config = join(project, `tsconfig.${moduleResolution}.json`);
      writeFileSync(config, JSON.stringify({
        compilerOptions: { target: 'ES2024', lib: ['ES2024', 'ESNext.Disposable'], module, moduleResolution, types: ['node'], strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noEmit: true, skipLibCheck: false },
        include: ['*.ts'],
      }));
      const { status, stdout } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/lib/tsc.js'), '-p', config], { cwd: project, encoding: 'utf8' });
      assert.equal(stdout, '');
      assert.equal(status, 0);
    });
  }

  test('are few: what the library is made of is not told', () => {
    const files = readdirSync(join(project, 'node_modules/coxswain/dist/types'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.d.ts'));
    assert.ok(files.length < 60, `${files.length} files`);
    assert.deepEqual(files.filter((file) => /^(apiserver|controllers|kubelet|scheduler|store|cluster)\//.test(file)), []);
  });
});
