import { RuntimeError } from '../runtime/runtime.ts';
import type { StreamDialer } from '../runtime/containerd/stream-dialer.ts';

/** Errors of a dialled session, as the Runtime contract promises them. */
function streamError(error: unknown): RuntimeError {
  return error instanceof RuntimeError ? error : new RuntimeError('unknown', error instanceof Error ? error.message : String(error), { cause: error });
}

/** Dials containerd's streaming server; the protocol is loaded with the first session. */
export const spdyDialer: StreamDialer = {
  dialRemoteCommand: async (url, streams) => {
    const { dialRemoteCommand } = await import('../streaming/dial.ts');
    try {
      const session = await dialRemoteCommand(url, streams);
      const exit = session.exit.catch((error: unknown) => { throw streamError(error); });
      exit.catch(() => { /* Who does not wait for the exit does not want its error either. */ });
      return { stdin: session.stdin, stdout: session.stdout, stderr: session.stderr, resize: session.resize, exit, close: session.close };
    } catch (error) {
      throw streamError(error);
    }
  },
  dialPortForward: async (url, port) => {
    const { dialPortForward } = await import('../streaming/dial.ts');
    return dialPortForward(url, port).catch((error: unknown) => { throw streamError(error); });
  },
};
