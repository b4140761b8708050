import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '../..');
const examples = join(root, 'examples/testing');

/** Code blocks of the documentation that are whole tests. */
function documented(): Map<string, string> {
  const text = readFileSync(join(root, 'docs/testing.md'), 'utf8');
  const blocks = [...text.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = '']) => code).filter((code) => code.includes("from 'coxswain/testing'"));
  return new Map(blocks.map((code, index) => [`documented-${index + 1}.test.ts`, code]));
}

describe('examples of tests run as a user runs them', () => {
  const project = mkdtempSync(join(tmpdir(), 'coxswain-examples-'));
  before(() => {
    // What npm would install, without the copy: the package by its name, and the bundle.
    const installed = join(project, 'node_modules/coxswain');
    mkdirSync(installed, { recursive: true });
    writeFileSync(join(installed, 'package.json'), JSON.stringify({ name: 'coxswain', type: 'module', exports: { './testing': './testing.js' } }));
    writeFileSync(join(installed, 'testing.js'), `export * from ${JSON.stringify(pathToFileURL(join(root, 'dist/testing.js')).href)};\n`);
    writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
    for (const file of readdirSync(examples)) cpSync(join(examples, file), join(project, file));
    for (const [file, code] of documented()) writeFileSync(join(project, file), code);
  });
  after(() => rmSync(project, { recursive: true, force: true }));

  for (const file of [...readdirSync(examples), ...documented().keys()]) {
    test(file, { timeout: 120_000 }, async () => {
      const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--test', '--test-reporter=spec', file], { cwd: project, env: { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: join(root, 'dist/.cache') } });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { said += text; });
      const code = await new Promise<number | null>((resolve) => { child.on('close', resolve); });
      assert.equal(code, 0, said);
      assert.match(said, /pass [1-9]/);
    });
  }
});
