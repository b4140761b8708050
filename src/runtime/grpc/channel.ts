import type * as Grpc from '@grpc/grpc-js';
import type { Clock } from '../../base/clock.ts';
import type { Decode, Wire } from './wire.ts';

/** gRPC's status codes by number, as Go prints them. */
const codeNames = [
  'OK', 'Canceled', 'Unknown', 'InvalidArgument', 'DeadlineExceeded', 'NotFound', 'AlreadyExists', 'PermissionDenied', 'ResourceExhausted',
  'FailedPrecondition', 'Aborted', 'OutOfRange', 'Unimplemented', 'Internal', 'Unavailable', 'DataLoss', 'Unauthenticated',
] as const;
export type GrpcCode = (typeof codeNames)[number];

/** The number of a code on the wire. */
export const codeNumber = (code: GrpcCode): number => codeNames.indexOf(code);

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

/** Path on the wire, request and response message. */
export type GrpcMethod = readonly [path: string, requestType: string, responseType: string];

export interface CallOptions {
  /** None by default; longer than timers can count (24 days) is none. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Answers larger than this are refused, as grpc-go's clients for CRI do. */
const maxMessageBytes = 32 * 1024 * 1024;
const maxTimerMs = 2 ** 31 - 1;

const channelOptions: Grpc.ChannelOptions = {
  'grpc.max_receive_message_length': maxMessageBytes,
  // As upstream's kubelet: containerd may come back any moment.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 3_000,
  // A channel knows nothing of earlier ones to the same socket, nor of their failures.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_channelz': 0,
};

interface Connection {
  readonly wire: Wire;
  readonly client: Grpc.Client;
}

/**
 * gRPC on a Unix socket: unary calls and server streams of the generated messages. Loads the gRPC library and connects
 * with the first call, and connects again after the connection broke. Open calls keep the process alive.
 */
export class GrpcChannel {
  readonly #socketPath: string;
  readonly #clock: Clock;
  readonly #loadWire: () => Promise<Wire>;
  readonly #calls = new Set<Grpc.Call>();
  #connection: Promise<Connection> | undefined;
  #closed = false;

  /** `loadWire` is called with the first call: descriptors are much to read. */
  constructor(options: { readonly socketPath: string; readonly clock: Clock; readonly loadWire: () => Promise<Wire> }) {
    this.#socketPath = options.socketPath;
    this.#loadWire = options.loadWire;
    this.#clock = options.clock;
  }

  /** Rejects with GrpcError: Unavailable without a connection, DeadlineExceeded after `timeoutMs`. */
  async unary([path, requestType, responseType]: GrpcMethod, request: object, options: CallOptions = {}): Promise<unknown> {
    const { client, wire } = await this.#connected();
    return new Promise((resolve, reject) => {
      const call = client.makeUnaryRequest(path, wire.encoder(requestType), wire.decoder(responseType), request, this.#options(options), (error, answer) => {
        finish();
        if (error === null) resolve(answer);
        else reject(grpcError(error));
      });
      const finish = this.#open(call, options.signal);
    });
  }

  /** Calls `onMessage` for each message; resolves when the server ends the stream, rejects as `unary` does. */
  async stream([path, requestType, responseType]: GrpcMethod, request: object, onMessage: (message: unknown, decode: Decode) => void, options: CallOptions = {}): Promise<void> {
    const { client, wire } = await this.#connected();
    await new Promise<void>((resolve, reject) => {
      const call = client.makeServerStreamRequest(path, wire.encoder(requestType), wire.decoder(responseType), request, this.#options(options));
      const finish = this.#open(call, options.signal);
      call.on('data', (message: unknown) => {
        try {
          onMessage(message, wire.decode);
        } catch (error) {
          call.cancel();
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
      call.on('error', (error: Grpc.ServiceError) => reject(grpcError(error)));
      call.on('end', resolve);
      call.on('status', finish);
    });
  }

  /** Cancels what is under way. */
  close(): void {
    this.#closed = true;
    for (const call of this.#calls) call.cancel();
    void this.#connection?.then(({ client }) => client.close(), () => {});
  }

  async #connected(): Promise<Connection> {
    this.#connection ??= this.#connect();
    const connection = await this.#connection;
    if (this.#closed) throw new GrpcError('Canceled', 'grpc: the client connection is closing');
    return connection;
  }

  async #connect(): Promise<Connection> {
    // A CommonJS package: bundled, it has its names on the default export alone.
    const [{ default: grpc }, wire] = await Promise.all([import('@grpc/grpc-js'), this.#loadWire()]);
    return { wire, client: new grpc.Client(`unix:${this.#socketPath}`, grpc.credentials.createInsecure(), channelOptions) };
  }

  #options({ timeoutMs }: CallOptions): Grpc.CallOptions {
    return timeoutMs === undefined || timeoutMs >= maxTimerMs ? {} : { deadline: this.#clock.now() + timeoutMs };
  }

  /** Keeps the call for `close`, and cancels it with the signal; returns what undoes both. */
  #open(call: Grpc.Call, signal: AbortSignal | undefined): () => void {
    const cancel = (): void => call.cancel();
    this.#calls.add(call);
    signal?.addEventListener('abort', cancel, { once: true });
    if (signal?.aborted === true) cancel();
    return () => {
      this.#calls.delete(call);
      signal?.removeEventListener('abort', cancel);
    };
  }
}

function grpcError(error: Grpc.ServiceError): GrpcError {
  return new GrpcError(codeNames[error.code] ?? 'Unknown', error.details, { cause: error });
}
