import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';

export interface Answer {
  readonly code: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** What became of a request: an answer, or the connection's end. */
export type Outcome = Answer | 'closed' | 'silent';

interface Waiting {
  readonly method: string;
  /** The head is enough. */
  readonly headOnly: boolean;
  settle(outcome: Outcome): void;
}

/** One HTTP/1.1 connection, as little of a client as can be: several requests may be on their way at a time. */
export class Connection {
  readonly #socket: TLSSocket;
  readonly #waiting: Waiting[] = [];
  /** What has come and is not read yet is at the beginning of this; it doubles, so that large answers are not copied for each piece. */
  #room: Buffer = Buffer.allocUnsafe(64 * 1024);
  #gathered = 0;
  /** So much must be there before it is worth looking. */
  #wanted = 0;
  #ended = false;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#add(chunk);
      if (this.#gathered >= this.#wanted) this.#read();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#ended = true;
      for (const one of this.#waiting.splice(0)) one.settle('closed');
    });
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] });
      socket.once('error', reject);
      socket.once('secureConnect', () => resolve(new Connection(socket)));
    });
  }

  get ended(): boolean {
    return this.#ended || this.#socket.destroyed || !this.#socket.writable;
  }

  /** Resolves with what comes back; `silent` after so many milliseconds without: more than the server takes before it answers that it is too late. */
  send(bytes: Buffer, { method, headOnly = false, patienceMs = 45_000 }: { readonly method: string; readonly headOnly?: boolean; readonly patienceMs?: number }): Promise<Outcome> {
    if (this.ended) return Promise.resolve('closed');
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle('silent'), patienceMs);
      const settle = (outcome: Outcome): void => {
        clearTimeout(timer);
        resolve(outcome);
      };
      this.#waiting.push({ method, headOnly, settle });
      this.#socket.write(bytes);
    });
  }

  /** Bytes that nobody answers. */
  write(bytes: Buffer): void {
    if (!this.ended) this.#socket.write(bytes);
  }

  close(): void {
    this.#socket.destroy();
  }

  #add(chunk: Buffer): void {
    if (this.#gathered + chunk.length > this.#room.length) {
      const larger = Buffer.allocUnsafe(2 * (this.#gathered + chunk.length));
      this.#room.copy(larger, 0, 0, this.#gathered);
      this.#room = larger;
    }
    chunk.copy(this.#room, this.#gathered);
    this.#gathered += chunk.length;
  }

  #read(): void {
    while (this.#waiting.length > 0 && this.#gathered > 0) {
      const [first] = this.#waiting as [Waiting];
      const read = readAnswer(this.#room.subarray(0, this.#gathered), first);
      this.#wanted = typeof read === 'number' ? read : 0;
      if (typeof read === 'number') return;
      // Whoever asked keeps what it was given: the rest moves to a place of its own.
      const rest = this.#room.subarray(read.used, this.#gathered);
      this.#room = Buffer.allocUnsafe(Math.max(64 * 1024, 2 * rest.length));
      this.#gathered = rest.copy(this.#room);
      if (read.answer.code === 100) continue;
      this.#waiting.shift();
      first.settle(read.answer);
      if (read.answer.headers.get('connection') === 'close' || read.answer.code === 101) {
        if (read.answer.code !== 101) this.#socket.end();
        this.#ended = read.answer.code !== 101;
      }
    }
  }
}

/** An answer, or how many bytes must be there before it is worth looking again. */
function readAnswer(buffer: Buffer, { method, headOnly }: Waiting): { readonly answer: Answer; readonly used: number } | number {
  const end = buffer.indexOf('\r\n\r\n');
  if (end < 0) return buffer.length + 1;
  const [status = '', ...lines] = buffer.toString('latin1', 0, end).split('\r\n');
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  const code = Number(status.split(' ')[1]);
  const at = end + 4;
  const answer = (body: Buffer, used: number): { answer: Answer; used: number } => ({ answer: { code, headers, body }, used });
  if (headOnly || method === 'HEAD' || code === 304 || code === 204 || code < 200) return answer(Buffer.alloc(0), at);
  const length = headers.get('content-length');
  if (length !== undefined) return buffer.length < at + Number(length) ? at + Number(length) : answer(buffer.subarray(at, at + Number(length)), at + Number(length));
  if (headers.get('transfer-encoding') !== 'chunked') return answer(Buffer.alloc(0), at);
  const pieces: Buffer[] = [];
  for (let from = at; ;) {
    const line = buffer.indexOf('\r\n', from);
    if (line < 0) return buffer.length + 1;
    const size = Number.parseInt(buffer.toString('latin1', from, line), 16);
    // What is no chunk is no answer.
    if (!(size >= 0)) return { answer: { code: Number.NaN, headers, body: buffer.subarray(from) }, used: buffer.length };
    if (buffer.length < line + 2 + size + 2) return line + 2 + size + 2;
    if (size === 0) return answer(Buffer.concat(pieces), line + 4);
    pieces.push(buffer.subarray(line + 2, line + 2 + size));
    from = line + 2 + size + 2;
  }
}
