import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

/**
 * Answers what cannot be read as HTTP/1.1, which is never a request to anybody else. It may stand behind requests whose
 * answers are not written yet: theirs come first, as a whole.
 */
export class UnreadableRequests {
  /** What is under way on each connection, in order: clients may send before they have their answers. */
  readonly #open = new WeakMap<Duplex, Exchange[]>();
  readonly #refused = new WeakSet<Duplex>();

  /** A request that could be read, until its answer is closed. */
  follow(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { socket } = incoming;
    const exchange = { incoming, outgoing };
    const open = this.#open.get(socket);
    if (open === undefined) this.#open.set(socket, [exchange]);
    else open.push(exchange);
    outgoing.once('close', () => {
      const all = this.#open.get(socket)!;
      all.splice(all.indexOf(exchange), 1);
    });
  }

  /** The listener of a server's `clientError`, which comes again for each piece of what cannot be read. */
  refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (this.#refused.has(socket) && socket.writable) return;
    this.#refused.add(socket);
    this.#answer(error, socket);
  }

  #answer(error: NodeJS.ErrnoException, socket: Duplex): void {
    const open = this.#open.get(socket) ?? [];
    const before = open.findLast(({ incoming }) => incoming.complete);
    if (socket.writable && before !== undefined) {
      before.outgoing.once('close', () => this.#answer(error, socket));
      return;
    }
    // What is left is the request whose body cannot be read; an answer to it that has begun cannot be taken back.
    if (!socket.writable || open.some(({ outgoing }) => outgoing.headersSent)) {
      socket.destroy();
      return;
    }
    const refusal = refusalOf(error);
    socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${refusal.length}\r\n\r\n${refusal}`);
  }
}

function refusalOf({ code }: NodeJS.ErrnoException): string {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW': return '431 Request Header Fields Too Large';
    case 'ERR_HTTP_REQUEST_TIMEOUT': return '408 Request Timeout';
    default: return '400 Bad Request';
  }
}
