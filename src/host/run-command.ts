import { spawn } from 'node:child_process';

export interface CommandResult { readonly exitCode: number; readonly stdout: string; readonly stderr: string }

/** More than this of output is dropped: commands that we run print little. */
const maxOutputBytes = 4 * 1024 * 1024;

/** Where system tools live, whatever PATH says: root's shells often lack the sbin folders. */
export const systemPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The environment for system tools: English messages, a complete PATH. */
export function systemEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const path = [...new Set([...(process.env['PATH'] ?? '').split(':').filter((entry) => entry !== ''), ...systemPath])].join(':');
  return { ...process.env, PATH: path, LC_ALL: 'C', LANGUAGE: 'C', ...extra };
}

/**
 * Runs a program to its end without a shell. Exit code 127 when it is not there, 128 when a signal ended it (or the
 * time-out did). Never rejects.
 */
export function runCommand(file: string, args: readonly string[], options: { readonly input?: string; readonly timeoutMs?: number; readonly env?: Readonly<Record<string, string>>; readonly onLine?: (line: string) => void } = {}): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      env: systemEnvironment(options.env),
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...(options.timeoutMs !== undefined && { timeout: options.timeoutMs, killSignal: 'SIGKILL' as const }),
    });
    let stdout = '';
    let stderr = '';
    let partial = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < maxOutputBytes) stdout += text;
      if (options.onLine === undefined) return;
      const lines = (partial + text).split('\n');
      partial = lines.pop() ?? '';
      for (const line of lines) options.onLine(line);
    });
    child.stderr!.setEncoding('utf8').on('data', (text: string) => { if (stderr.length < maxOutputBytes) stderr += text; });
    child.on('error', (error) => resolve({ exitCode: 127, stdout, stderr: error.message }));
    child.on('close', (code) => resolve({ exitCode: code ?? 128, stdout, stderr }));
    if (options.input !== undefined) {
      child.stdin!.on('error', () => { /* The exit code tells. */ });
      child.stdin!.end(options.input);
    }
  });
}

/** The line of a tool's error output that says most: its last non-empty one. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
