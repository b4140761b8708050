import type { AuditRecord } from '../audit/record.ts';
import type { Credentials, UserInfo } from '../authentication/authenticator.ts';
import type { RequestContext, RequestInfo, Upgrade } from '../request.ts';
import type { DecodedBody } from '../verbs/decoded-body.ts';
import type { Span } from '../tracing/tracer.ts';
import type { Negotiated } from '../encoding/negotiate.ts';
import type { FlowHeaders } from '../flow-control/flow-headers.ts';
import type { ForwardedRequest } from '../subresources/proxy/forwarder.ts';
import { WarningRecorder } from './warnings.ts';

/**
 * One request on its way through the pipeline. What it costs to look at (query, signal, body) is made when looked at.
 * Subclasses: from a connection (http/), from inside the process (local-endpoint).
 */
export abstract class ServerRequest implements RequestContext {
  readonly method: string;
  readonly info: RequestInfo;
  readonly upgrade?: Upgrade;
  /** Does it come from inside the process? Then nothing between the two can break unnoticed. */
  readonly inProcess: boolean = false;
  /** Who asks: nobody before authentication. */
  user: UserInfo = nobody;
  /** How objects are to be sent; set by dispatch. */
  negotiated: Negotiated | undefined;
  /** How flow control classified it; clients are told. */
  flow: FlowHeaders | undefined;
  /** Names the request to whoever looks for it later; made when somebody asks for it. */
  auditId: string | undefined;
  /** Bytes of the body that was sent; undefined where that is not known beforehand. */
  sentBytes: number | undefined;
  /** The release that does not serve the version any more that was asked for, as `1.38`, empty when none is known; undefined when it is not deprecated. */
  deprecatedUntil: string | undefined;
  /** How long it waited in a queue before it was worked on. */
  waitedMs = 0;
  /** The work on it, where it is traced. */
  span: Span | undefined;
  /** What is being recorded of it; undefined: nothing. */
  audit: AuditRecord | undefined;
  readonly #rawQuery: string;
  #query: URLSearchParams | undefined;
  #warnings: WarningRecorder | undefined;
  /** Facts of authentication, which comes before it is known what is recorded. */
  noted: [key: string, value: string][] | undefined;

  constructor(method: string, info: RequestInfo, rawQuery: string, upgrade?: Upgrade) {
    this.method = method;
    this.info = info;
    this.#rawQuery = rawQuery;
    if (upgrade !== undefined) this.upgrade = upgrade;
  }

  abstract header(name: string): string | undefined;
  /** Every value of a header that may be given more than once. */
  abstract headerValues(name: string): readonly string[];
  /** Headers whose lower-case name starts so, with the rest of the name and their values. */
  abstract headersWithPrefix(prefix: string): readonly (readonly [string, readonly string[]])[];
  abstract readonly signal: AbortSignal;
  /** Path and query as the client sent them. */
  abstract readonly requestUri: string;
  /** The other end of the connection; empty when that is not known any more. */
  abstract readonly remoteAddress: string;
  /** Undefined when the user is known without: the local endpoint. */
  abstract readonly credentials: Credentials | undefined;
  /** The body, decoded. `expectedKind` words the error where no object can be seen in it. The caller owns it. */
  abstract decodedBody(expectedKind?: string): Promise<DecodedBody>;
  /** The same for callers that make something of their own of it: it may be borrowed, and says so then. */
  lentBody(expectedKind?: string): Promise<DecodedBody> {
    return this.decodedBody(expectedKind);
  }

  /** Headers and body as a backend may see them that the request is passed on to; the body can be read once. */
  abstract forwarded(): Pick<ForwardedRequest, 'headers' | 'body'>;
  /** Throws UnsupportedMediaType for a body in an encoding that there is not, before anything else is looked at. */
  checkBodyType(): void {}
  async body(): Promise<unknown> {
    return (await this.decodedBody()).value;
  }

  get rawQuery(): string {
    return this.#rawQuery;
  }

  get query(): URLSearchParams {
    return (this.#query ??= new URLSearchParams(this.#rawQuery));
  }

  /** The query, or undefined when there is none: saves making one. */
  get queryOrUndefined(): URLSearchParams | undefined {
    return this.#rawQuery === '' ? undefined : this.query;
  }

  /** How long the client allows it to take, milliseconds; undefined when it does not say. */
  get timeoutMs(): number | undefined {
    return undefined;
  }

  /** A patch by server-side apply. */
  get isApply(): boolean {
    return this.info.verb === 'patch' && this.header('content-type')?.startsWith('application/apply-patch') === true;
  }

  /** The same warning is sent once. */
  warn(message: string): void {
    (this.#warnings ??= new WarningRecorder()).add(message);
  }

  annotate(key: string, value: string): void {
    if (this.audit !== undefined) this.audit.annotate(key, value);
    else (this.noted ??= []).push([key, value]);
  }

  /** Values of the Warning headers. */
  get warnings(): readonly string[] {
    return this.#warnings?.headers ?? noWarnings;
  }
}

const nobody: UserInfo = { name: '', groups: [] };
const noWarnings: readonly string[] = [];
