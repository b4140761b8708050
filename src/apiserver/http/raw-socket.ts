import { badRequestError } from '../../api/status.ts';
import { acceptWebSocket, isWebSocketUpgrade, offeredProtocols } from '../../streaming/websocket.ts';
import type { Answer } from '../answer.ts';
import type { Upgrade } from '../request.ts';

type RawAnswer = Extract<Answer, { kind: 'raw' }>;

/** What upstream's readers speak: bytes as they are, or as base64 text. */
const protocols = ['binary.k8s.io', 'base64.binary.k8s.io'];
const normalClosure = 1000;

/**
 * Sends a stream of bytes (a pod's log) over a WebSocket, as upstream does for browsers: an empty message first, then
 * the bytes as they come. Rejects with BadRequest for another kind of upgrade.
 */
export async function serveRawSocket(upgrade: Upgrade, { body }: RawAnswer): Promise<void> {
  if (!isWebSocketUpgrade(upgrade)) throw badRequestError('unable to upgrade: this path serves HTTP and WebSocket');
  const offered = offeredProtocols(upgrade, 'sec-websocket-protocol').length > 0;
  const { socket, protocol } = await acceptWebSocket(upgrade, offered ? protocols : []);
  const base64 = protocol === 'base64.binary.k8s.io';
  let open = true;
  socket.on('message', () => {});
  socket.once('close', () => { open = false; });
  const send = (bytes: Uint8Array): Promise<void> => new Promise((resolve) => {
    socket.send(base64 ? Buffer.from(bytes).toString('base64') : bytes, { binary: !base64 }, () => resolve());
  });
  await send(new Uint8Array());
  if (typeof body === 'string' || body instanceof Uint8Array) await send(Buffer.from(body));
  else {
    for await (const chunk of body) {
      // Leaving the loop ends the stream that the bytes come from.
      if (!open) break;
      await send(chunk);
    }
  }
  socket.close(normalClosure);
}
