import { spawn } from 'node:child_process';
import type { Outcome, RunOptions } from './run-ours.ts';

/** Runs upstream's kubectl, whose program is at `path`. */
export function runTheirs(path: string, line: readonly string[], { environment, folder, stdin }: Omit<RunOptions, 'signal'>): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, line, { cwd: folder, env: environment });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
    // A command that reads none of its input is gone before it is written.
    child.stdin.on('error', () => {});
    child.stdin.end(stdin ?? '');
  });
}
