import type { Agent, ClientRequest, IncomingMessage, OutgoingHttpHeaders, RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { parseExactly } from '../../api/codec/exact-integers.ts';
import type { StatusReason } from '../../api/status.ts';
import { ApiError } from '../../api/status.ts';
import type { Status } from '../../api/types/meta/v1.ts';
import { ConnectionError, KubectlError } from '../errors.ts';
import type { Io } from '../io.ts';
import { agentFor } from './agent.ts';
import { proxyFor } from './proxy.ts';
import type { ConnectionSettings } from './settings.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly accept?: string;
  readonly body?: string | Uint8Array;
  readonly contentType?: string;
  /** For what may last: logs, watches. */
  readonly endless?: boolean;
  readonly signal?: AbortSignal;
}

/** How a request reaches the server: what node:http and node:https are called with. */
export type RequestTarget = Omit<RequestOptions, 'headers'> & { readonly secure: boolean; readonly headers: OutgoingHttpHeaders };

/** A server, as one user. All calls reject with ApiError for a refusal and ConnectionError when nobody answers. */
export interface Connection {
  readonly settings: ConnectionSettings;
  /** The answer's JSON. */
  json<T>(request: ApiRequest): Promise<T>;
  /** The answer as text. */
  text(request: ApiRequest): Promise<string>;
  /** The answer as it comes in. Whoever asked reads it to its end or destroys it. */
  stream(request: ApiRequest): Promise<Readable>;
  /** What a request of any kind is sent with: for upgrades. */
  requestOptions(path: string): Promise<RequestTarget>;
  /** How many warnings the server gave. */
  readonly warnings: number;
}

/** A refusal is read up to here. */
export const maxRefusalBytes = 1024 * 1024;
const userAgent = 'kubectl/v1.36.0 (coxswain)';

/** `--request-timeout` was over while an answer came. */
export class BodyTimeout extends Error {
  override readonly name = 'BodyTimeout';

  constructor() {
    super('net/http: request canceled (Client.Timeout or context cancellation while reading body)');
  }
}

class HttpConnection implements Connection {
  readonly settings: ConnectionSettings;
  warnings = 0;
  readonly #io: Io;
  readonly #headers: Readonly<Record<string, string | string[]>>;
  readonly #url: URL;
  readonly #verbosity: number;
  readonly #told = new Set<string>();
  /** A server on this machine sends faster than it compresses. */
  readonly #compresses: boolean;
  #agent: Agent | undefined;
  #bearer: string | undefined;

  constructor(options: OpenOptions) {
    this.settings = options.settings;
    this.#io = options.io;
    this.#url = new URL(options.settings.server);
    this.#verbosity = options.verbosity;
    this.#compresses = options.settings.compression && !/^(?:localhost|127\.[0-9.]+|\[::1\])$/.test(this.#url.hostname);
    const { impersonate } = options.settings;
    this.#headers = {
      'user-agent': userAgent,
      // As upstream does (KEP-859): whoever keeps an audit log sees which command made a request.
      'kubectl-command': options.command,
      'kubectl-session': options.io.random.uuid(),
      ...(impersonate !== undefined && {
        'impersonate-user': impersonate.user,
        ...(impersonate.uid !== '' && { 'impersonate-uid': impersonate.uid }),
        ...(impersonate.groups.length > 0 && { 'impersonate-group': [...impersonate.groups] }),
        ...Object.fromEntries(Object.entries(impersonate.extra).map(([key, values]) => [`impersonate-extra-${encodeURIComponent(key)}`, [...values]])),
      }),
    };
  }

  async #connect(): Promise<Agent> {
    if (this.#agent !== undefined) return this.#agent;
    let { clientCertificate, clientKey } = this.settings;
    const { exec, oidc } = this.settings;
    if (exec !== undefined) {
      const { execCredentials } = await import('./exec-credentials.ts');
      const found = await execCredentials(exec, { settings: this.settings, io: this.#io });
      this.#bearer = found.token;
      clientCertificate = found.clientCertificate ?? clientCertificate;
      clientKey = found.clientKey ?? clientKey;
    }
    if (oidc !== undefined) {
      const { oidcToken } = await import('./oidc.ts');
      this.#bearer = await oidcToken(oidc.config, { clock: this.#io.clock, environment: this.#io.environment, persist: oidc.persist });
    }
    const { ca, insecure, tlsServerName } = this.settings;
    const tls = {
      ...(ca !== undefined && { ca }),
      ...(clientCertificate !== undefined && { cert: clientCertificate }),
      ...(clientKey !== undefined && { key: clientKey }),
      ...(tlsServerName !== undefined && { servername: tlsServerName }),
      // Without any, Node would read a hundred and forty certificates of others.
      ...(insecure && { rejectUnauthorized: false, ca: [] }),
    };
    this.#agent = await agentFor({ secure: this.#url.protocol === 'https:', tls, proxy: proxyFor(this.#url, this.settings.proxyUrl, this.#io.environment) });
    return this.#agent;
  }

  #authorization(): string | undefined {
    const { token, basic } = this.settings;
    const bearer = this.#bearer ?? token?.();
    if (bearer !== undefined) return `Bearer ${bearer}`;
    return basic === undefined ? undefined : `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}`;
  }

  async requestOptions(path: string): Promise<RequestTarget> {
    const agent = await this.#connect();
    const authorization = this.#authorization();
    const secure = this.#url.protocol === 'https:';
    return {
      secure, agent,
      hostname: this.#url.hostname.replace(/^\[|\]$/g, ''),
      port: this.#url.port === '' ? (secure ? 443 : 80) : this.#url.port,
      path: this.#url.pathname.replace(/\/$/, '') + path,
      headers: { ...this.#headers, ...(authorization !== undefined && { authorization }) },
    };
  }

  async #send(request: ApiRequest): Promise<IncomingMessage> {
    const { secure, ...options } = await this.requestOptions(request.path);
    const { timeoutMs } = this.settings;
    const startedMs = this.#verbosity >= 6 ? this.#io.clock.monotonicMs() : 0;
    const signals = [this.#io.signal, ...(request.signal === undefined ? [] : [request.signal])];
    return new Promise((resolve, reject) => {
      let body: IncomingMessage | undefined;
      const outgoing = (secure ? httpsRequest : httpRequest)({
        ...options,
        method: request.method,
        headers: {
          ...options.headers,
          accept: request.accept ?? 'application/json, */*',
          ...(this.#compresses && request.endless !== true && { 'accept-encoding': 'gzip' }),
          ...(request.body !== undefined && { 'content-type': request.contentType ?? 'application/json', 'content-length': Buffer.byteLength(request.body) }),
        },
      }, (response) => {
        body = response;
        if (this.#verbosity >= 6) void this.#io.stderr.write(`${request.method} ${this.settings.server}${request.path} ${response.statusCode ?? 0} in ${Math.round(this.#io.clock.monotonicMs() - startedMs)} milliseconds\n`);
        this.#warn(response);
        resolve(response);
      });
      if (timeoutMs !== undefined) {
        // As Go's clients: the time is that of the whole answer, and ends a watch as well.
        const timer = this.#io.clock.setTimer(timeoutMs, () => {
          if (body === undefined) outgoing.destroy(new Error('net/http: request canceled (Client.Timeout exceeded while awaiting headers)'));
          else body.destroy(new BodyTimeout());
        }, { unref: true });
        outgoing.once('close', () => timer.cancel());
      }
      endWith(outgoing, signals);
      outgoing.once('error', (error: NodeJS.ErrnoException) => reject(this.#explain(error, request)));
      outgoing.end(request.body);
    });
  }

  #explain(error: NodeJS.ErrnoException, { signal }: ApiRequest): Error {
    if (signal?.aborted === true) return signal.reason as Error;
    if (this.#io.signal.aborted) return this.#io.signal.reason as Error;
    const first = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException) : error;
    const { hostname } = this.#url;
    const words: Readonly<Record<string, string>> = {
      ENOTFOUND: `dial tcp: lookup ${hostname}: no such host`,
      ETIMEDOUT: `dial tcp ${this.#url.host}: i/o timeout`,
      EHOSTUNREACH: `dial tcp ${this.#url.host}: connect: no route to host`,
      ENETUNREACH: `dial tcp ${this.#url.host}: connect: network is unreachable`,
      CERT_HAS_EXPIRED: 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
      SELF_SIGNED_CERT_IN_CHAIN: 'tls: failed to verify certificate: x509: certificate signed by unknown authority',
      DEPTH_ZERO_SELF_SIGNED_CERT: 'tls: failed to verify certificate: x509: certificate signed by unknown authority',
      UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls: failed to verify certificate: x509: certificate signed by unknown authority',
      UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    };
    return new ConnectionError(first.message === 'socket hang up' ? 'EOF' : words[first.code ?? ''] ?? first.message, { refused: first.code === 'ECONNREFUSED', host: this.#url.host, cause: error });
  }

  /** `299 - "text"`: each is told once. */
  #warn(response: IncomingMessage): void {
    for (const header of response.headersDistinct['warning'] ?? []) {
      for (const match of header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)) {
        const message = match[1]!.replaceAll(/\\(.)/g, '$1');
        this.warnings++;
        if (this.#told.has(message)) continue;
        this.#told.add(message);
        void this.#io.stderr.write(`Warning: ${message}\n`);
      }
    }
  }

  async stream(request: ApiRequest): Promise<Readable> {
    for (let attempt = 1; ; attempt++) {
      const response = await this.#send(request);
      const code = response.statusCode ?? 0;
      const body: Readable = response.headers['content-encoding'] === 'gzip' ? pipeline(response, (await import('node:zlib')).createGunzip(), () => {}) : response;
      if (code >= 200 && code < 300) return body;
      const error = refusalOf(code, await readText(body, maxRefusalBytes), { contentType: response.headers['content-type'] ?? '', method: request.method, path: request.path });
      const seconds = Number.parseInt(response.headers['retry-after'] ?? '', 10);
      // As client-go: a server that is busy says when to come again, at most ten times.
      if (!(code === 429 || code >= 500) || !Number.isFinite(seconds) || attempt >= 10) throw error;
      await this.#io.clock.sleep(seconds * 1000, this.#io.signal);
    }
  }

  async text(request: ApiRequest): Promise<string> {
    return readText(await this.stream(request), Infinity);
  }

  async json<T>(request: ApiRequest): Promise<T> {
    const text = await this.text(request);
    if (this.#verbosity >= 8) await this.#io.stderr.write(`Response Body: ${text}\n`);
    try {
      return parseExactly(text) as T;
    } catch (error) {
      throw new KubectlError(`the server's answer to ${request.path.split('?')[0]!} is not JSON: ${text.slice(0, 100)}`, { cause: error });
    }
  }
}

/** Ends a request when one of the signals aborts. Node's own `signal` option costs a short command a tenth of its time. */
function endWith(outgoing: ClientRequest, signals: readonly AbortSignal[]): void {
  for (const signal of signals) {
    const abort = (): void => void outgoing.destroy(new Error('aborted', { cause: signal.reason }));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    outgoing.once('close', () => signal.removeEventListener('abort', abort));
  }
}

/** All that comes, or its beginning. By events: an iterator costs a short command a tenth of its time. */
function readText(stream: Readable, limit: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const end = (): void => resolve(Buffer.concat(chunks).toString('utf8'));
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else {
        stream.destroy();
        end();
      }
    });
    stream.once('end', end).once('error', reject);
  });
}

/** What a refusal says, in upstream's words where the server has none. */
export function refusalOf(code: number, text: string, { contentType, method, path }: { readonly contentType: string; readonly method: string; readonly path: string }): ApiError {
  if (contentType.includes('json')) {
    try {
      const status = JSON.parse(text) as Status;
      if (status.kind === 'Status') return ApiError.fromStatus({ ...status, code: status.code ?? code });
    } catch {
      // It says that it is JSON and is not: told as text.
    }
  }
  const said = text.trim();
  if (code === 403) return new ApiError('Forbidden', said === '' ? `forbidden: ${method} ${path}` : said, { code });
  const known = withoutStatus[code];
  if (known !== undefined) return new ApiError(known[0], known[1], { code });
  if (code >= 500) return new ApiError('InternalError', `an error on the server (${JSON.stringify(said === '' ? 'unknown' : said)}) has prevented the request from succeeding`, { code });
  return new ApiError('', said === '' ? `the server responded with the status code ${code} but did not return more information` : said, { code });
}

/** What codes mean that come without a Status: of something between here and the server. */
const withoutStatus: Readonly<Partial<Record<number, readonly [StatusReason, string]>>> = {
  400: ['BadRequest', 'the server rejected our request for an unknown reason'],
  401: ['Unauthorized', 'the server has asked for the client to provide credentials'],
  404: ['NotFound', 'the server could not find the requested resource'],
  405: ['MethodNotAllowed', 'the server does not allow this method on the requested resource'],
  409: ['Conflict', 'the server reported a conflict'],
  429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: ['Timeout', 'the server was unable to return a response in the time allotted, but may still be processing the request'],
};

export interface OpenOptions {
  readonly settings: ConnectionSettings;
  readonly io: Io;
  readonly command: string;
  readonly verbosity: number;
}

/** A connection to where the settings say; made when the first request is. */
export function openConnection(options: OpenOptions): Connection {
  return new HttpConnection(options);
}
