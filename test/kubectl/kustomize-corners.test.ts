import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Comparison } from './compare.ts';
import { describeSame } from './compare.ts';
import { cornerFolders, kustomizeCorners } from './kustomize-corners.ts';

/** A repository whose folder is named with `file://`, by both programs. */
function makeRepository(folder: string): void {
  const git = (...args: readonly string[]): void => { execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'init.defaultBranch=main', ...args], { cwd: folder, stdio: 'ignore' }); };
  git('init');
  git('add', '.');
  git('commit', '-m', 'first');
  git('tag', 'v1');
}

const lines = [
  'kustomize names --reorder none', 'kustomize names --reorder legacy', 'kustomize names --reorder other', 'kustomize fifo --reorder legacy', 'kustomize outside --load-restrictor LoadRestrictionsNone', 'kustomize outside --load-restrictor LoadRestrictionsRootOnly',
  'kustomize outside --load-restrictor none', 'kustomize objects/all.yaml', 'kustomize objects/nothing/at/all', 'apply -k components --dry-run=client', 'apply -k patch-missing', 'create -k generators --dry-run=client -o yaml',
];

/** What a folder of files holds. */
const contents = (folder: string): Record<string, string> => Object.fromEntries(readdirSync(folder).sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

describeSame('what few kustomizations use, beside upstream\'s', {
  name: 'kustomize-corners',
  lines: [...cornerFolders.map((folder) => `kustomize ${folder}`), ...lines],
  setUp(comparison) {
    comparison.files(kustomizeCorners);
    return Promise.resolve();
  },
  more(comparisonOf: () => Comparison) {
    test('-o a folder: a file for each object, with its namespace where there are several', () => comparisonOf().sameOutcome('-o FOLDER', async (run) => {
      const { folder } = comparisonOf();
      comparisonOf().files({ 'out/.keep': '', 'one/.keep': '' });
      const outcome = await run('kustomize two-namespaces -o out');
      await run('kustomize local -o one');
      const stdout = outcome.stdout + JSON.stringify([contents(join(folder, 'out')), contents(join(folder, 'one'))]);
      for (const name of ['out', 'one']) rmSync(join(folder, name), { recursive: true });
      return { ...outcome, stdout };
    }));

    test('-o a file', () => comparisonOf().sameOutcome('-o FILE', async (run) => {
      const outcome = await run('kustomize names -o all.yaml');
      return { ...outcome, stdout: outcome.stdout + readFileSync(join(comparisonOf().folder, 'all.yaml'), 'utf8') };
    }));

    test('bases in a git repository, by branch and tag', async () => {
      const { folder } = comparisonOf();
      comparisonOf().files({ 'repository/base/kustomization.yaml': 'resources: [x.yaml]\n', 'repository/base/x.yaml': '{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}\n', 'repository/over/kustomization.yaml': 'resources: [../base]\nnamePrefix: o-\n' });
      makeRepository(join(folder, 'repository'));
      const url = `file://${folder}/repository`;
      comparisonOf().files({ 'of-git/kustomization.yaml': `resources: ["${url}//over?ref=v1"]\nbuildMetadata: [originAnnotations]\n` });
      await comparisonOf().same(`kustomize ${url}//over?ref=main`, { key: 'kustomize REPOSITORY' });
      await comparisonOf().same('kustomize of-git');
    });

    test('resources from a server', async () => {
      const server = createServer((request, response) => {
        if (request.url !== '/x.yaml') response.writeHead(404);
        response.end('{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}');
      }).listen(0, '127.0.0.1');
      try {
        await new Promise((resolve) => { server.once('listening', resolve); });
        const { port } = server.address() as AddressInfo;
        comparisonOf().files({ 'served/kustomization.yaml': `resources: ["http://127.0.0.1:${port}/x.yaml"]\nnamePrefix: p-\n`, 'not-served/kustomization.yaml': `resources: ["http://127.0.0.1:${port}/x"]\n` });
        await comparisonOf().same('kustomize served');
        await comparisonOf().same('kustomize not-served');
      } finally {
        server.close();
      }
      assert.ok(!server.listening);
    });
  },
});
