import type { Pod } from '../../api/types/core/v1.ts';
import { KubectlError } from '../errors.ts';
import type { Session } from '../session.ts';
import { detachable } from './detach-keys.ts';
import { runRemoteCommand } from './remote-command.ts';
import { isTerminalIn, terminalSizes, withRawTerminal } from './terminal.ts';

export interface SessionWish { readonly stdin: boolean; readonly tty: boolean; readonly quiet: boolean }

/** True where a terminal was wished for and there is one; else the user is told. */
export async function hasTerminal({ io }: Session, { stdin, tty, quiet }: SessionWish): Promise<boolean> {
  const wanted = stdin && tty;
  const terminal = wanted && isTerminalIn(io);
  if (wanted && !terminal && !quiet) await io.stderr.write('Unable to use a TTY - input is not a terminal or the right kind of file\n');
  return terminal;
}

/** The path of a pod's subresource. */
export const podPath = ({ metadata }: Pod, subresource: string): string => `/api/v1/namespaces/${encodeURIComponent(metadata.namespace ?? '')}/pods/${encodeURIComponent(metadata.name ?? '')}/${subresource}`;

/** Connects this process with one in a container until that ends. `commands`: what to run there, for exec. `detachKeys`: ends the session when they are typed, and leaves the process. Throws KubectlError with its exit code where that is not 0. */
export async function openContainerSession(session: Session, pod: Pod, options: { readonly subresource: 'exec' | 'attach'; readonly container: string; readonly stdin: boolean; readonly terminal: boolean; readonly commands?: readonly string[]; readonly detachKeys?: Uint8Array }): Promise<void> {
  const { io } = session;
  const { container, stdin, terminal, commands = [], subresource, detachKeys } = options;
  const query = new URLSearchParams({ container, ...(stdin && { stdin: 'true' }), stdout: 'true', ...(!terminal && { stderr: 'true' }), ...(terminal && { tty: 'true' }) });
  for (const word of commands) query.append('command', word);
  const connection = await session.connection();
  const detach = new AbortController();
  const input = detachKeys === undefined ? io.stdin : io.stdin.pipe(detachable(detachKeys, () => detach.abort()));
  const start = (): Promise<number> => runRemoteCommand(connection, `${podPath(pod, subresource)}?${query.toString()}`, { stdin: stdin ? input : undefined, stdout: io.stdout.stream, stderr: terminal ? undefined : io.stderr.stream, sizes: terminal ? terminalSizes(io) : undefined, signal: io.signal, detached: detach.signal });
  const exitCode = await (terminal ? withRawTerminal(io, start) : start());
  if (exitCode !== 0) throw new KubectlError(`command terminated with exit code ${exitCode}`, { exitCode, prefixed: true });
}
