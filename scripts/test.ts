/**
 * `npm test`: checks, then every test. Arguments are passed to the test runner; a path or pattern replaces "every test".
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const args = process.argv.slice(2);
const patterns = args.filter((arg) => !arg.startsWith('-'));
const flags = args.filter((arg) => arg.startsWith('-'));

/** Every file of tests is a process of its own: what one has compiled the others take over, a tenth to a third of their time. */
const env = { NODE_COMPILE_CACHE: join(root, '.cache', 'compiled'), ...process.env };

function run(...script: readonly string[]): void {
  const { status } = spawnSync(process.execPath, script, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env });
  if (status !== 0) process.exit(status ?? 1);
}

/** Resolves with whether all passed. What it says of failures and counts comes when it is through, in one piece. */
async function runTests(concurrency: number, files: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    '--test',
    '--test-reporter=dot', '--test-reporter-destination=stderr',
    '--test-reporter=' + join(root, 'scripts/test-summary.ts'), '--test-reporter-destination=stdout',
    `--test-concurrency=${concurrency}`,
    '--test-timeout=240000',
    ...flags,
    ...files,
  ], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => { said += text; });
  const [code] = await once(child, 'close') as [number | null];
  process.stdout.write(said);
  return code === 0;
}

if (patterns.length === 0) run(join(root, 'scripts/check.ts'));

// A test of the program starts what a user starts: the bundle.
run(join(root, 'scripts/build.ts'));

// Real containers share one machine, its bridge, rules and cgroups: those tests run one at a time. They wait more than
// they work, and the others run meanwhile.
const passed = await Promise.all(patterns.length > 0
  ? [runTests(2, patterns)]
  : [runTests(1, ['test/node/**/*.test.ts', 'test/e2e/**/*.test.ts']), runTests(2, ['src/**/*.test.ts', 'test/!(node|e2e)/**/*.test.ts'])]);
if (passed.includes(false)) process.exitCode = 1;
