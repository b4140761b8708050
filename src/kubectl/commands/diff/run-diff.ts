import { spawn } from 'node:child_process';
import { KubectlError } from '../../errors.ts';
import type { Io } from '../../io.ts';

/** As a shell says of a program that it does not find. */
const notFound = (name: string): string => (name.includes('/') ? `fork/exec ${name}: no such file or directory` : `exec: ${JSON.stringify(name)}: executable file not found in $PATH`);

function commandOf(io: Io, folders: readonly string[]): { readonly program: string; readonly args: readonly string[] } {
  const external = io.environment['KUBECTL_EXTERNAL_DIFF'] ?? '';
  if (external === '') return { program: 'diff', args: ['-u', '-N', ...folders] };
  const [program = '', ...more] = external.split(' ');
  // Words that a shell would read otherwise are left out, as upstream does.
  return { program, args: [...folders, ...more.filter((word) => /^[a-zA-Z0-9-=]+$/.test(word))] };
}

/** Shows how two folders differ with diff(1), or with the program that the user chose. True: they do. Throws KubectlError, which ends with more than 1. */
export async function runDiff(io: Io, folders: readonly [string, string]): Promise<boolean> {
  const { program, args } = commandOf(io, folders);
  const failed = (why: string): KubectlError => new KubectlError(`failed to run ${JSON.stringify(program)}: ${why}`, { exitCode: 2 });
  const child = spawn(program, args, { cwd: io.folder, env: { ...io.environment }, stdio: ['ignore', 'pipe', 'pipe'], signal: io.signal });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(failed(error.code === 'ENOENT' ? notFound(program) : error.message)));
    child.once('close', (code) => resolve(code ?? 2));
  });
  const copy = async (from: AsyncIterable<Buffer>, to: Io['stdout']): Promise<void> => {
    for await (const chunk of from) await to.write(chunk);
  };
  const [code] = await Promise.all([ended, copy(child.stdout as AsyncIterable<Buffer>, io.stdout), copy(child.stderr as AsyncIterable<Buffer>, io.stderr)]);
  if (code > 1) throw failed(`exit status ${code}`);
  return code === 1;
}
