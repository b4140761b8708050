import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../base/clock.ts';

/** Connections without a request are kept as long as upstream keeps them. */
export const idleTimeoutMs = 90_000;
/** How often HTTP/2 connections are looked at; HTTP/1.1 ones are Node's to watch. */
const lookMs = 15_000;

interface Session {
  streams: number;
  idleSinceMs: number;
}

/** The connections of a listener: who is there, and who has been silent for too long. */
export class Connections {
  readonly #clock: Clock;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Map<ServerHttp2Session, Session>();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#sockets.size;
  }

  addSocket(socket: Socket): void {
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
  }

  addSession(session: ServerHttp2Session): void {
    const entry: Session = { streams: 0, idleSinceMs: this.#clock.monotonicMs() };
    this.#sessions.set(session, entry);
    session.once('close', () => this.#sessions.delete(session));
    session.on('error', () => {});
    session.on('stream', (stream) => {
      entry.streams += 1;
      stream.once('close', () => {
        entry.streams -= 1;
        entry.idleSinceMs = this.#clock.monotonicMs();
      });
    });
    this.#arm();
  }

  #arm(): void {
    if (this.#sessions.size === 0) return;
    this.#timer ??= this.#clock.setTimer(lookMs, () => {
      this.#timer = undefined;
      const nowMs = this.#clock.monotonicMs();
      for (const [session, { streams, idleSinceMs }] of this.#sessions) if (streams === 0 && nowMs - idleSinceMs >= idleTimeoutMs) session.close();
      this.#arm();
    }, { unref: true });
  }

  /** Tells HTTP/2 clients to begin nothing new here. */
  sayGoodbye(): void {
    for (const session of this.#sessions.keys()) session.close();
  }

  /** Ends all of them, whatever they are doing. */
  cut(): void {
    this.#timer?.cancel();
    for (const session of this.#sessions.keys()) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }
}
