import { badRequestError } from '../../api/status.ts';
import type { Clock } from '../../base/clock.ts';
import { acceptWebSocket, isWebSocketUpgrade, offeredProtocols } from '../../streaming/websocket.ts';
import type { WatchAnswer } from '../answer.ts';
import type { RenderContext } from '../encoding/render.ts';
import { WatchEncoder } from '../encoding/watch-encoder.ts';
import type { Upgrade } from '../request.ts';

/** A watcher that lets this much gather is dropped: it has to list again. */
const maxBacklogBytes = 16 * 1024 * 1024;

/** Browsers bring their token as a subprotocol, which is not for the answer. */
const tokenProtocol = 'base64url.bearer.authorization.k8s.io.';

/** The length before each frame of protobuf: messages have their own. */
const frameHeadBytes = 4;

const normalClosure = 1000;

/**
 * Serves a watch over a WebSocket: a message an event, text for JSON and bytes for the rest, as upstream does for
 * browsers. Whatever the client sends is passed over. Resolves when the watch has begun; rejects with BadRequest for
 * another kind of upgrade.
 */
export async function serveWatchSocket(upgrade: Upgrade, answer: WatchAnswer, context: RenderContext, clock: Clock): Promise<void> {
  if (!isWebSocketUpgrade(upgrade)) throw badRequestError('unable to upgrade: watches are served over HTTP and WebSocket');
  const protocols = offeredProtocols(upgrade, 'sec-websocket-protocol').filter((protocol) => !protocol.startsWith(tokenProtocol));
  const { socket } = await acceptWebSocket(upgrade, protocols.slice(0, 1));
  const { format } = context.negotiated;
  let stop: (() => void) | undefined;
  let over = false;
  const encoder = new WatchEncoder(answer.served, context, () => clock.now(), {
    write: (frames) => {
      if (over) return;
      for (const frame of frames) socket.send(format === 'protobuf' ? frame.subarray(frameHeadBytes) : frame, { binary: format !== 'json' });
      if (socket.bufferedAmount > maxBacklogBytes) socket.terminate();
    },
    end: () => {
      if (over) return;
      over = true;
      socket.close(normalClosure);
    },
  });
  socket.on('message', () => {});
  socket.once('close', () => {
    over = true;
    stop?.();
  });
  stop = answer.start(encoder);
  if (over) stop();
}
