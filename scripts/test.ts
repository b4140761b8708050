/**
 * `npm test`: checks, then every test. Arguments are passed to the test runner; a path or pattern replaces "every test".
 * `npm test -- --times`: tells in the end what each process took.
 * Files that failed while others ran beside them run once more by themselves (docs/decisions/0041).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { timeTable } from './time-table.ts';

const root = join(import.meta.dirname, '..');
const args = process.argv.slice(2);
const patterns = args.filter((arg) => !arg.startsWith('-'));
const timed = args.includes('--times');
const flags = args.filter((arg) => arg.startsWith('-') && arg !== '--times');
const beganMs = Date.now();

const scratch = mkdtempSync(join(tmpdir(), 'coxswain-test-'));
process.on('exit', () => { rmSync(scratch, { recursive: true, force: true }); });
const times = join(scratch, 'times');

/** What each process of the run is started with. */
const preloads = timed ? ['--import', join(root, 'scripts/test-times.ts')] : [];

/** Every file of tests is a process of its own: what one has compiled the others take over, a tenth to a third of their time. */
const env = { NODE_COMPILE_CACHE: join(root, '.cache', 'compiled'), ...process.env, TEST_TIMES: times };

/** Resolves with whether it succeeded. */
async function run(script: string): Promise<boolean> {
  const [code] = await once(spawn(process.execPath, [...preloads, join(root, script)], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env }), 'close') as [number | null];
  return code === 0;
}

let runs = 0;

/**
 * Files that are one process together: to load the program takes most of the time of most of them. In a lot there are API
 * servers, clusters in virtual time and pure functions. What measures its own process has one for itself.
 */
const lots: readonly (readonly string[])[] = [
  // What takes longest begins first, and lots begin before all other files.
  ['test/store/*.test.ts'],
  ['test/conformance/[e-z]*.test.ts'],
  ['test/conformance/[a-d]*.test.ts'],
  ['test/{network,ingress}/*.test.ts'],
  ['test/kubectl/[a-j]*.test.ts'],
  ['test/kubectl/[k-z]*.test.ts'],
  ['test/clients/*.test.ts'],
  ['test/{controllers,metrics,why,scheduler,cloud}/*.test.ts'],
  ['src/{cloud,cluster,controllers,host,ingress,kubectl,network,network-policy,proxy,runtime,scheduler,store,streaming,why}/**/*.test.ts', 'src/cmd/{access,controller-flags,options}.test.ts'],
  ['src/kubelet/**/*.test.ts'],
  ['src/apiserver/*.test.ts', 'src/apiserver/[a-c]*/**/*.test.ts'],
  ['src/apiserver/{[d-g]*,[i-z]*}/**/*.test.ts'],
  ['src/{api,base,pki,dns,client}/**/*.test.ts'],
  ['test/simulation/*.test.ts'],
  ['test/bad-input/{custom-resources,flow-control,identity,requests}.test.ts'],
];

/** Real containers on machines in network namespaces, and none at all: nothing of this machine's is theirs. */
const ownNetworks: readonly string[] = ['test/node/multi-node.test.ts', 'test/node/other-network.test.ts', 'test/e2e/kubectl-versions.test.ts'];

/** These files, those of a lot as one, which imports them. Each failure is still told with the file in which it is. */
function inLots(files: readonly string[]): string[] {
  const left = new Set(files);
  const together = lots.map((patterns, index) => {
    const lot = globSync(patterns, { cwd: root }).filter((file) => left.delete(file)).toSorted();
    // Node runs files in the order of their names.
    const path = join(scratch, `lot-${String(index).padStart(2, '0')}.test.mjs`);
    writeFileSync(path, lot.map((file) => `import ${JSON.stringify(pathToFileURL(join(root, file)).href)};\n`).join(''));
    return path;
  });
  return [...together, ...left];
}

interface Outcome {
  readonly passed: boolean;
  /** Absolute paths of the files in which something failed; a lot, where none of its files can be told. */
  readonly failed: readonly string[];
}

/** What the run says of failures and counts comes when it is through, in one piece. */
async function runTests(concurrency: number, files: readonly string[]): Promise<Outcome> {
  const list = join(scratch, String(runs++));
  const child = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    ...preloads,
    '--import', join(root, 'scripts/test-modules.ts'),
    '--import', join(root, 'scripts/test-promises.ts'),
    '--test',
    '--test-reporter=dot', '--test-reporter-destination=stderr',
    '--test-reporter=' + join(root, 'scripts/test-summary.ts'), '--test-reporter-destination=stdout',
    `--test-concurrency=${concurrency}`,
    '--test-timeout=480000',
    ...flags,
    ...files,
  ], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], env: { ...env, FAILED_FILES: list } });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => { said += text; });
  const [code] = await once(child, 'close') as [number | null];
  process.stdout.write(said);
  return { passed: code === 0, failed: readFileSync(list, 'utf8').split('\n').filter((file) => file !== '') };
}

// A test of the program starts what a user starts: the bundle.
if (!await run('scripts/build.ts')) process.exit(1);

// Real containers share one machine, its bridge, rules and cgroups: those tests run one at a time. They wait more than
// they work, and the others run meanwhile; so do clusters of several nodes, whose networks are their own. Both begin
// beside the checks, without which no other test begins.
if (patterns.length > 0) {
  process.exitCode = (await runTests(2, patterns)).passed ? 0 : 1;
} else {
  const machine = globSync(['test/node/**/*.test.ts', 'test/e2e/**/*.test.ts'], { cwd: root });
  const isOfItsOwn = (file: string): boolean => ownNetworks.includes(file);
  const others = inLots(globSync(['src/**/*.test.ts', 'test/!(node|e2e)/**/*.test.ts'], { cwd: root }));
  const checked = run('scripts/check.ts');
  const outcomes = await Promise.all([
    runTests(1, machine.filter((file) => !isOfItsOwn(file))),
    runTests(1, machine.filter(isOfItsOwn)),
    checked.then((good): Outcome | Promise<Outcome> => (good ? runTests(2, others) : { passed: false, failed: [] })),
  ]);
  process.exitCode = await checked && (outcomes.every(({ passed }) => passed) || await passAlone(outcomes.flatMap(({ failed }) => failed))) ? 0 : 1;
}

if (timed) process.stdout.write(timeTable(times, beganMs, (program) => lots[Number(/lot-(\d+)\.test\.mjs$/.exec(program)?.[1])]?.join(' ') ?? relative(root, program)));

/** More than a few are no accident, and would take the whole time again. */
async function passAlone(files: readonly string[]): Promise<boolean> {
  if (files.length === 0 || files.length > 4) return false;
  console.log(`\nonce more, with nothing beside them:\n${files.map((file) => `  ${relative(root, file)}\n`).join('')}`);
  const { passed } = await runTests(1, files);
  if (passed) console.log(`UNSTEADY: passed only by themselves, which is worth a look:\n${files.map((file) => `  ${relative(root, file)}\n`).join('')}`);
  return passed;
}
