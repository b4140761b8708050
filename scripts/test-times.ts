/**
 * Loaded before a program of a run of tests (`--import`), where the run was asked for times: when that program ends, what it
 * took is one line of JSON more in the file that TEST_TIMES names.
 */
import { appendFileSync, readFileSync } from 'node:fs';

/** What a process took, with the programs that it started and saw end. */
export interface Taken {
  /** Absolute path of the program. */
  readonly program: string;
  readonly beganMs: number;
  readonly endedMs: number;
  /** Processor time, user and system. */
  readonly ownMs: number;
  readonly childrenMs: number;
}

const [program] = process.argv.slice(1);
// The runner of tests is loaded with it as well, and only waits for others.
if (program !== undefined && !process.execArgv.includes('--test')) {
  const beganMs = Date.now() - performance.now();
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    const taken: Taken = { program, beganMs, endedMs: Date.now(), ownMs: (user + system) / 1000, childrenMs: childrenMs() };
    appendFileSync(process.env['TEST_TIMES'] ?? '/dev/null', `${JSON.stringify(taken)}\n`);
  });
}

/** Linux counts in hundredths of a second, and only children that were waited for. Other systems: nothing. */
function childrenMs(): number {
  if (process.platform !== 'linux') return 0;
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) * 10;
}
