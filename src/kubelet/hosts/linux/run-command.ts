import { execFile } from 'node:child_process';

/** Runs a program of the machine; resolves with whether it ended well and what it complained of. Never rejects. */
export function runCommand(program: string, args: readonly string[]): Promise<{ readonly ok: boolean; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile(program, [...args], { encoding: 'utf8' }, (error, _stdout, stderr) => resolve({ ok: error === null, stderr: stderr.trim() || (error?.message ?? '') }));
  });
}
