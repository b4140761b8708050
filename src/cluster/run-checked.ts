import { runCommand } from '../host/run-command.ts';

/** Runs a program of the system; rejects with its first error line when it fails. */
export async function runChecked(command: string, args: readonly string[], input?: string): Promise<string> {
  const result = await runCommand(command, args, input === undefined ? {} : { input });
  if (result.exitCode !== 0) throw new Error(`${command}: ${result.stderr.trim().split('\n')[0] ?? `exit code ${result.exitCode}`}`);
  return result.stdout;
}
