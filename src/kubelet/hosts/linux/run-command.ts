import { execFile } from 'node:child_process';

export interface CommandResult {
  readonly ok: boolean;
  readonly stdout: string;
  readonly stderr: string;
  /** Undefined where the program could not be started or was killed. */
  readonly exitCode: number | undefined;
}

/** Runs a program of the machine; resolves with whether it ended well and what it complained of. Never rejects. */
export function runCommand(program: string, args: readonly string[]): Promise<CommandResult> {
  return new Promise((resolve) => {
    execFile(program, [...args], { encoding: 'utf8' }, (error, stdout, stderr) => resolve({
      ok: error === null, stdout, stderr: stderr.trim() || (error?.message ?? ''), exitCode: error === null ? 0 : typeof error.code === 'number' ? error.code : undefined,
    }));
  });
}
