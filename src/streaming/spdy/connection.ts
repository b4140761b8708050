import { Duplex } from 'node:stream';
import { giveWay } from '../../base/turns.ts';
import type { SpdyHeaders } from './headers.ts';
import { HeaderReader, HeaderWriter } from './headers.ts';

const synStream = 1;
const synReply = 2;
const rstStream = 3;
const ping = 6;
const goAway = 7;

const flagFin = 0x01;
const maxFrameBytes = 16 * 1024 * 1024;
const maxControlBytes = 64 * 1024;
const maxDataBytes = 32 * 1024;
/** What one stream may hold unread before the connection stops reading: the memory that a slow reader costs. */
const maxUnreadBytes = 1024 * 1024;
/** A client that opens more is broken or hostile. */
const maxStreams = 1024;

export interface SpdyConnectionOptions {
  readonly socket: Duplex;
  /** Bytes that were read with the HTTP head. */
  readonly head: Uint8Array;
  readonly role: 'client' | 'server';
  /** Called for each stream that the peer opens, after it has been accepted. */
  readonly onStream?: (stream: SpdyStream) => void;
}

/**
 * A SPDY/3.1 connection as Kubernetes uses it: streams with headers, half-close and data, no flow-control windows (the
 * peers, moby/spdystream, do not use them either; TCP's own back-pressure bounds memory).
 */
export class SpdyConnection {
  readonly closed: Promise<void>;
  readonly #socket: Duplex;
  readonly #onStream: ((stream: SpdyStream) => void) | undefined;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #writer = new HeaderWriter();
  readonly #reader = new HeaderReader();
  readonly #role: 'client' | 'server';
  #nextStreamId: number;
  #nextPingId: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #reading = false;
  #arrivedWhileReading = false;
  #sending: Promise<void> = Promise.resolve();
  #paused = new Set<SpdyStream>();
  #ended = false;
  #socketClosed = false;

  constructor(options: SpdyConnectionOptions) {
    this.#socket = options.socket;
    this.#onStream = options.onStream;
    this.#role = options.role;
    this.#nextStreamId = options.role === 'client' ? 1 : 2;
    this.#nextPingId = this.#nextStreamId;
    this.closed = new Promise((resolve) => {
      this.#socket.once('close', () => {
        this.#socketClosed = true;
        this.#drain();
        resolve();
      });
    });
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.on('end', () => this.#socket.end());
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    if (options.head.length > 0) this.#receive(Buffer.from(options.head));
  }

  /** Opens a stream; resolves when its SYN_STREAM is on its way. `onlyRead`: nothing will be said on it from this end. */
  async open(headers: SpdyHeaders, { onlyRead = false }: { readonly onlyRead?: boolean } = {}): Promise<SpdyStream> {
    const id = this.#nextStreamId;
    this.#nextStreamId += 2;
    const stream = new SpdyStream(this, id, headers, onlyRead);
    this.#streams.set(id, stream);
    await this.#exclusive(async () => {
      const block = await this.#writer.compress(headers);
      const body = Buffer.alloc(10);
      body.writeUInt32BE(id, 0);
      await this.#write(Buffer.concat([controlHead(synStream, onlyRead ? flagFin : 0, 10 + block.length), body, block]));
    });
    return stream;
  }

  /** Asks for an answer, which keeps an idle connection from being taken for a dead one. Rejects when it is closed. */
  async ping(): Promise<void> {
    const body = Buffer.alloc(4);
    body.writeUInt32BE(this.#nextPingId, 0);
    this.#nextPingId = (this.#nextPingId + 2) >>> 0;
    await this.#exclusive(() => this.#write(Buffer.concat([controlHead(ping, 0, 4), body])));
  }

  /** Says goodbye and closes once what was written has been sent. */
  async close(): Promise<void> {
    await this.#exclusive(async () => {
      if (this.#ended) return;
      const body = Buffer.alloc(8);
      await this.#write(Buffer.concat([controlHead(goAway, 0, 8), body]));
      this.#socket.end();
    }).catch(() => {});
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** @internal */
  async sendData(id: number, data: Uint8Array, fin: boolean): Promise<void> {
    for (let offset = 0; ; offset += maxDataBytes) {
      const part = data.subarray(offset, offset + maxDataBytes);
      const last = offset + maxDataBytes >= data.length;
      const head = Buffer.alloc(8);
      head.writeUInt32BE(id, 0);
      head.writeUInt32BE(part.length, 4);
      if (last && fin) head[4] = flagFin;
      await this.#exclusive(() => this.#write(Buffer.concat([head, part])));
      if (last) return;
    }
  }

  /** @internal */
  async sendReset(id: number): Promise<void> {
    const body = Buffer.alloc(8);
    body.writeUInt32BE(id, 0);
    body.writeUInt32BE(5, 4); // CANCEL
    await this.#exclusive(() => this.#write(Buffer.concat([controlHead(rstStream, 0, 8), body])));
  }

  /** @internal */
  release(id: number): void {
    const stream = this.#streams.get(id);
    if (stream !== undefined) this.resume(stream);
    this.#streams.delete(id);
  }

  /** @internal */
  resume(stream: SpdyStream): void {
    if (this.#paused.delete(stream) && this.#paused.size === 0) {
      this.#socket.resume();
      this.#drain();
    }
  }

  #exclusive(send: () => Promise<void>): Promise<void> {
    const turn = this.#sending.then(send);
    // A peer that has said all and closed answers the next bytes with a reset, and a write after that loses what has come
    // and was not read yet: between two writes what is there is read, in a whole round of the event loop.
    this.#sending = turn.then(giveWay).then(giveWay).catch(() => {});
    return turn;
  }

  #write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#ended || this.#socket.destroyed || this.#socket.writableEnded) reject(new Error('connection is closed'));
      else this.#socket.write(bytes, (error) => { if (error) reject(error); else resolve(); });
    });
  }

  #receive(chunk: Buffer): void {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    this.#drain();
  }

  #drain(): void {
    // A pass may be over but not settled yet: what arrives meanwhile needs another one.
    if (this.#reading) {
      this.#arrivedWhileReading = true;
      return;
    }
    this.#reading = true;
    this.#arrivedWhileReading = false;
    this.#readFrames()
      .catch(() => this.#socket.destroy())
      .finally(() => {
        this.#reading = false;
        if (this.#arrivedWhileReading) {
          this.#drain();
          return;
        }
        // What arrived before the socket closed is delivered before its streams end.
        if (this.#socketClosed && this.#paused.size === 0) this.#end();
      });
  }

  async #readFrames(): Promise<void> {
    while (!this.#ended && this.#paused.size === 0 && this.#pendingBytes >= 8) {
      const buffer = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending);
      this.#pending = [buffer];
      const length = buffer.readUInt32BE(4) & 0xffffff;
      const control = (buffer[0]! & 0x80) !== 0;
      if (length > (control ? maxControlBytes : maxFrameBytes)) throw new Error('SPDY frame is too large');
      if (buffer.length < 8 + length) return;
      const frame = buffer.subarray(0, 8 + length);
      const rest = buffer.subarray(8 + length);
      this.#pending = rest.length === 0 ? [] : [rest];
      this.#pendingBytes = rest.length;
      if (control) await this.#control(frame);
      else this.#data(frame);
    }
  }

  #data(frame: Buffer): void {
    const id = frame.readUInt32BE(0);
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    if (frame.length > 8) {
      stream.push(Buffer.from(frame.subarray(8)));
      if (stream.readableLength > maxUnreadBytes) {
        this.#paused.add(stream);
        this.#socket.pause();
      }
    }
    if ((frame[4]! & flagFin) !== 0) stream.push(null);
  }

  async #control(frame: Buffer): Promise<void> {
    const flags = frame[4]!;
    switch (frame.readUInt16BE(2)) {
      case synStream: {
        const id = frame.readUInt32BE(8) & 0x7fffffff;
        const headers = await this.#reader.decompress(frame.subarray(18));
        if (this.#streams.size >= maxStreams) throw new Error('too many streams');
        const stream = new SpdyStream(this, id, headers);
        this.#streams.set(id, stream);
        const body = Buffer.alloc(4);
        body.writeUInt32BE(id, 0);
        void this.#exclusive(async () => {
          const block = await this.#writer.compress({});
          await this.#write(Buffer.concat([controlHead(synReply, 0, 4 + block.length), body, block]));
        }).catch(() => {});
        this.#onStream?.(stream);
        if ((flags & flagFin) !== 0) stream.push(null);
        break;
      }
      case synReply: {
        await this.#reader.decompress(frame.subarray(12));
        if ((flags & flagFin) !== 0) this.#streams.get(frame.readUInt32BE(8))?.push(null);
        break;
      }
      case rstStream: {
        const id = frame.readUInt32BE(8) & 0x7fffffff;
        const stream = this.#streams.get(id);
        this.#streams.delete(id);
        stream?.peerGone();
        break;
      }
      case ping: {
        // Ours comes back with the number that it went with: clients' are odd.
        if ((frame.readUInt32BE(8) % 2 === 1) === (this.#role === 'client')) break;
        void this.#exclusive(() => this.#write(Buffer.from(frame))).catch(() => {});
        break;
      }
      default: // SETTINGS, HEADERS, GOAWAY, WINDOW_UPDATE: nothing to do, the socket's end says the rest.
    }
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const stream of this.#streams.values()) stream.peerGone();
    this.#streams.clear();
    this.#paused.clear();
    this.#writer.close();
    this.#reader.close();
  }
}

/** One stream: a Duplex whose end is a half-close. `headers` are those of its opening. */
export class SpdyStream extends Duplex {
  readonly headers: SpdyHeaders;
  readonly id: number;
  readonly #connection: SpdyConnection;
  readonly #onlyRead: boolean;
  #peerGone = false;

  constructor(connection: SpdyConnection, id: number, headers: SpdyHeaders, onlyRead = false) {
    super({ allowHalfOpen: true, emitClose: true });
    this.#connection = connection;
    this.id = id;
    this.headers = headers;
    this.#onlyRead = onlyRead;
    this.on('error', () => {});
    if (onlyRead) this.end();
  }

  /**
   * The peer has reset the stream (containerd does so after the last byte, instead of ending it) or the connection is
   * gone. What has arrived can still be read to its end, and then the stream closes.
   * @internal
   */
  peerGone(): void {
    if (this.destroyed || this.#peerGone) return;
    this.#peerGone = true;
    if (this.readableEnded) {
      this.destroy();
      return;
    }
    this.once('end', () => this.destroy());
    this.push(null);
  }

  override _read(): void {
    this.#connection.resume(this);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    // Nobody takes it any more. An error would destroy the stream, and with it what has not been read yet.
    if (this.#peerGone) callback();
    else this.#connection.sendData(this.id, chunk, false).then(() => callback(), callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    if (this.#peerGone || this.#onlyRead) callback();
    else this.#connection.sendData(this.id, new Uint8Array(0), true).then(() => callback(), () => callback());
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const open = !this.#peerGone && (!this.readableEnded || !this.writableFinished);
    this.#connection.release(this.id);
    if (open) this.#connection.sendReset(this.id).catch(() => {});
    callback(error);
  }
}

function controlHead(type: number, flags: number, length: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(0x8003, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt32BE(length, 4);
  head[4] = flags;
  return head;
}
