import { homedir } from 'node:os';
import { RealClock } from '../base/real-clock.ts';
import { SystemRandom } from '../base/random.ts';
import type { Io } from '../kubectl/io.ts';
import { outputOf } from '../kubectl/io.ts';
import { commandGroups } from '../kubectl/registry.ts';
import { runKubectl } from '../kubectl/run.ts';

/** The kubectl of this process: its streams, its environment, Ctrl-C. Resolves with the exit code. */
export async function kubectl(line: readonly string[]): Promise<number> {
  const stop = new AbortController();
  process.once('SIGINT', () => {
    stop.abort(new Error('interrupted'));
    // Whoever presses it twice means it.
    process.once('SIGINT', () => process.exit(130));
  });
  for (const stream of [process.stdout, process.stderr]) stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const io: Io = {
    stdin: process.stdin, stdout: outputOf(process.stdout), stderr: outputOf(process.stderr),
    environment: process.env, folder: process.cwd(), home: process.env['HOME'] ?? homedir(),
    clock: new RealClock(), random: new SystemRandom(), signal: stop.signal,
  };
  return runKubectl(line, io, commandGroups);
}

/** Runs a line as the whole process, and ends that: idle connections would keep it. */
export async function kubectlProgram(line: readonly string[]): Promise<never> {
  const code = await kubectl(line);
  if (process.stdout.writableLength > 0) await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  process.exit(code);
}
