import { PassThrough, Readable, Writable } from 'node:stream';
import { RealClock } from '../../src/base/real-clock.ts';
import { SystemRandom } from '../../src/base/random.ts';
import { outputOf } from '../../src/kubectl/io.ts';
import { commandGroups } from '../../src/kubectl/registry.ts';
import { runKubectl } from '../../src/kubectl/run.ts';

/** What a command line came to. */
export interface Outcome { readonly code: number; readonly stdout: string; readonly stderr: string }

export interface RunOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  readonly stdin?: string;
  readonly signal?: AbortSignal;
}

function gather(): { readonly stream: Writable; readonly text: () => string } {
  const chunks: Buffer[] = [];
  return {
    stream: new Writable({ write(chunk: Buffer | string, _encoding, done) { chunks.push(Buffer.from(chunk)); done(); } }),
    text: () => Buffer.concat(chunks).toString('utf8'),
  };
}

/** Runs our kubectl in this process: a hundred lines cost what one process would. */
export async function runOurs(line: readonly string[], { environment, folder, stdin, signal }: RunOptions): Promise<Outcome> {
  const [stdout, stderr] = [gather(), gather()];
  const code = await runKubectl(line, {
    stdin: stdin === undefined ? new PassThrough().end() : Readable.from([Buffer.from(stdin)]),
    stdout: outputOf(stdout.stream), stderr: outputOf(stderr.stream),
    environment, folder, home: folder, clock: new RealClock(), random: new SystemRandom(), signal: signal ?? new AbortController().signal,
  }, commandGroups);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}
