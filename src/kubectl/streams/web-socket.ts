import { WebSocket } from 'ws';
import type { Connection } from '../connection/connection.ts';
import { ConnectionError } from '../errors.ts';

/** The server does not speak WebSocket here: SPDY is tried. */
export class UpgradeFailure extends Error {
  override readonly name = 'UpgradeFailure';
}

/** Asks the server to turn a connection into a WebSocket of that subprotocol. Rejects with UpgradeFailure where it does not, and ConnectionError where nobody listens. */
export async function openWebSocket(connection: Connection, path: string, protocol: string): Promise<WebSocket> {
  const { secure, hostname, port, path: fullPath, headers, agent } = await connection.requestOptions(path);
  const host = hostname?.includes(':') === true ? `[${hostname}]` : hostname ?? '';
  let chosen: string | undefined;
  const socket = new WebSocket(`${secure ? 'wss' : 'ws'}://${host}:${port ?? ''}${fullPath ?? ''}`, {
    headers: { ...headers as Record<string, string>, 'sec-websocket-protocol': protocol }, agent: agent as never, perMessageDeflate: false,
    // Kubernetes' name of a tunnel is no token as RFC 6455 wants one, and ws is strict: what was asked and answered is kept from it.
    finishRequest(request) {
      request.prependOnceListener('upgrade', ({ headers: answered }) => {
        chosen = answered['sec-websocket-protocol'];
        delete answered['sec-websocket-protocol'];
      });
      request.end();
    },
  });
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      if (chosen === protocol) {
        resolve(socket);
        return;
      }
      socket.terminate();
      reject(new UpgradeFailure(`invalid protocol, expected ${protocol}, got ${chosen ?? 'none'}`));
    });
    socket.once('unexpected-response', (request, response) => {
      response.resume();
      request.destroy();
      reject(new UpgradeFailure(`${response.statusCode ?? 0}`));
    });
    socket.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ECONNREFUSED' ? new ConnectionError(error.message, { refused: true, host: `${host}:${port ?? ''}`, cause: error }) : new UpgradeFailure(error.message)));
  });
}
