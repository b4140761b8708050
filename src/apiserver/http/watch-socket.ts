import { badRequestError } from '../../api/status.ts';
import type { Clock } from '../../base/clock.ts';
import { acceptWebSocket, isWebSocketUpgrade, offeredProtocols } from '../../streaming/websocket.ts';
import type { WatchAnswer } from '../answer.ts';
import type { RenderContext } from '../encoding/render.ts';
import { WatchEncoder } from '../encoding/watch-encoder.ts';
import type { Upgrade } from '../request.ts';
import { maxWatchBacklogBytes } from './watch-writer.ts';

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
  const { socket } = await acceptWebSocket(upgrade, protocols.slice(0, 1)).catch((error: unknown) => { throw badRequestError(`unable to upgrade: ${(error as Error).message}`); });
  const { format } = context.negotiated;
  let stop: (() => void) | undefined;
  let over = false;
  let ending = false;
  /** What happened while the beginning is still being sent; undefined: it is sent. */
  let held: Uint8Array[] | undefined;
  let heldBytes = 0;
  const send = (frame: Uint8Array, sent?: (error?: Error) => void): void => socket.send(format === 'protobuf' ? frame.subarray(frameHeadBytes) : frame, { binary: format !== 'json' }, sent);
  const end = (): void => {
    if (over) return;
    if (held !== undefined) {
      ending = true;
      return;
    }
    over = true;
    socket.close(normalClosure);
  };
  const write = (frames: readonly Uint8Array[]): void => {
    if (over) return;
    for (const frame of frames) {
      if (held === undefined) send(frame);
      else {
        held.push(frame);
        heldBytes += frame.length;
      }
    }
    if (socket.bufferedAmount + heldBytes > maxWatchBacklogBytes) socket.terminate();
  };
  const begin = (lines: Iterable<Uint8Array>): void => {
    held = [];
    void (async () => {
      for (const line of lines) {
        if (over) return;
        await new Promise<void>((resolve) => { send(line, () => resolve()); });
      }
      const meanwhile = held ?? [];
      held = undefined;
      heldBytes = 0;
      write(meanwhile);
      if (ending) end();
    })();
  };
  const encoder = new WatchEncoder(answer.served, context, () => clock.now(), { begin, write, end });
  socket.on('message', () => {});
  socket.once('close', () => {
    over = true;
    stop?.();
  });
  stop = answer.start(encoder);
  if (over) stop();
}
