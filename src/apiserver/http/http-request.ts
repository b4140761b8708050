import type { IncomingMessage, ServerResponse } from 'node:http';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { decodeYamlThatIsJson } from '../../api/codec/yaml.ts';
import { ApiError, badRequestError } from '../../api/status.ts';
import { parseGoDuration } from '../../base/go-duration.ts';
import { giveWay } from '../../base/turns.ts';
import type { Credentials } from '../authentication/authenticator.ts';
import { checkBodyType, decodeBody, isYamlBody } from '../encoding/decode-body.ts';
import type { Negotiator } from '../encoding/negotiate.ts';
import { ServerRequest } from '../pipeline/server-request.ts';
import type { RequestInfo, Upgrade } from '../request.ts';
import type { ForwardedRequest } from '../subresources/proxy/forwarder.ts';
import type { DecodedBody } from '../verbs/decoded-body.ts';
import { largeBytes } from '../verbs/large.ts';
import { headersToPassOn } from './headers-to-pass-on.ts';
import { decodeLargeYaml, largeYamlBytes } from './large-yaml.ts';

/** HTTP/2 requests and responses come in Node's compatibility form, which has all that is used here. */
export type Incoming = IncomingMessage;
export type Outgoing = ServerResponse;

/** Larger bodies are refused, as upstream refuses them. */
export const maxBodyBytes = 3 * 1024 * 1024;

const bearerProtocol = 'base64url.bearer.authorization.k8s.io.';
const empty: DecodedBody = { value: undefined, duplicates: [] };

export const tooLarge = (): ApiError => new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${maxBodyBytes}`);

/** DER of the certificate that a connection's client presented; one array a connection, so that it can be remembered. */
const certificates = new WeakMap<TLSSocket, Uint8Array | null>();

/** Longer chains are cut off: no authority signs through so many others. */
const maxChain = 6;

/** What the client presented: its certificate, then the intermediates that it sent along. */
function chainOf(socket: TLSSocket): Uint8Array | null {
  const chain: Buffer[] = [];
  let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  // The last one names itself as its issuer; a peer without a certificate yields an empty object.
  while (certificate?.raw !== undefined && chain.length < maxChain && !chain.includes(certificate.raw)) {
    chain.push(certificate.raw);
    certificate = certificate.issuerCertificate === certificate ? undefined : certificate.issuerCertificate;
  }
  return chain.length === 0 ? null : chain.length === 1 ? chain[0]! : Buffer.concat(chain);
}

function certificateOf(socket: TLSSocket): Uint8Array | undefined {
  let found = certificates.get(socket);
  if (found === undefined) {
    found = typeof socket.getPeerCertificate === 'function' ? chainOf(socket) : null;
    certificates.set(socket, found);
  }
  return found ?? undefined;
}

/** A request that came over a connection. */
export class HttpServerRequest extends ServerRequest implements Credentials {
  readonly #incoming: Incoming;
  readonly #outgoing: Outgoing | undefined;
  readonly #negotiator: Negotiator;
  #abort: AbortController | undefined;

  constructor(incoming: Incoming, outgoing: Outgoing | undefined, target: { readonly info: RequestInfo; readonly rawQuery: string; readonly method: string; readonly negotiator: Negotiator }, upgrade?: Upgrade) {
    super(target.method, target.info, target.rawQuery, upgrade);
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.#negotiator = target.negotiator;
  }

  get credentials(): Credentials {
    return this;
  }

  get clientCertificate(): Uint8Array | undefined {
    return certificateOf(socketOf(this.#incoming));
  }

  get bearerToken(): string | undefined {
    const authorization = this.header('authorization');
    if (authorization !== undefined) {
      const [scheme = '', token = '', rest] = authorization.trim().split(' ', 3);
      if (scheme.toLowerCase() !== 'bearer') return undefined;
      if (token === '' && rest !== undefined) this.warn('the provided Authorization header contains extra space before the bearer token, and is ignored');
      return token === '' ? undefined : token;
    }
    return this.upgrade === undefined ? undefined : this.#tokenOfProtocol();
  }

  /** Browsers cannot set headers on WebSockets: the token comes as a subprotocol. */
  #tokenOfProtocol(): string | undefined {
    for (const protocol of (this.header('sec-websocket-protocol') ?? '').split(',')) {
      const name = protocol.trim();
      if (name.startsWith(bearerProtocol)) return Buffer.from(name.slice(bearerProtocol.length), 'base64url').toString('utf8') || undefined;
    }
    return undefined;
  }

  header(name: string): string | undefined {
    const value = this.#incoming.headers[name];
    return typeof value === 'string' ? value : value?.join(', ');
  }

  headerValues(name: string): readonly string[] {
    const { rawHeaders } = this.#incoming;
    const values: string[] = [];
    for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]!.toLowerCase() === name) values.push(rawHeaders[i + 1]!);
    return values;
  }

  headersWithPrefix(prefix: string): readonly (readonly [string, readonly string[]])[] {
    const { rawHeaders } = this.#incoming;
    const found = new Map<string, string[]>();
    const initial = prefix.charCodeAt(0);
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const sent = rawHeaders[i]!;
      // Asked of every request: most headers are told apart by their first letter, in either case.
      if ((sent.charCodeAt(0) | 0x20) !== initial) continue;
      const name = sent.toLowerCase();
      if (!name.startsWith(prefix)) continue;
      const key = name.slice(prefix.length);
      found.set(key, [...(found.get(key) ?? []), rawHeaders[i + 1]!]);
    }
    return [...found];
  }

  get requestUri(): string {
    return this.#incoming.url ?? '/';
  }

  get remoteAddress(): string {
    return socketOf(this.#incoming)?.remoteAddress ?? this.#incoming.socket.remoteAddress ?? '';
  }

  override get timeoutMs(): number | undefined {
    if (!this.rawQuery.includes('timeout=')) return undefined;
    const text = this.query.get('timeout');
    return text === null || text === '' ? undefined : parseGoDuration(text);
  }

  /** Throws BadRequest when the client says in no way that is understood how long the request may take. */
  checkTimeout(): void {
    if (!this.rawQuery.includes('timeout=')) return;
    const text = this.query.get('timeout');
    if (text !== null && text !== '' && parseGoDuration(text) === undefined) throw badRequestError(`invalid timeout specified in the request URL - time: ${durationProblem(text)} ${JSON.stringify(text)}`);
  }

  /** Nobody waits for the answer any longer. */
  giveUp(): void {
    if (this.#abort === undefined) this.#abort = new AbortController();
    this.#abort.abort(new DOMException('The operation timed out.', 'TimeoutError'));
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      this.#abort = abort;
      const stream = this.#outgoing ?? this.#incoming.socket;
      if (stream.destroyed) abort.abort();
      stream.once('close', () => abort.abort());
    }
    return this.#abort.signal;
  }

  override checkBodyType(): void {
    checkBodyType(this.header('content-type') ?? '', this.#negotiator);
  }

  decodedBody(expectedKind?: string): Promise<DecodedBody> {
    const length = this.header('content-length');
    if (length === '0' || (length === undefined && this.header('transfer-encoding') === undefined && this.#incoming.httpVersionMajor === 1)) return Promise.resolve(empty);
    if (length !== undefined && Number(length) > maxBodyBytes) return Promise.reject(tooLarge());
    return readAll(this.#incoming).then((bytes) => {
      if (bytes.length > largeYamlBytes) return this.#decodeLarge(bytes, expectedKind);
      const body = this.#decode(bytes, expectedKind);
      this.audit?.received(body.value);
      return body;
    });
  }

  forwarded(): Pick<ForwardedRequest, 'headers' | 'body'> {
    const { headers, httpVersionMajor } = this.#incoming;
    const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0' || (httpVersionMajor === 2 && !this.#incoming.readableEnded && this.method !== 'GET' && this.method !== 'HEAD');
    const before = headers['x-forwarded-for'];
    const address = this.remoteAddress;
    const passed = headersToPassOn(headers);
    if (passed['host'] === undefined && headers[':authority'] !== undefined) passed['host'] = String(headers[':authority']);
    return {
      headers: { ...passed, 'x-forwarded-for': before === undefined ? address : `${String(before)}, ${address}` },
      body: hasBody ? this.#incoming : undefined,
    };
  }

  async #decodeLarge(bytes: Uint8Array, expectedKind: string | undefined): Promise<DecodedBody> {
    const body = isYamlBody(this.header('content-type') ?? '')
      ? (decodeYamlThatIsJson(bytes, expectedKind) ?? await decodeLargeYaml({ bytes, expectedKind }, this.signal))
      : this.#decode(bytes, expectedKind);
    this.audit?.received(body.value);
    if (bytes.length <= largeBytes) return body;
    await giveWay();
    return { ...body, sizeBytes: bytes.length };
  }

  #decode(bytes: Uint8Array, expectedKind: string | undefined): DecodedBody {
    if (bytes.length === 0) return empty;
    const { apiGroup: group, apiVersion: version } = this.info;
    return decodeBody(bytes, {
      contentType: this.header('content-type') ?? '',
      duplicates: !this.rawQuery.includes('fieldValidation=Ignore'),
      negotiator: this.#negotiator,
      ...(expectedKind !== undefined && { expected: { apiVersion: group === '' ? version : `${group}/${version}`, kind: expectedKind } }),
    });
  }
}

/** Go tells a number without a unit from what is no duration at all. */
const durationProblem = (text: string): string => (/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) ? 'missing unit in duration' : 'invalid duration');

function socketOf(incoming: Incoming): TLSSocket {
  return (incoming as { stream?: { session?: { socket?: TLSSocket } } }).stream?.session?.socket ?? (incoming.socket as TLSSocket);
}

/** The whole body; rejects once it grows past the limit, or when the client goes away in the middle. */
function readAll(incoming: Incoming): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let first: Buffer | undefined;
    let rest: Buffer[] | undefined;
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBodyBytes) {
        incoming.pause();
        reject(tooLarge());
      } else if (first === undefined) first = chunk;
      else (rest ??= [first]).push(chunk);
    });
    incoming.on('end', () => resolve(rest === undefined ? (first ?? new Uint8Array()) : Buffer.concat(rest)));
    incoming.on('close', () => {
      if (!incoming.complete) reject(new ApiError('BadRequest', 'unexpected EOF'));
    });
  });
}
