import { spawn } from 'node:child_process';

export interface CommandResult { readonly code: number; readonly stdout: string; readonly stderr: string }

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string | Buffer;
  /** The program is killed after this long, and its code is -1. Default 150 s. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end. Never rejects: what cannot be started has the code 127. */
export function run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { promise, resolve } = Promise.withResolvers<CommandResult>();
  const child = spawn(program, args, { cwd: options.cwd, env: options.env ?? process.env, timeout: options.timeoutMs ?? 150_000, killSignal: 'SIGKILL' });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  child.on('error', (error) => resolve({ code: 127, stdout: '', stderr: error.message }));
  child.on('close', (code) => resolve({ code: code ?? -1, stdout: Buffer.concat(stdout).toString('utf8'), stderr: Buffer.concat(stderr).toString('utf8') }));
  return promise;
}

/** The same, for what must work: the standard output. Rejects with everything that was said when the code is not 0. */
export async function runOk(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: exit code ${code}\n${stdout}${stderr}`);
  return stdout;
}
