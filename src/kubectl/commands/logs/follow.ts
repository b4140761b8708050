import { ApiError } from '../../../api/status.ts';
import { KubectlError } from '../../errors.ts';
import type { Session } from '../../session.ts';

/** One log: where it is read, and what is put before its lines. */
export interface LogSource { readonly path: string; readonly prefix: string }

interface Options { readonly follow: boolean; readonly ignoreErrors: boolean; readonly timeoutMs: number }

const newline = 0x0a;

/** Writes a log line by line, so that those of several stay apart. */
async function copy(session: Session, { path, prefix }: LogSource, follow: boolean): Promise<void> {
  const stream = await (await session.connection()).stream({ method: 'GET', path, endless: follow });
  const before = Buffer.from(prefix);
  let rest = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (prefix === '') {
      const end = bytes.lastIndexOf(newline) + 1;
      if (end > 0) await session.io.stdout.write(bytes.subarray(0, end));
      rest = Buffer.from(bytes.subarray(end));
      continue;
    }
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline)) {
      await session.io.stdout.write(Buffer.concat([before, bytes.subarray(0, end + 1)]));
      bytes = bytes.subarray(end + 1);
    }
    rest = Buffer.from(bytes);
  }
  if (rest.length > 0) await session.io.stdout.write(Buffer.concat([before, rest]));
}

/** A log that is followed is tried for again each second: its container may not have started. */
async function copyOrRetry(session: Session, source: LogSource, { follow, ignoreErrors, timeoutMs }: Options): Promise<void> {
  const { io } = session;
  const untilMs = io.clock.monotonicMs() + timeoutMs;
  for (;;) {
    try {
      return await copy(session, source, follow);
    } catch (error) {
      if (io.signal.aborted || !(error instanceof Error)) throw error;
      if (ignoreErrors) return io.stdout.write(`error: ${error.message}\n`);
      if (!follow) throw error;
      await io.stderr.write(`${error.message}\n`);
      if (!(error instanceof ApiError)) throw error;
      if (io.clock.monotonicMs() + 1000 > untilMs) throw new KubectlError('timed out waiting for the condition', { cause: error });
      await io.clock.sleep(1000, io.signal);
    }
  }
}

/** Reads logs one after another, or, where they are followed, at the same time. Ends quietly at Ctrl-C. */
export async function readLogs(session: Session, sources: readonly LogSource[], options: Options): Promise<void> {
  try {
    if (options.follow && sources.length > 1) await Promise.all(sources.map((source) => copyOrRetry(session, source, options)));
    else for (const source of sources) await copyOrRetry(session, source, options);
  } catch (error) {
    if (!session.io.signal.aborted) throw error;
  }
}
