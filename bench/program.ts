import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import { call } from './load/call.ts';
import { cpuMsOf } from './processor-time.ts';

/** The token of the bench's user, a member of system:masters. */
export const token = 'bench-token';

/** No start and no stop takes longer; the machine may be busy. */
const startTimeoutMs = 60_000;
const stopTimeoutMs = 12_000;

/** The program under test, running as a process of its own. Disposing stops it; its data stays until the bench ends. */
export interface Program extends AsyncDisposable {
  readonly url: string;
  /** From the start of the process until `/readyz` answered 200. */
  readonly readyMs: number;
  sinceStartMs(): number;
  /** Resident memory in MB (10^6 bytes). */
  residentMb(): number;
  readonly pid: number;
  /** Processor time used so far, of all threads together. Resolution: 10 ms. */
  cpuMs(): number;
  /** Resolves once the program says that all of it is ready. */
  readonly complete: Promise<void>;
}

export interface ProgramOptions {
  /** apiserver: the API server and its store; server: with scheduler and controllers; up: with nodes. */
  readonly command: 'apiserver' | 'server' | 'up';
  readonly args?: readonly string[];
  /** A data directory of an earlier start; default: a fresh one. */
  readonly dataDir?: string;
  /** How long it may take until it says that all of it is ready. Default: a minute. */
  readonly startTimeoutMs?: number;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Starts the bundled program and waits until its API server is ready. */
export async function startProgram(bench: Bench, options: ProgramOptions): Promise<Program> {
  const dataDir = options.dataDir ?? bench.freshFolder();
  const home = join(bench.folder, 'home');
  const tokens = join(bench.folder, 'tokens.csv');
  await mkdir(home, { recursive: true });
  await writeFile(tokens, `${token},bench,bench,"system:masters"\n`);
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;

  const { clock } = bench;
  const startedMs = clock.monotonicMs();
  const child = spawn(process.execPath, [join(bench.bundle, 'coxswain.js'), options.command, '--data-dir', dataDir, '--port', String(port), '--token-auth-file', tokens, ...(options.args ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: home, KUBECONFIG: join(home, 'kubeconfig'), NODE_COMPILE_CACHE: join(bench.bundle, '.cache'), NO_COLOR: '1' },
  });
  bench.children.add(child);
  let output = '';
  let look = (): void => {};
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text; look(); });
  const ended = new Promise<void>((resolve) => child.once('exit', () => { bench.children.delete(child); resolve(); }));
  const says = (words: string, limitMs: number): Promise<void> => new Promise((resolve, reject) => {
    const timer = clock.setTimer(limitMs, () => reject(new Error(`the program did not say "${words}" in ${limitMs / 1000} s:\n${output}`)));
    const before = look;
    look = () => {
      before();
      if (!output.includes(words)) return;
      timer.cancel();
      resolve();
    };
    look();
    void ended.then(() => {
      timer.cancel();
      reject(new Error(`the program ended:\n${output}`));
    });
  });

  const complete = says('Ctrl-C stops it', options.startTimeoutMs ?? startTimeoutMs);
  complete.catch(() => {});
  await says('api server ready', startTimeoutMs);
  // It answers before its own API services are there.
  for (;;) {
    const answer = await call(url, token, 'GET', '/readyz');
    if (answer.code === 200) break;
    if (clock.monotonicMs() - startedMs > startTimeoutMs) throw new Error(`/readyz: ${answer.code} ${answer.body}`);
    await clock.sleep(5);
  }
  const readyMs = clock.monotonicMs() - startedMs;
  return {
    url,
    readyMs,
    complete,
    sinceStartMs: () => clock.monotonicMs() - startedMs,
    residentMb: () => residentMb(child),
    pid: child.pid ?? 0,
    cpuMs: () => cpuMsOf(child.pid ?? 0),
    async [Symbol.asyncDispose]() {
      await stopProcess(bench, child, ended);
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function stopProcess(bench: Bench, child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGTERM');
  const timer = bench.clock.setTimer(stopTimeoutMs, () => child.kill('SIGKILL'));
  await ended;
  timer.cancel();
}

function residentMb(child: ChildProcess): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
  return (Number(kib) * 1024) / 1e6;
}
