import type { Duplex } from 'node:stream';
import type { ExecRequest, ProcessStreams } from '../runtime.ts';

/**
 * Dials the streaming server whose URLs CRI's Exec, Attach and PortForward answer with (http://127.0.0.1:PORT/…, SPDY/3.1).
 * Injected, so that this runtime knows nothing of the wire protocol.
 */
export interface StreamDialer {
  /** Opens an exec or attach session with exactly these streams. Rejects when the server refuses. */
  dialRemoteCommand(url: string, streams: Omit<ExecRequest, 'command'>): Promise<ProcessStreams>;
  /** One connection to one port; destroying the stream closes it. Rejects when the port refuses or the server does. */
  dialPortForward(url: string, port: number): Promise<Duplex>;
}
