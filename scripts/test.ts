/**
 * `npm test`: checks, then every test. Arguments are passed to the test runner; a path or pattern replaces "every test".
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const args = process.argv.slice(2);
const patterns = args.filter((arg) => !arg.startsWith('-'));
const flags = args.filter((arg) => arg.startsWith('-'));

function run(script: readonly string[], env: NodeJS.ProcessEnv = process.env): void {
  const result = spawnSync(process.execPath, script, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

if (patterns.length === 0) run([join(root, 'scripts/check.ts')]);

// A test of the program starts what a user starts: the bundle.
run([join(root, 'scripts/build.ts')]);

function runTests(concurrency: number, files: readonly string[]): void {
  run([
    '--disable-warning=ExperimentalWarning',
    '--test',
    '--test-reporter=dot', '--test-reporter-destination=stderr',
    '--test-reporter=' + join(root, 'scripts/test-summary.ts'), '--test-reporter-destination=stdout',
    `--test-concurrency=${concurrency}`,
    '--test-timeout=240000',
    ...flags,
    ...files,
  ]);
}

if (patterns.length > 0) runTests(2, patterns);
else {
  // Real containers share one machine: its bridge, rules and cgroups. Those tests come first, one at a time.
  runTests(1, ['test/node/**/*.test.ts', 'test/e2e/**/*.test.ts']);
  runTests(2, ['src/**/*.test.ts', 'test/!(node|e2e)/**/*.test.ts']);
}
