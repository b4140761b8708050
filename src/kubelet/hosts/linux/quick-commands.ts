import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { CommandResult } from './run-command.ts';
import { runCommand } from './run-command.ts';

/** A shell's word, whatever is in it. */
const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/**
 * Runs short programs of the machine (mount, umount) from a shell that stays: a process of our size takes tens of
 * milliseconds to fork, in which nothing else happens, a small one takes one. Commands run beside one another; without a shell
 * they are run as others are. The shell ends with this process, and does not keep it.
 */
class QuickCommands {
  #shell: ChildProcess | undefined;
  readonly #waiting = new Map<number, { readonly resolve: (result: CommandResult) => void; readonly again: () => Promise<CommandResult> }>();
  #last = 0;

  run(program: string, args: readonly string[]): Promise<CommandResult> {
    const again = (): Promise<CommandResult> => runCommand(program, args);
    const shell = this.#shell ??= this.#start();
    if (shell.stdin?.writable !== true) return again();
    const id = this.#last += 1;
    // What the command wrote comes back on one line: od is everywhere where mount is.
    const line = `(o=$(${[program, ...args].map(quoted).join(' ')} 2>&1 </dev/null); c=$?; if [ $c = 0 ]; then echo ${id} 0; else echo ${id} $c $(printf %s "$o" | od -An -v -tx1 | tr -d ' \\n'); fi) &\n`;
    return new Promise((resolve) => {
      this.#waiting.set(id, { resolve, again });
      hold(shell, true);
      shell.stdin?.write(line);
    });
  }

  #start(): ChildProcess {
    const shell = spawn('sh', [], { stdio: ['pipe', 'pipe', 'ignore'], detached: true, cwd: '/' });
    let rest = '';
    shell.stdin.on('error', () => { /* Its end tells. */ });
    shell.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#answer(line);
    });
    const onEnd = (): void => {
      this.#shell = undefined;
      const left = [...this.#waiting.values()];
      this.#waiting.clear();
      // Whether it was done before the shell went nobody knows: mounting twice is looked after by who mounts.
      for (const { resolve, again } of left) void again().then(resolve);
    };
    shell.on('error', onEnd).on('close', onEnd);
    return shell;
  }

  #answer(line: string): void {
    const [id, code, output = ''] = line.split(' ');
    const waiting = this.#waiting.get(Number(id));
    this.#waiting.delete(Number(id));
    if (this.#waiting.size === 0 && this.#shell !== undefined) hold(this.#shell, false);
    const exitCode = Number(code);
    const text = Buffer.from(output, 'hex').toString('utf8').trim();
    waiting?.resolve({ ok: exitCode === 0, stdout: '', stderr: exitCode === 0 ? '' : text || `exit status ${exitCode}`, exitCode });
  }
}

/** Only while an answer is waited for does the shell keep this process. */
function hold(shell: ChildProcess, wanted: boolean): void {
  const change = wanted ? 'ref' : 'unref';
  shell[change]();
  for (const stream of [shell.stdin, shell.stdout]) (stream as { ref?: () => void; unref?: () => void } | null)?.[change]?.();
}

const commands = new QuickCommands();

/** Runs a short program whose output nobody reads unless it fails: `stderr` then has all that it wrote. Never rejects. */
export function runQuickly(program: string, args: readonly string[]): Promise<CommandResult> {
  return commands.run(program, args);
}
