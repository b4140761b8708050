import { homedir } from 'node:os';
import { RealClock } from '../base/real-clock.ts';
import { SystemRandom } from '../base/random.ts';
import type { Io, Output } from '../kubectl/io.ts';
import { descriptorOutput } from '../kubectl/io.ts';
import { commandGroups } from '../kubectl/registry.ts';
import { runKubectl } from '../kubectl/run.ts';

/** Nobody reads any more: nothing is left to do. */
const broken = (): never => process.exit(0);
/** Those of the process that a command has asked for; `process.stdout` itself would make one. */
const streams = new Set<NodeJS.WriteStream>();

function output(descriptor: number, streamOf: () => NodeJS.WriteStream): Output {
  const stream = (): NodeJS.WriteStream => {
    const made = streamOf().on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? broken() : process.exit(1)));
    streams.add(made);
    return made;
  };
  return descriptorOutput(descriptor, { stream, broken });
}

/** The kubectl of this process: its streams, its environment, Ctrl-C. Resolves with the exit code. */
export async function kubectl(line: readonly string[]): Promise<number> {
  const stop = new AbortController();
  process.once('SIGINT', () => {
    stop.abort(new Error('interrupted'));
    // Whoever presses it twice means it.
    process.once('SIGINT', () => process.exit(130));
  });
  const io: Io = {
    get stdin() { return process.stdin; }, stdout: output(1, () => process.stdout), stderr: output(2, () => process.stderr),
    environment: process.env, folder: process.cwd(), home: process.env['HOME'] ?? homedir(),
    clock: new RealClock(), random: new SystemRandom(), signal: stop.signal,
  };
  return runKubectl(line, io, commandGroups);
}

/** Runs a line as the whole process, and ends that: idle connections would keep it. */
export async function kubectlProgram(line: readonly string[]): Promise<never> {
  const code = await kubectl(line);
  for (const stream of streams) if (stream.writableLength > 0) await new Promise<void>((resolve) => stream.write('', () => resolve()));
  process.exit(code);
}
