/**
 * `node bin/run.js scripts/simulate.ts [--seed N] [--seeds N] [--minutes N] [--storm MINUTES] [--hours N] [--verbose]`: the whole control plane
 * on virtual time, with users, faults and restarts that follow from a seed, and what must hold whatever happens. Runs
 * `--seeds` of them from `--seed` on, for at most `--minutes` of real time; things go wrong for `--storm` simulated
 * minutes in each, and `--hours` of rest are watched afterwards. Exits with 1 when something did not hold, and prints how
 * to see it again.
 */
import { parseArgs } from 'node:util';
import { simulate } from '../test/simulation/simulate.ts';

const { values } = parseArgs({ options: {
  seed: { type: 'string', default: '1' }, seeds: { type: 'string', default: '1' }, minutes: { type: 'string', default: '60' },
  storm: { type: 'string', default: '5' }, hours: { type: 'string', default: '0.5' }, verbose: { type: 'boolean', default: false },
} });
const first = Number(values.seed);
const limitMs = Number(values.minutes) * 60_000;
const say = (line: string): void => { process.stdout.write(`${line}\n`); };

const startedMs = performance.now();
const total = { seeds: 0, simulatedMs: 0, writes: 0, operations: 0 };
const failing: number[] = [];
for (let seed = first; seed < first + Number(values.seeds) && performance.now() - startedMs < limitMs; seed++) {
  const seedStartedMs = performance.now();
  const report = await simulate({ seed, faultMs: Number(values.storm) * 60_000, idleMs: Number(values.hours) * 3_600_000, ...(values.verbose && { onNote: say }) });
  total.seeds++;
  total.simulatedMs += report.simulatedMs;
  total.writes += report.writes;
  total.operations += report.operations;
  const took = ((performance.now() - seedStartedMs) / 1000).toFixed(1);
  say(`seed ${seed}: ${report.problems.length === 0 ? 'all holds' : 'FAILED'}, ${(report.simulatedMs / 60_000).toFixed(0)} simulated minutes in ${took} s, ${report.operations} operations, ${report.writes} writes, digest ${report.digest.slice(0, 16)}; faults: ${report.faults}`);
  if (report.problems.length === 0) continue;
  failing.push(seed);
  if (!values.verbose) for (const line of report.trace) say(`    ${line}`);
  for (const problem of report.problems) say(`  ${problem}`);
  say(`  replay: node bin/run.js scripts/simulate.ts --seed ${seed} --storm ${values.storm} --hours ${values.hours} --verbose`);
}
say(`${total.seeds} seeds, ${(total.simulatedMs / 3_600_000).toFixed(1)} simulated hours, ${total.operations} operations, ${total.writes} writes in ${((performance.now() - startedMs) / 1000).toFixed(0)} s; ${failing.length === 0 ? 'all holds' : `failing: ${failing.join(', ')}`}`);
process.exitCode = failing.length === 0 ? 0 : 1;
