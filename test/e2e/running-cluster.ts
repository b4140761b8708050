import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '../../src/base/real-clock.ts';
import type { CommandOptions, CommandResult } from './command.ts';
import { run, runOk } from './command.ts';

export const root = join(import.meta.dirname, '../..');
const program = join(root, 'bin/coxswain.js');
const clock = new RealClock();
const startTimeoutMs = 30_000;

/** `coxswain up` as a user starts it, in a folder and a home of its own. */
export class RunningCluster implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'coxswain-e2e-'));
  readonly dataDir = join(this.folder, 'data');
  readonly env: NodeJS.ProcessEnv;
  readonly #flags: readonly string[];
  #child: ChildProcess | undefined;
  #output = '';

  constructor(flags: readonly string[]) {
    this.#flags = flags;
    const { KUBECONFIG: _, ...env } = process.env;
    const home = join(this.folder, 'home');
    mkdirSync(home);
    this.env = { ...env, HOME: home, NO_COLOR: '1' };
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the cluster is not running');
    return this.#child.pid;
  }

  /** Resolves when it says that it is ready, with what it printed: a line a stage. */
  async start(): Promise<string> {
    this.#output = '';
    const child = spawn(process.execPath, [program, 'up', '--port', '0', '--data-dir', this.dataDir, ...this.#flags], { cwd: root, env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const take = (chunk: Buffer): void => {
      this.#output += chunk.toString('utf8');
      if (this.#output.includes('Ctrl-C stops it.')) resolve(this.#output);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('exit', (code, signal) => {
      // Whatever fails next fails because of this.
      if (this.#child === child) console.error(`coxswain up ended on its own (${signal ?? code}):\n${this.#output}`);
      reject(new Error(`coxswain up ended (${signal ?? code}):\n${this.#output}`));
    });
    const timer = clock.setTimer(startTimeoutMs, () => reject(new Error(`coxswain up is not ready after ${startTimeoutMs} ms:\n${this.#output}`)));
    return promise.finally(() => timer.cancel());
  }

  /** SIGINT is Ctrl-C. Resolves with the exit code when the process is gone. */
  async stop(signal: 'SIGINT' | 'SIGKILL'): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    this.#child = undefined;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.kill(signal);
    return gone;
  }

  coxswain(...args: string[]): Promise<CommandResult> {
    return run(process.execPath, [program, ...args, '--data-dir', this.dataDir], { cwd: root, env: this.env });
  }

  /** A user's way to the cluster: kubectl with the context that was merged into ~/.kube/config. */
  kubectl(path: string): UserKubectl {
    return new UserKubectl(path, this.env);
  }

  /** Removes all that it made on the machine, and the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
    if (existsSync(this.dataDir)) await this.coxswain('reset');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class UserKubectl {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;

  constructor(path: string, env: NodeJS.ProcessEnv) {
    this.path = path;
    this.env = env;
  }

  /** The standard output; rejects when the exit code is not 0. `line` is split at spaces; `more` is passed as it is. */
  ok(line: string, ...more: string[]): Promise<string> {
    return runOk(this.path, [...line.split(' '), ...more], { cwd: root, env: this.env });
  }

  run(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return run(this.path, args, { cwd: root, env: this.env, ...options });
  }

  start(args: readonly string[]): ChildProcess {
    return spawn(this.path, args, { cwd: root, env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
  }
}

/** Looks until `check` tells something, at most `withinMs`: for what happens outside of this process, in its own time. */
export async function eventually<T>(what: string, withinMs: number, check: () => Promise<T | undefined>): Promise<T> {
  const deadlineMs = clock.monotonicMs() + withinMs;
  for (;;) {
    const found = await check();
    if (found !== undefined) return found;
    if (clock.monotonicMs() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await clock.sleep(100);
  }
}

/** Milliseconds that the work took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = clock.monotonicMs();
  await work();
  return Math.round(clock.monotonicMs() - startedMs);
}
