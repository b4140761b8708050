import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');
const bundle = process.env['COXSWAIN_TEST_PROGRAM'] ?? join(root, 'dist/coxswain.js');
/** What a user starts, when it has been built; its sources otherwise. */
export const program = existsSync(bundle) ? bundle : join(root, 'src/cmd/main.ts');
/** What V8 made of it, where `bin/coxswain.js` keeps that: a fifth of the processor time of a start. */
const compiled = join(root, 'dist/.cache');

/** A folder of its own for a test, with a HOME in it. */
export class Sandbox implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'coxswain-cli-'));
  readonly home = join(this.folder, 'home');
  readonly #running: Running[] = [];

  constructor() {
    mkdirSync(this.home);
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  get environment(): NodeJS.ProcessEnv {
    const { KUBECONFIG: _kubeconfig, NO_COLOR: _noColor, ...environment } = process.env;
    return { ...environment, HOME: this.home, NODE_COMPILE_CACHE: compiled };
  }

  /** Runs the program to its end. */
  async run(args: readonly string[], options: { readonly env?: NodeJS.ProcessEnv } = {}): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
    const running = this.start(args, options);
    const code = await running.exit;
    return { code, stdout: running.stdout, stderr: running.stderr };
  }

  start(args: readonly string[], { env = {}, command }: { readonly env?: NodeJS.ProcessEnv; readonly command?: readonly string[] } = {}): Running {
    const [first, ...rest] = [...(command ?? []), process.execPath, '--disable-warning=ExperimentalWarning', program, ...args];
    const running = new Running(spawn(first!, rest, { cwd: this.folder, env: { ...this.environment, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }));
    this.#running.push(running);
    return running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.map((running) => running.kill()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A started program and what it has said so far. */
export class Running {
  stdout = '';
  stderr = '';
  /** The exit code; 128 for a signal. */
  readonly exit: Promise<number>;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();
  #ended = false;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout!.setEncoding('utf8').on('data', (text: string) => { this.stdout += text; this.#tell(); });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => { this.stderr += text; this.#tell(); });
    this.exit = new Promise((resolve) => {
      child.once('error', (error) => {
        this.stderr += error.message;
        resolve(127);
      });
      child.once('close', (code) => resolve(code ?? 128));
    });
    void this.exit.then(() => {
      this.#ended = true;
      this.#tell();
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Resolves when its output matches; rejects with the whole output when it ends before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (match !== null) return match;
      if (this.#ended) throw new Error(`it ended without saying ${pattern}:\n${this.stdout}${this.stderr}`);
      await new Promise<void>((resolve) => {
        const listener = (): void => {
          this.#listeners.delete(listener);
          resolve();
        };
        this.#listeners.add(listener);
      });
    }
  }

  /** Asks it to stop, as Ctrl-C and service managers do; resolves with the exit code. */
  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    this.#child.kill(signal);
    return this.exit;
  }

  kill(): Promise<number> {
    if (!this.#ended) this.#child.kill('SIGKILL');
    return this.exit;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
