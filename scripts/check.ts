/** Types, lint and import directions: what must hold at every commit, beside the tests. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { checkImports } from './check-imports.ts';

const root = join(import.meta.dirname, '..');
const bin = join(root, 'node_modules/.bin');
let failed = false;

function run(title: string, command: string, args: readonly string[]): void {
  const result = spawnSync(join(bin, command), args, { cwd: root, encoding: 'utf8' });
  const ok = result.status === 0;
  console.log(`${ok ? 'ok' : 'FAILED'}  ${title}`);
  if (!ok) {
    failed = true;
    console.log(`${result.stdout}${result.stderr}`.trim());
  }
}

run('types (tsc)', 'tsc', ['-p', '.']);
run('lint (oxlint)', 'oxlint', ['--type-aware', 'src', 'test', 'scripts', 'bench']);
const problems = checkImports();
console.log(`${problems.length === 0 ? 'ok' : 'FAILED'}  import directions`);
for (const problem of problems) console.log(`  ${problem}`);
process.exitCode = failed || problems.length > 0 ? 1 : 0;
