import type { Readable, Writable } from 'node:stream';
import type { Io } from '../io.ts';

type TerminalInput = Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): void };
type TerminalOutput = Writable & { readonly columns?: number; readonly rows?: number };

export const isTerminalIn = (io: Io): boolean => (io.stdin as TerminalInput).isTTY === true;

/** Hands every key to the other end while `use` runs, and gives the terminal back as it was. */
export async function withRawTerminal<T>(io: Io, use: () => Promise<T>): Promise<T> {
  const input = io.stdin as TerminalInput;
  input.setRawMode?.(true);
  try {
    return await use();
  } finally {
    input.setRawMode?.(false);
    input.pause();
  }
}

/** Tells the terminal's size now and whenever it changes. The answer ends that. */
export function terminalSizes(io: Io): (tell: (width: number, height: number) => void) => () => void {
  return (tell) => {
    const output = io.stdout.stream as TerminalOutput;
    const now = (): void => { if (output.columns !== undefined && output.rows !== undefined) tell(output.columns, output.rows); };
    now();
    output.on('resize', now);
    return () => output.off('resize', now);
  };
}
