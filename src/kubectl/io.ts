import { writeSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';

/**
 * What a command has of the world: a test gives it streams of its own, the program those of the process.
 * Nothing in this folder reaches for `process`.
 */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where relative paths begin. */
  readonly folder: string;
  readonly home: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Somewhere to write to. */
export interface Output {
  /** Resolves when there is room for more: whoever writes much waits for it, and so holds little. */
  write(text: string | Uint8Array): Promise<void>;
  readonly isTerminal: boolean;
  readonly stream: Writable;
}

/**
 * What a process writes to a file descriptor of its own; its stream, which takes long to load, is made when it is asked
 * for. `broken` is called when nobody reads any more.
 */
export function descriptorOutput(descriptor: number, { stream, broken }: { readonly stream: () => Writable & { readonly isTTY?: boolean }; readonly broken: () => never }): Output {
  let later: Output | undefined;
  const streamed = (): Output => (later ??= outputOf(stream()));
  return {
    get stream() { return streamed().stream; },
    get isTerminal() { return streamed().isTerminal; },
    async write(text) {
      if (later !== undefined) return later.write(text);
      let bytes = typeof text === 'string' ? Buffer.from(text) : text;
      try {
        while (bytes.length > 0) bytes = bytes.subarray(writeSync(descriptor, bytes));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EPIPE') broken();
        // A pipe that does not block is full: the stream waits.
        if (code !== 'EAGAIN') throw error;
        await streamed().write(bytes);
      }
    },
  };
}

/** A stream as an output. */
export function outputOf(stream: Writable & { readonly isTTY?: boolean }): Output {
  return {
    stream,
    isTerminal: stream.isTTY === true,
    write: (text) => new Promise((resolve, reject) => {
      if (stream.write(text, (error) => (error === null || error === undefined ? undefined : reject(error)))) resolve();
      else stream.once('drain', resolve);
    }),
  };
}
