import type { StreamDialer } from '../runtime/containerd/stream-dialer.ts';
import { RuntimeError } from '../runtime/runtime.ts';
import { BrokenSessionError, dialPortForward, dialRemoteCommand } from '../streaming/dial.ts';

/** Errors of a dialled session, as the Runtime contract promises them. */
function rethrow(error: unknown): never {
  throw new RuntimeError(error instanceof BrokenSessionError ? 'unavailable' : 'unknown', error instanceof Error ? error.message : String(error), { cause: error });
}

/** Dials containerd's streaming server. */
export const spdyDialer: StreamDialer = {
  dialRemoteCommand: async (url, streams) => {
    const command = await dialRemoteCommand(url, streams).catch(rethrow);
    const exit = command.exit.catch(rethrow);
    exit.catch(() => { /* Who does not wait for the exit does not want its error either. */ });
    return { ...command, exit };
  },
  dialPortForward: (url, port) => dialPortForward(url, port).catch(rethrow),
};
