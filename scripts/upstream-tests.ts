/**
 * `node bin/run.js scripts/upstream-tests.ts E2E.TEST IMAGES [--names FILE] [--minutes N] [--report FOLDER]`: Kubernetes'
 * own tests (`go test -c ./test/e2e` of a checkout) against a cluster of two nodes with real containers, which it starts
 * and takes away again. IMAGES: a folder with docker archives of what those tests start. Without a file of full names,
 * one a line, all conformance tests run. Needs root. What they say goes to standard output; exits as they do.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SeveralNodes } from '../test/node/nodes/several-nodes.ts';

const { values, positionals: [program, images] } = parseArgs({
  allowPositionals: true,
  options: { names: { type: 'string' }, minutes: { type: 'string', default: '120' }, report: { type: 'string', default: '.cache/upstream-tests' }, kubectl: { type: 'string', default: 'kubectl' } },
});
if (program === undefined || images === undefined) throw new Error('usage: upstream-tests.ts E2E.TEST IMAGES [--names FILE] [--minutes N] [--report FOLDER] [--kubectl PROGRAM]');
const archives = readdirSync(images).filter((name) => name.endsWith('.tar')).map((name) => resolve(join(images, name)));
const escape = (name: string): string => name.replace(/[\\.^$|?*+()[\]{}]/g, String.raw`\$&`);
const focus = values.names === undefined ? String.raw`\[Conformance\]` : readFileSync(values.names, 'utf8').split('\n').filter((name) => name !== '').map(escape).join('|');

await using cluster = new SeveralNodes(archives);
await cluster.start({ others: ['second'] });
const tests = spawn('nsenter', [
  `--net=/run/netns/${await cluster.machines.machine('first')}`, resolve(program), `--kubeconfig=${cluster.kubeconfig}`, `--kubectl-path=${values.kubectl}`, '--provider=skeleton',
  `--ginkgo.focus=${focus}`, `--ginkgo.timeout=${values.minutes}m`, '--ginkgo.silence-skips', '--ginkgo.no-color', `--report-dir=${resolve(values.report)}`, '--dump-logs-on-failure=false',
], { stdio: 'inherit' });
const [code] = await once(tests, 'exit') as [number | null];
process.exitCode = code ?? 1;
