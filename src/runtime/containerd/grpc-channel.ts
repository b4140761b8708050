import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import type { Clock, Timer } from '../../base/clock.ts';

/** gRPC's status codes by number, as Go prints them. */
const codeNames = [
  'OK', 'Canceled', 'Unknown', 'InvalidArgument', 'DeadlineExceeded', 'NotFound', 'AlreadyExists', 'PermissionDenied', 'ResourceExhausted',
  'FailedPrecondition', 'Aborted', 'OutOfRange', 'Unimplemented', 'Internal', 'Unavailable', 'DataLoss', 'Unauthenticated',
] as const;
export type GrpcCode = (typeof codeNames)[number];

/** A call that did not end with OK. Its message reads as upstream's clients print it. */
export class GrpcError extends Error {
  readonly code: GrpcCode;
  readonly description: string;
  constructor(code: GrpcCode, description: string, options?: { cause?: unknown }) {
    super(`rpc error: code = ${code} desc = ${description}`, options);
    this.name = 'GrpcError';
    this.code = code;
    this.description = description;
  }
}

/** Answers larger than this are refused, as grpc-go's clients for CRI do. */
const maxMessageBytes = 32 * 1024 * 1024;
const headerBytes = 5;

function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(headerBytes + message.length);
  framed.writeUInt8(0, 0);
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, headerBytes);
  return framed;
}

/** Cuts a byte stream into gRPC messages. */
class Deframer {
  #buffered: Buffer[] = [];
  #length = 0;

  push(chunk: Buffer): Buffer[] {
    this.#buffered.push(chunk);
    this.#length += chunk.length;
    const messages: Buffer[] = [];
    for (;;) {
      if (this.#length < headerBytes) return messages;
      let first = this.#buffered[0]!;
      if (first.length < headerBytes) first = this.#join();
      const size = first.readUInt32BE(1);
      if (size > maxMessageBytes) throw new GrpcError('ResourceExhausted', `received message larger than max (${size} vs. ${maxMessageBytes})`);
      if (first[0] !== 0) throw new GrpcError('Unimplemented', 'compressed messages are not supported');
      if (this.#length < headerBytes + size) return messages;
      const all = this.#join();
      messages.push(all.subarray(headerBytes, headerBytes + size));
      this.#buffered = [all.subarray(headerBytes + size)];
      this.#length = all.length - headerBytes - size;
    }
  }

  #join(): Buffer {
    if (this.#buffered.length > 1) this.#buffered = [Buffer.concat(this.#buffered)];
    return this.#buffered[0] ?? Buffer.alloc(0);
  }
}

export interface CallOptions { readonly timeoutMs?: number; readonly signal?: AbortSignal; readonly metadata?: Readonly<Record<string, string>> }

/**
 * gRPC over HTTP/2 on a Unix socket: unary calls and server streams, which is all that CRI asks for. Connects with the
 * first call and again after the connection broke; an idle connection does not keep the process alive.
 */
export class GrpcChannel {
  readonly #socketPath: string;
  readonly #clock: Clock;
  #session: ClientHttp2Session | undefined;
  #closed = false;

  constructor(options: { socketPath: string; clock: Clock }) {
    this.#socketPath = options.socketPath;
    this.#clock = options.clock;
  }

  /** Rejects with GrpcError: Unavailable without a connection, DeadlineExceeded after `timeoutMs` (none by default). */
  async unary(path: string, message: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    let answer: Uint8Array | undefined;
    await this.#call(path, message, options, (received) => { answer = received; });
    if (answer === undefined) throw new GrpcError('Internal', `${path} ended without an answer`);
    return answer;
  }

  /** Calls `onMessage` for each message; resolves when the server ends the stream, rejects as `unary` does. Does not keep the process alive. */
  stream(path: string, message: Uint8Array, onMessage: (message: Uint8Array) => void, options: CallOptions = {}): Promise<void> {
    return this.#call(path, message, options, onMessage, { unref: true });
  }

  close(): void {
    this.#closed = true;
    this.#session?.destroy();
    this.#session = undefined;
  }

  #connected(): ClientHttp2Session {
    if (this.#closed) throw new GrpcError('Canceled', 'grpc: the client connection is closing');
    if (this.#session !== undefined && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const session = connectHttp2('http://localhost', { createConnection: () => connectSocket(this.#socketPath), settings: { enablePush: false, initialWindowSize: 1 << 20 } });
    session.on('error', () => { /* Every open call reports it. */ });
    session.on('goaway', () => { if (this.#session === session) this.#session = undefined; });
    session.on('close', () => { if (this.#session === session) this.#session = undefined; });
    session.unref();
    this.#session = session;
    return session;
  }

  #call(path: string, message: Uint8Array, options: CallOptions, onMessage: (message: Uint8Array) => void, timerOptions: { readonly unref?: boolean } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const session = this.#connected();
      const headers: Record<string, string> = {
        ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', 'user-agent': 'coxswain',
        ...options.metadata,
        ...(options.timeoutMs !== undefined && { 'grpc-timeout': `${Math.min(99_999_999, Math.max(1, Math.ceil(options.timeoutMs)))}m` }),
      };
      const stream: ClientHttp2Stream = session.request(headers);
      // An unref'ed session alone would let the process end in the middle of a call that someone waits for.
      const keepAlive: Timer = this.#clock.setTimer(options.timeoutMs ?? 2 ** 31 - 1, () => finish(new GrpcError('DeadlineExceeded', 'context deadline exceeded')), timerOptions);
      const deframer = new Deframer();
      let status: IncomingHttpHeaders | undefined;
      let done = false;
      const finish = (error: Error | undefined): void => {
        if (done) return;
        done = true;
        keepAlive.cancel();
        options.signal?.removeEventListener('abort', onAbort);
        if (error === undefined) resolve();
        else {
          stream.close(constants.NGHTTP2_CANCEL);
          reject(error);
        }
      };
      const onAbort = (): void => finish(new GrpcError('Canceled', 'context canceled', { cause: options.signal?.reason }));
      options.signal?.addEventListener('abort', onAbort, { once: true });
      if (options.signal?.aborted === true) onAbort();
      stream.on('response', (received) => { if (received['grpc-status'] !== undefined) status = received; });
      stream.on('trailers', (received) => { status = received; });
      stream.on('data', (chunk: Buffer) => {
        try {
          for (const received of deframer.push(chunk)) onMessage(received);
        } catch (error) {
          finish(error instanceof Error ? error : new GrpcError('Internal', String(error)));
        }
      });
      stream.on('error', (error) => finish(new GrpcError('Unavailable', this.#describe(error), { cause: error })));
      stream.on('close', () => finish(statusError(status)));
      stream.end(frame(message));
    });
  }

  #describe(error: Error & { code?: string }): string {
    return error.code === 'ENOENT' || error.code === 'ECONNREFUSED'
      ? `connection error: desc = "transport: Error while dialing: dial unix ${this.#socketPath}: connect: ${error.code === 'ENOENT' ? 'no such file or directory' : 'connection refused'}"`
      : `transport: ${error.message}`;
  }
}

function statusError(trailers: IncomingHttpHeaders | undefined): GrpcError | undefined {
  if (trailers === undefined) return new GrpcError('Unavailable', 'transport: the connection closed before the answer');
  const number = Number(trailers['grpc-status']);
  if (number === 0) return undefined;
  const text = String(trailers['grpc-message'] ?? '');
  let description = text;
  try {
    description = decodeURIComponent(text);
  } catch {
    // Left as it came.
  }
  return new GrpcError(codeNames[number] ?? 'Unknown', description);
}
