/** Types, lint and import directions: what must hold at every commit, beside the tests. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { checkImports } from './check-imports.ts';

const root = join(import.meta.dirname, '..');
const bin = join(root, 'node_modules/.bin');
let failed = false;

/** Each tells of itself when it is through. */
function run(title: string, command: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    execFile(join(bin, command), args, { cwd: root, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      console.log(`${error === null ? 'ok' : 'FAILED'}  ${title}`);
      if (error !== null) {
        failed = true;
        console.log(`${stdout}${stderr}`.trim());
      }
      resolve();
    });
  });
}

const others = [run('types (tsc)', 'tsc', ['-p', '.']), run('lint (oxlint)', 'oxlint', ['--type-aware', 'src', 'test', 'scripts', 'bench'])];
const problems = checkImports();
console.log(`${problems.length === 0 ? 'ok' : 'FAILED'}  import directions`);
for (const problem of problems) console.log(`  ${problem}`);
await Promise.all(others);
process.exitCode = failed || problems.length > 0 ? 1 : 0;
