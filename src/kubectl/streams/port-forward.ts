import type { Clock } from '../../base/clock.ts';
import { SpdyConnection } from '../../streaming/spdy/connection.ts';
import { webSocketAsDuplex } from '../../streaming/websocket.ts';
import type { Connection } from '../connection/connection.ts';
import { upgradeToSpdy } from './remote-command.ts';
import { UpgradeFailure, openWebSocket } from './web-socket.ts';

const protocol = 'portforward.k8s.io';
/** As upstream's clients. */
const pingPeriodMs = 10_000;

/** A connection on which a pod's ports are reached: SPDY in a WebSocket, or by itself where the server is older. */
export async function openPortForward(connection: Connection, path: string): Promise<SpdyConnection> {
  try {
    const socket = await openWebSocket(connection, path, `SPDY/3.1+${protocol}`);
    socket.on('error', () => socket.terminate());
    return new SpdyConnection({ socket: webSocketAsDuplex(socket), head: new Uint8Array(0), role: 'client' });
  } catch (error) {
    if (!(error instanceof UpgradeFailure)) throw error;
    return upgradeToSpdy(connection, path, protocol);
  }
}

/** Says something from time to time, so that nobody between here and there takes the connection for a dead one. Ends when the signal aborts. */
export async function keepAwake(spdy: SpdyConnection, clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    for (;;) {
      await clock.sleep(pingPeriodMs, signal);
      await spdy.ping();
    }
  } catch {
    // Over, or the connection is gone: whoever reads from it knows.
  }
}
