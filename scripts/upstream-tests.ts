/**
 * `node bin/run.js scripts/upstream-tests.ts E2E.TEST IMAGES [NAMES] [--processes N] [--minutes N] [--report FOLDER] [--kubectl PROGRAM]`:
 * Kubernetes' own tests (`go test -c ./test/e2e` of a checkout) against a cluster of two nodes with real containers, in
 * network namespaces, which it starts and takes away again. Needs root. IMAGES: a folder with docker archives of what
 * those tests start. NAMES: a file of full names, one a line, which as many processes share as are said, those called
 * [Serial] at the end and alone; all conformance tests without it. What they say, and their JUnit reports, go to the
 * report's folder. Exits with 1 when one did not pass.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SeveralNodes } from '../test/node/nodes/several-nodes.ts';

const { values, positionals: [program, images, names] } = parseArgs({
  allowPositionals: true,
  options: {
    processes: { type: 'string', default: '1' }, minutes: { type: 'string', default: '180' },
    report: { type: 'string', default: '.cache/upstream-tests' }, kubectl: { type: 'string', default: 'kubectl' },
  },
});
if (program === undefined || images === undefined) throw new Error('usage: upstream-tests.ts E2E.TEST IMAGES [NAMES] [--processes N] [--minutes N] [--report FOLDER] [--kubectl PROGRAM]');
const archives = readdirSync(images).filter((name) => name.endsWith('.tar')).map((name) => resolve(join(images, name)));
const report = resolve(values.report);
mkdirSync(report, { recursive: true });

const pattern = (name: string): string => name.replace(/[\\.^$|?*+()[\]{}]/g, String.raw`\$&`);
const patterns = names === undefined ? [String.raw`\[Conformance\]`] : readFileSync(names, 'utf8').split('\n').filter((name) => name !== '').map(pattern);
const serial = patterns.filter((one) => one.includes('Serial'));
const shares = Array.from({ length: Number(values.processes) }, (_, i) => patterns.filter((one) => !serial.includes(one)).filter((_one, at) => at % Number(values.processes) === i));

await using cluster = new SeveralNodes(archives);
await cluster.start({ others: ['second'] });
const network = `--net=/run/netns/${await cluster.machines.machine('first')}`;

/** Whether all of these pass. */
async function pass(label: string, focus: readonly string[]): Promise<boolean> {
  if (focus.length === 0) return true;
  const log = openSync(join(report, `${label}.log`), 'w');
  const tests = spawn('nsenter', [
    network, resolve(program ?? ''), `--kubeconfig=${cluster.kubeconfig}`, `--kubectl-path=${values.kubectl}`, '--provider=skeleton', `--ginkgo.focus=${focus.join('|')}`,
    `--ginkgo.timeout=${values.minutes}m`, '--ginkgo.silence-skips', '--ginkgo.no-color', `--report-dir=${join(report, label)}`, '--dump-logs-on-failure=false',
  ], { stdio: ['ignore', log, log] });
  const [code] = await once(tests, 'exit') as [number | null];
  console.log(`${label}: ${code === 0 ? 'passed' : `failed, see ${report}/${label}.log`}`);
  return code === 0;
}

const passed = await Promise.all(shares.map((share, i) => pass(`share-${i + 1}`, share)));
passed.push(await pass('serial', serial));
process.exitCode = passed.every(Boolean) ? 0 : 1;
