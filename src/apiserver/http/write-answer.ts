import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Clock } from '../../base/clock.ts';
import type { ApiError } from '../../api/status.ts';
import type { Answer, WatchAnswer } from '../answer.ts';
import type { Negotiator } from '../encoding/negotiate.ts';
import { plainJson } from '../encoding/negotiate.ts';
import type { RenderContext, Rendered } from '../encoding/render.ts';
import { includeObjectOf, renderObject, renderStored, renderTable } from '../encoding/render.ts';
import type { RenderedList } from '../encoding/render-list.ts';
import { renderList } from '../encoding/render-list.ts';
import { WatchEncoder, watchContentType } from '../encoding/watch-encoder.ts';
import type { WatchMetrics } from '../metrics/watches.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { Outgoing } from './http-request.ts';
import { drained } from './drained.ts';
import { compressList, compressPieces, streamList } from './stream-list.ts';
import { WatchWriter } from './watch-writer.ts';

/** Larger answers are compressed for clients that accept it, as upstream does. */
const gzipAboveBytes = 128 * 1024;
/** Bodies up to this size are copied once more to save a write. */
const joinHeadUpToBytes = 16 * 1024;

/** What of a large body is given to a connection at a time. */
const pieceBytes = 256 * 1024;

const compress = promisify(gzip);

/** As Go writes them. */
const schemaHeader = 'X-Kubernetes-Pf-Flowschema-Uid';
const levelHeader = 'X-Kubernetes-Pf-Prioritylevel-Uid';

type Head = [name: string, value: string | number][];

/** Browsers and tools for people get indented JSON, unless they say otherwise. */
function isPretty(request: ServerRequest): boolean {
  if (request.rawQuery.includes('pretty')) {
    const given = request.query.get('pretty');
    // As Go's strconv.ParseBool, whose errors count as no.
    if (given !== null && given !== '') return /^(1|t|T|TRUE|true|True)$/.test(given);
  }
  const agent = request.header('user-agent');
  return agent !== undefined && (agent.startsWith('curl') || agent.startsWith('Wget') || agent.startsWith('Mozilla/5.0'));
}

/** How the objects of an answer are to be rendered for a request. */
export function renderContextOf(request: ServerRequest, clock: Clock): RenderContext {
  const negotiated = request.negotiated ?? plainJson;
  return {
    negotiated,
    pretty: negotiated.pretty || isPretty(request),
    includeObject: negotiated.as === 'Table' ? includeObjectOf(request.queryOrUndefined) : 'Metadata',
    nowMs: clock.now(),
  };
}

/** The headers that every answer has. */
function headOf(request: ServerRequest, auditId: string): Head {
  const head: Head = [['Audit-Id', auditId], ['Cache-Control', 'no-cache, private']];
  if (request.flow !== undefined) head.push([schemaHeader, request.flow.schemaUid], [levelHeader, request.flow.levelUid]);
  // Headers are bytes, which Node takes as Latin-1.
  for (const warning of request.warnings) head.push(['Warning', Buffer.from(warning).toString('latin1')]);
  return head;
}

function writeHead(out: Outgoing, code: number, head: Head): void {
  out.statusCode = code;
  const joined = new Map<string, string | number | string[]>();
  for (const [name, value] of head) {
    const before = joined.get(name);
    if (before === undefined) joined.set(name, value);
    else joined.set(name, Array.isArray(before) ? [...before, String(value)] : [String(before), String(value)]);
  }
  for (const [name, value] of joined) out.setHeader(name, value);
}

export interface Writing {
  readonly out: Outgoing;
  readonly request: ServerRequest;
  readonly clock: Clock;
  readonly auditId: string;
  readonly watchMetrics?: WatchMetrics;
  readonly negotiator: Negotiator;
}

/** Sends an answer. Resolves when it has been handed to the connection; a watch, when it has ended. */
export function writeAnswer(writing: Writing, answer: Answer): Promise<void> | undefined {
  const { request, clock } = writing;
  switch (answer.kind) {
    case 'stored': {
      const rendered = renderStored(answer, renderContextOf(request, clock));
      return writeRendered(writing, answer.code, rendered);
    }
    case 'list': {
      const rendered = renderList(answer, renderContextOf(request, clock));
      return rendered instanceof Promise ? rendered.then((list) => writeList(writing, list)) : writeList(writing, rendered);
    }
    case 'object': {
      const { negotiated } = request;
      if (negotiated?.as === 'Table' && answer.columns !== undefined) return writeRendered(writing, answer.code, renderTable(answer.object, answer.columns, renderContextOf(request, clock)));
      return writeRendered(writing, answer.code, negotiated === undefined ? rawJson(answer.object) : renderObject(answer.object, { negotiated, pretty: negotiated.pretty || isPretty(request) }));
    }
    case 'raw': return writeRaw(writing, answer);
    case 'watch': return writeWatch(writing, answer);
    case 'hijacked': return undefined;
  }
}

/** What is written without asking how: documents that are no API objects, and errors for those who take no Status. */
function rawJson(object: object): Rendered {
  return { contentType: 'application/json', bytes: Buffer.from(JSON.stringify(object, null, 2)) };
}

/** A refusal, as a Status. */
export function writeError(writing: Writing, error: ApiError): void {
  const { request, out } = writing;
  // A Status is never a table, whatever was asked for: who takes nothing else gets it as upstream writes such things.
  const negotiated = writing.negotiator.find(request.header('accept'), 'error');
  const status = error.toStatus();
  const { bytes, contentType } = negotiated === undefined ? rawJson(status) : renderObject(status, { negotiated, pretty: negotiated.pretty || isPretty(request) });
  const head = headOf(request, writing.auditId);
  head.push(['Content-Type', contentType], ['Content-Length', bytes.length]);
  if (error.code === 403) head.push(['X-Content-Type-Options', 'nosniff']);
  const retry = error.details?.retryAfterSeconds;
  if (retry !== undefined) head.push(['Retry-After', retry]);
  // What is left of a body that was too large is not worth reading.
  if (error.code === 413) out.shouldKeepAlive = false;
  writeHead(out, error.code, head);
  out.end(bytes);
}

/** By name alone, as upstream: who adds a quality gets no compression. */
const acceptsGzip = (request: ServerRequest): boolean => (request.header('accept-encoding') ?? '').split(',').some((token) => token.trim() === 'gzip');

function writeRendered(writing: Writing, code: number, { contentType, bytes }: Rendered): Promise<void> | undefined {
  const { out, request, auditId } = writing;
  const size = bytes.length;
  request.sentBytes = size;
  if (size > gzipAboveBytes && acceptsGzip(request)) return writeCompressed(writing, code, contentType, bytes);
  if (request.warnings.length > 0) {
    const head = headOf(request, auditId);
    head.push(['Content-Type', contentType], ['Content-Length', size]);
    writeHead(out, code, head);
    out.end(bytes);
    return undefined;
  }
  // The usual case, with as little ado as possible.
  out.writeHead(code, request.flow === undefined
    ? { 'Audit-Id': auditId, 'Cache-Control': 'no-cache, private', 'Content-Type': contentType, 'Content-Length': size }
    : { 'Audit-Id': auditId, 'Cache-Control': 'no-cache, private', 'Content-Type': contentType, [schemaHeader]: request.flow.schemaUid, [levelHeader]: request.flow.levelUid, 'Content-Length': size });
  // As a latin1 string, which stands for the same bytes, a small body goes out together with the head in one piece.
  if (size <= joinHeadUpToBytes) out.end(Buffer.from(bytes.buffer, bytes.byteOffset, size).toString('latin1'), 'latin1');
  else return endWith(out, bytes);
  return undefined;
}

function writeList(writing: Writing, { contentType, list }: RenderedList): Promise<void> | undefined {
  const { out, request, auditId } = writing;
  if (list.sizeBytes <= joinHeadUpToBytes) return writeRendered(writing, 200, { contentType, bytes: list.whole() });
  request.sentBytes = list.sizeBytes;
  const head = headOf(request, auditId);
  if (list.sizeBytes > gzipAboveBytes && acceptsGzip(request)) {
    head.push(['Content-Type', contentType], ['Content-Encoding', 'gzip'], ['Vary', 'Accept-Encoding']);
    writeHead(out, 200, head);
    return compressList(out, list);
  }
  head.push(['Content-Type', contentType], ['Content-Length', list.sizeBytes]);
  writeHead(out, 200, head);
  // On its own: together with a buffer it would be copied once more.
  out.flushHeaders();
  return streamList(out, list);
}

async function writeCompressed({ out, request, auditId }: Writing, code: number, contentType: string, bytes: Uint8Array): Promise<void> {
  const small = await compress(bytes, { level: constants.Z_BEST_SPEED });
  const head = headOf(request, auditId);
  head.push(['Content-Type', contentType], ['Content-Encoding', 'gzip'], ['Vary', 'Accept-Encoding'], ['Content-Length', small.length]);
  writeHead(out, code, head);
  out.end(small);
}

/** Waits for room in the connection between the pieces. */
async function writeChunks(out: Outgoing, chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) {
    if (out.destroyed) return;
    const room = out.write(chunk);
    if (!room) await drained(out);
  }
  out.end();
}

/** The rest of an answer. Who does not read a large one has but a piece of it encrypted and waiting. */
function endWith(out: Outgoing, bytes: Uint8Array): Promise<void> | undefined {
  if (bytes.length > 2 * pieceBytes) return writeChunks(out, slices(bytes));
  out.end(bytes);
  return undefined;
}

function* slices(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

function writeRaw(writing: Writing, answer: Extract<Answer, { kind: 'raw' }>): Promise<void> | undefined {
  const { out, request, auditId } = writing;
  const head = headOf(request, auditId);
  for (const [name, value] of Object.entries(answer.headers ?? {})) for (const one of typeof value === 'string' ? [value] : value) head.push([name, one]);
  if (answer.code !== 304 && answer.contentType !== '') head.push(['Content-Type', answer.contentType]);
  const { body } = answer;
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    if (answer.code !== 304 && bytes.length > gzipAboveBytes && acceptsGzip(request)) {
      return compress(bytes, { level: constants.Z_BEST_SPEED }).then((small) => {
        head.push(['Content-Encoding', 'gzip'], ['Content-Length', small.length]);
        writeHead(out, answer.code, head);
        out.end(small);
      });
    }
    if (answer.code !== 304) head.push(['Content-Length', bytes.length]);
    writeHead(out, answer.code, head);
    return endWith(out, bytes);
  }
  if (answer.complete === true && acceptsGzip(request)) {
    head.push(['Content-Encoding', 'gzip'], ['Vary', 'Accept-Encoding']);
    writeHead(out, answer.code, head);
    return compressPieces(out, body);
  }
  writeHead(out, answer.code, head);
  out.flushHeaders();
  return writeChunks(out, body);
}

function writeWatch(writing: Writing, answer: WatchAnswer): Promise<void> {
  const { out, request, clock, auditId } = writing;
  const context = renderContextOf(request, clock);
  const head = headOf(request, auditId);
  head.push(['Content-Type', watchContentType(context.negotiated)]);
  writeHead(out, 200, head);
  out.flushHeaders();
  const writer = new WatchWriter(out, clock);
  const stop = answer.start(new WatchEncoder(answer.served, context, () => clock.now(), writer, writing.watchMetrics?.of(answer.served.schema)));
  return writer.ended.then(stop);
}
