import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Bench } from '../bench.ts';
import type { Program } from '../program.ts';
import { token } from '../program.ts';

/** The same request over and over, on some connections, the next one when the last was answered. */
export interface Load {
  readonly url: string;
  readonly token: string;
  readonly connections: number;
  readonly seconds: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Every `%NAME%` becomes a name of its own. */
  readonly body?: string;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  readonly bytes: number;
  /** Answers other than 2xx, and broken connections. */
  readonly failures: number;
}

/** wrk is quicker than anything written in JavaScript: it leaves more of the machine to the server. */
function findWrk(): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'wrk');
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

const wrk = process.env['COXSWAIN_BENCH_GENERATOR'] === 'own' ? undefined : findWrk();

/** What makes the load, for the table's head. */
export const generator = wrk === undefined ? 'own generator' : 'wrk';

let runs = 0;

/** Runs a load in a process of its own. Throws when more than a hundredth of it failed: such a rate means nothing. */
export async function runLoad(bench: Bench, load: Load): Promise<LoadResult> {
  const timeoutMs = (load.seconds + 40) * 1000;
  const output = wrk === undefined
    ? await bench.run([join(import.meta.dirname, 'generator.ts'), JSON.stringify(load)], { timeoutMs })
    : await bench.run(['-t1', `-c${load.connections}`, `-d${load.seconds}s`, '--timeout', '20s', '-s', join(import.meta.dirname, 'wrk.lua'), load.url], {
      program: wrk,
      timeoutMs,
      env: { BENCH_METHOD: load.method, BENCH_PATH: load.path, BENCH_BODY: load.body ?? '', BENCH_TOKEN: load.token, BENCH_RUN: String((runs += 1)) },
    });
  const result = JSON.parse(output.trim().split('\n').at(-1)!) as LoadResult;
  if (result.requests === 0 || result.failures > result.requests / 100) throw new Error(`${load.method} ${load.path}: ${result.failures} of ${result.requests} requests failed\n${output}`);
  return result;
}

/** A load's rate, with the server's own processor time for one request: the steadier figure where others use the machine too. */
export async function measure(bench: Bench, program: Program, load: Omit<Load, 'url' | 'token'>): Promise<{ readonly value: number; readonly bytesPerSecond: number; readonly note: string }> {
  const before = program.cpuMs();
  const { requests, seconds, bytes } = await runLoad(bench, { ...load, url: program.url, token });
  const cpuUs = ((program.cpuMs() - before) * 1000) / requests;
  return { value: requests / seconds, bytesPerSecond: bytes / seconds, note: `${cpuUs.toFixed(0)} µs CPU and ${(bytes / requests / 1000).toFixed(1)} kB each, ${Math.round(bytes / seconds / 1e6)} MB/s` };
}
