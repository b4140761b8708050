import { parseExactly } from '../../api/codec/exact-integers.ts';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { ApiError } from '../../api/status.ts';
import type { StatusReason } from '../../api/status.ts';
import type { Status } from '../../api/types/meta/v1.ts';
import type { Clock } from '../../base/clock.ts';
import { timeoutSignal } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { causeHeader } from '../cause.ts';
import type { Client } from '../client.ts';
import { deepFreeze } from '../../base/json-value.ts';
import type { RawWatchEvent, RestRequest } from '../rest-client.ts';
import { createRestClient } from '../rest-client.ts';

export interface HttpClientOptions {
  /** `https://host:port` or `http://host:port`, with an optional path prefix. */
  readonly server: string;
  readonly clock: Clock;
  readonly random: Random;
  /** PEM. Without it the platform's roots are trusted. */
  readonly ca?: string;
  readonly insecureSkipTlsVerify?: boolean;
  /** The name to verify instead of the host of `server`. */
  readonly tlsServerName?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  /** A function is asked at each request: for tokens that are rotated. When it rejects, so does the request. */
  readonly token?: string | (() => string | Promise<string>);
  readonly username?: string;
  readonly password?: string;
  readonly userAgent?: string;
  /** The longest answer that is read, in bytes; lists of a large cluster are large. */
  readonly maxResponseBytes?: number;
  readonly maxSockets?: number;
  /** How long an ordinary request may take, in milliseconds. */
  readonly requestTimeoutMs?: number;
}

/** An object may be 3 MiB on the way in; decorated and encoded as a watch event it stays far below this. */
const maxWatchLineBytes = 16 * 1024 * 1024;
const maxAttempts = 10;

/** A Client over HTTP or HTTPS with kept-alive connections. */
export interface HttpClient extends Client {
  /** Drops the idle connections. */
  close(): void;
  /** Proves itself by this pair, PEM, from now on. Watches end and come again as who it is then; what was asked is answered. */
  identify(pair: { readonly certificate: string; readonly key: string }): void;
}

/** A Client over HTTP or HTTPS with kept-alive connections; the caller closes it. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const url = new URL(options.server);
  const secure = url.protocol === 'https:';
  const prefix = url.pathname.replace(/\/$/, '');
  const userAgent = options.userAgent ?? 'coxswain';
  const maxResponseBytes = options.maxResponseBytes ?? 1024 * 1024 * 1024;
  const requestTimeoutMs = options.requestTimeoutMs ?? 60_000;
  const agentOptions = { keepAlive: true, keepAliveMsecs: 15_000, maxSockets: options.maxSockets ?? 64, maxFreeSockets: 16 };
  const agent = secure
    ? new HttpsAgent({
      ...agentOptions,
      ...(options.ca !== undefined && { ca: options.ca }),
      ...(options.clientCertificate !== undefined && { cert: options.clientCertificate }),
      ...(options.clientKey !== undefined && { key: options.clientKey }),
      ...(options.tlsServerName !== undefined && { servername: options.tlsServerName }),
      ...(options.insecureSkipTlsVerify === true && { rejectUnauthorized: false }),
    })
    : new HttpAgent(agentOptions);
  // Watches last for minutes and must not starve requests of sockets.
  const watchAgent = secure ? new HttpsAgent({ ...(agent as HttpsAgent).options, maxSockets: Infinity }) : new HttpAgent({ ...agentOptions, maxSockets: Infinity });

  const authorization = async (): Promise<string | undefined> => {
    const token = typeof options.token === 'function' ? await options.token() : options.token;
    if (token !== undefined) return `Bearer ${token}`;
    if (options.username !== undefined) return `Basic ${btoa(`${options.username}:${options.password ?? ''}`)}`;
    return undefined;
  };

  const send = async (request: RestRequest, through: HttpAgent | HttpsAgent, signal: AbortSignal): Promise<IncomingMessage> => sendAs(await authorization(), request, through, signal);

  const sendAs = (bearer: string | undefined, request: RestRequest, through: HttpAgent | HttpsAgent, signal: AbortSignal): Promise<IncomingMessage> => new Promise((resolve, reject) => {
    const body = request.body === undefined ? undefined : Buffer.from(typeof request.body === 'string' ? request.body : JSON.stringify(request.body));
    const settings: RequestOptions = {
      agent: through,
      protocol: url.protocol,
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (secure ? 443 : 80) : url.port,
      path: prefix + request.path,
      method: request.method,
      signal,
      headers: {
        accept: 'application/json, */*',
        'user-agent': userAgent,
        ...(bearer !== undefined && { authorization: bearer }),
        ...(request.cause !== undefined && { [causeHeader]: request.cause }),
        ...(body !== undefined && { 'content-type': request.contentType ?? 'application/json', 'content-length': body.length }),
      },
    };
    const attempt = (retryStale: boolean): void => {
      const outgoing: ClientRequest = (secure ? httpsRequest : httpRequest)(settings, resolve);
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // The server closed an idle connection just as it was reused: nothing has been processed, so a read is sent anew.
        if (retryStale && outgoing.reusedSocket && request.method === 'GET' && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) attempt(false);
        else reject(signal.aborted ? (signal.reason as Error) : new Error(`${request.method} ${options.server}${request.path}: ${error.message}`, { cause: error }));
      });
      outgoing.end(body);
    };
    attempt(true);
  });

  const once = async (request: RestRequest): Promise<{ retryAfterMs?: number; value?: unknown; error?: ApiError }> => {
    const { signal, cancel } = timeoutSignal(options.clock, requestTimeoutMs, request.signal);
    try {
      const response = await send(request, agent, signal);
      const text = await readAll(response, maxResponseBytes);
      const code = response.statusCode ?? 0;
      const isJson = (response.headers['content-type'] ?? '').includes('json');
      if (code >= 200 && code < 300) return { value: isJson && text !== '' ? deepFreeze(parseExactly(text)) : text };
      const error = errorFrom(code, text, isJson);
      const seconds = Number.parseInt(response.headers['retry-after'] ?? '', 10);
      return { error, ...((code === 429 || code >= 500) && Number.isFinite(seconds) && { retryAfterMs: seconds * 1000 }) };
    } finally {
      cancel();
    }
  };

  const client = createRestClient({
    defaultFieldManager: userAgent.split('/')[0]!,
    async request(request) {
      for (let attempt = 1; ; attempt++) {
        request.signal?.throwIfAborted();
        const { value, error, retryAfterMs } = await once(request);
        if (error === undefined) return value;
        if (retryAfterMs === undefined || attempt >= maxAttempts) throw error;
        await options.clock.sleep(retryAfterMs, request.signal);
      }
    },
    async *watch(request) {
      if (request.signal.aborted) return;
      // As client-go does: every watch has an end, spread over five minutes, so that a dead connection is found.
      const timeoutSeconds = Number(/[?&]timeoutSeconds=(\d+)/.exec(request.path)?.[1] ?? Math.floor(300 * (1 + options.random.float())));
      const path = request.path.includes('timeoutSeconds=') ? request.path : `${request.path}&timeoutSeconds=${timeoutSeconds}`;
      const { signal, cancel } = timeoutSignal(options.clock, (timeoutSeconds + 30) * 1000, request.signal);
      let response: IncomingMessage | undefined;
      try {
        response = await send({ ...request, path }, watchAgent, signal);
        if (response.statusCode !== 200) throw errorFrom(response.statusCode ?? 0, await readAll(response, maxWatchLineBytes), (response.headers['content-type'] ?? '').includes('json'));
        for await (const line of lines(response)) yield deepFreeze(parseExactly(line) as RawWatchEvent);
      } catch (error) {
        if (!request.signal.aborted) throw error;
      } finally {
        response?.destroy();
        cancel();
      }
    },
  });
  return {
    ...client,
    close: () => { agent.destroy(); watchAgent.destroy(); },
    identify({ certificate: cert, key }) {
      for (const one of [agent, watchAgent]) {
        if (one instanceof HttpsAgent) Object.assign(one.options, { cert, key });
        for (const idle of Object.values(one.freeSockets)) for (const socket of idle ?? []) socket.destroy();
      }
      watchAgent.destroy();
    },
  };
}

async function readAll(response: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) {
      response.destroy();
      throw new Error(`answer is longer than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function* lines(response: IncomingMessage): AsyncGenerator<string> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      pending.push(chunk.subarray(start, end));
      const line = (pending.length === 1 ? pending[0]! : Buffer.concat(pending)).toString('utf8');
      pending = [];
      pendingBytes = 0;
      start = end + 1;
      if (line.trim() !== '') yield line;
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
      if (pendingBytes > maxWatchLineBytes) throw new Error(`watch event is longer than ${maxWatchLineBytes} bytes`);
    }
  }
}

const reasonsByCode: Readonly<Record<number, StatusReason>> = {
  400: 'BadRequest', 401: 'Unauthorized', 403: 'Forbidden', 404: 'NotFound', 405: 'MethodNotAllowed', 406: 'NotAcceptable', 409: 'Conflict', 410: 'Gone',
  413: 'RequestEntityTooLarge', 415: 'UnsupportedMediaType', 422: 'Invalid', 429: 'TooManyRequests', 500: 'InternalError', 503: 'ServiceUnavailable', 504: 'Timeout',
};

function errorFrom(code: number, text: string, isJson: boolean): ApiError {
  if (isJson) {
    try {
      const status = JSON.parse(text) as Status;
      if (status.kind === 'Status') return ApiError.fromStatus({ ...status, code: status.code ?? code });
    } catch {
      // Not a Status after all: the text itself is the message.
    }
  }
  return new ApiError(reasonsByCode[code] ?? '', text.trim() === '' ? `the server answered with code ${code}` : text.trim().slice(0, 2048), { code });
}
