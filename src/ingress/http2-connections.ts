import type { ClientHttp2Session } from 'node:http2';
import { connect } from 'node:http2';

/** A connection without a stream is closed after this. */
const idleMs = 60_000;

/** One HTTP/2 connection to each endpoint that is spoken to so, which all requests share. */
export class Http2Connections implements Disposable {
  readonly #sessions = new Map<string, ClientHttp2Session>();

  /** That to an endpoint; it may still be connecting. Requests on it hear of its failures themselves. */
  to({ host, port }: { readonly host: string; readonly port: number }): ClientHttp2Session {
    const where = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
    const known = this.#sessions.get(where);
    if (known !== undefined && !known.closed && !known.destroyed) return known;
    const session = connect(where);
    const forget = (): void => { if (this.#sessions.get(where) === session) this.#sessions.delete(where); };
    session.on('close', forget).on('goaway', forget).on('error', forget);
    session.setTimeout(idleMs, () => session.close());
    this.#sessions.set(where, session);
    return session;
  }

  [Symbol.dispose](): void {
    for (const session of this.#sessions.values()) session.destroy();
  }
}
