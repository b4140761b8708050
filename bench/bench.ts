import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../src/base/clock.ts';

/** What all parts of one run share. Disposing ends whatever still runs and removes what was written. */
export class Bench implements AsyncDisposable {
  readonly clock: Clock;
  /** Short loads, for a look; the figures vary more. */
  readonly quick: boolean;
  /** How large the cluster of the part `scale` is, how fast its last pods are asked for, and how long it may take; `deployment` takes no longer either. */
  readonly scale: { readonly nodes: number; readonly pods: number; readonly podsPerSecond: number; readonly minutes: number };
  /** On a disk, not in memory: the writes are meant to be durable. */
  readonly folder: string;
  readonly children = new Set<ChildProcess>();
  #folders = 0;

  constructor(options: { readonly clock: Clock; readonly quick: boolean; readonly parent: string; readonly scale: Bench['scale'] }) {
    this.clock = options.clock;
    this.quick = options.quick;
    this.scale = options.scale;
    mkdirSync(options.parent, { recursive: true });
    this.folder = mkdtempSync(join(options.parent, 'coxswain-bench-'));
  }

  /** Where the bundle under test is. */
  get bundle(): string {
    return join(this.folder, 'dist');
  }

  /** The path of a folder that does not exist yet. */
  freshFolder(): string {
    return join(this.folder, `data-${(this.#folders += 1)}`);
  }

  /** Builds the program as it is published, apart from the dist/ that others may be running from. */
  async build(): Promise<void> {
    await mkdir(this.bundle, { recursive: true });
    await this.run([join(import.meta.dirname, '..', 'scripts', 'build.ts'), this.bundle]);
  }

  /** Runs a script of ours to its end and returns what it wrote. Killed when it takes longer than `timeoutMs`. */
  async run(args: readonly string[], options: { readonly timeoutMs?: number; readonly env?: Record<string, string>; readonly program?: string } = {}): Promise<string> {
    const child = spawn(options.program ?? process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...options.env } });
    this.children.add(child);
    const timer = this.clock.setTimer(options.timeoutMs ?? 60_000, () => child.kill('SIGKILL'));
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    timer.cancel();
    this.children.delete(child);
    if (code !== 0) throw new Error(`${args.join(' ')}: ended with ${code ?? 'a signal: it took too long'}\n${output}`);
    return output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.children) child.kill('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The one in the middle. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
