import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import type { Clock } from '../../base/clock.ts';
import type { ApiError } from '../../api/status.ts';
import type { Answer, WatchAnswer } from '../answer.ts';
import { plainJson } from '../encoding/negotiate.ts';
import type { RenderContext, Rendered, RenderedList } from '../encoding/render.ts';
import { includeObjectOf, renderList, renderObject, renderStored } from '../encoding/render.ts';
import { WatchEncoder, watchContentType } from '../encoding/watch-encoder.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { Outgoing } from './http-request.ts';
import { streamList } from './stream-list.ts';
import { watchOutputs } from './watch-outputs.ts';

/** Answers from this size on are compressed for clients that accept it, as upstream does. */
const gzipFromBytes = 128 * 1024;
/** A watcher that lets this much gather is dropped: it has to list again. */
const maxWatchBacklogBytes = 16 * 1024 * 1024;

/** Bodies up to this size are copied once more to save a write. */
const joinHeadUpToBytes = 16 * 1024;

const compress = promisify(gzip);

/** As Go writes them. */
const schemaHeader = 'X-Kubernetes-Pf-Flowschema-Uid';
const levelHeader = 'X-Kubernetes-Pf-Prioritylevel-Uid';

type Head = [name: string, value: string | number][];

/** Browsers and tools for people get indented JSON, unless they say otherwise. */
function isPretty(request: ServerRequest): boolean {
  if (request.rawQuery.includes('pretty')) {
    const given = request.query.get('pretty');
    if (given !== null) return given !== 'false' && given !== '0';
  }
  const agent = request.header('user-agent');
  return agent !== undefined && (agent.startsWith('curl') || agent.startsWith('Wget') || agent.startsWith('Mozilla/5.0'));
}

function contextOf(request: ServerRequest, clock: Clock): RenderContext {
  const negotiated = request.negotiated ?? plainJson;
  return {
    negotiated,
    pretty: isPretty(request),
    includeObject: negotiated.as === 'Table' ? includeObjectOf(request.queryOrUndefined) : 'Metadata',
    nowMs: clock.now(),
  };
}

/** The headers that every answer has. */
function headOf(request: ServerRequest, auditId: string): Head {
  const head: Head = [['Audit-Id', auditId], ['Cache-Control', 'no-cache, private']];
  if (request.flow !== undefined) head.push([schemaHeader, request.flow.schemaUid], [levelHeader, request.flow.levelUid]);
  for (const warning of request.warnings) head.push(['Warning', `299 - ${JSON.stringify(warning.replaceAll('\n', ' '))}`]);
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
}

/** Sends an answer. Resolves when it has been handed to the connection; a watch, when it has ended. */
export function writeAnswer(writing: Writing, answer: Answer): Promise<void> | undefined {
  const { request, clock } = writing;
  switch (answer.kind) {
    case 'stored': {
      const rendered = renderStored(answer, contextOf(request, clock));
      return writeRendered(writing, answer.code, rendered);
    }
    case 'list': {
      const rendered = renderList(answer, contextOf(request, clock));
      return 'list' in rendered ? writeList(writing, rendered) : writeRendered(writing, 200, rendered);
    }
    case 'object': return writeRendered(writing, answer.code, renderObject(answer.object, { negotiated: request.negotiated ?? plainJson, pretty: isPretty(request) }));
    case 'raw': return writeRaw(writing, answer);
    case 'watch': return writeWatch(writing, answer);
    case 'hijacked': return undefined;
  }
}

/** A refusal, as a Status. */
export function writeError(writing: Writing, error: ApiError): void {
  const { request, out } = writing;
  const { bytes, contentType } = renderObject(error.toStatus(), { negotiated: request.negotiated ?? plainJson, pretty: isPretty(request) });
  const head = headOf(request, writing.auditId);
  head.push(['Content-Type', contentType], ['Content-Length', bytes.length]);
  const retry = error.details?.retryAfterSeconds;
  if (retry !== undefined) head.push(['Retry-After', retry]);
  // What is left of a body that was too large is not worth reading.
  if (error.code === 413) out.shouldKeepAlive = false;
  writeHead(out, error.code, head);
  out.end(bytes);
}

const acceptsGzip = (request: ServerRequest): boolean => /\bgzip\b/.test(request.header('accept-encoding') ?? '');

function writeRendered(writing: Writing, code: number, { contentType, bytes }: Rendered): Promise<void> | undefined {
  const { out, request, auditId } = writing;
  const size = bytes.length;
  if (size >= gzipFromBytes && acceptsGzip(request)) return writeCompressed(writing, code, contentType, bytes);
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
  else out.end(bytes);
  return undefined;
}

function writeList(writing: Writing, { contentType, list }: RenderedList): Promise<void> | undefined {
  const { out, request, auditId } = writing;
  const compressed = list.sizeBytes >= gzipFromBytes && acceptsGzip(request);
  if (compressed || list.sizeBytes <= joinHeadUpToBytes) return writeRendered(writing, 200, { contentType, bytes: list.whole() });
  const head = headOf(request, auditId);
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

function drained(out: Outgoing): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      out.off('drain', done);
      out.off('close', done);
      resolve();
    };
    out.once('drain', done);
    out.once('close', done);
  });
}

function writeRaw(writing: Writing, answer: Extract<Answer, { kind: 'raw' }>): Promise<void> | undefined {
  const { out, request, auditId } = writing;
  const head = headOf(request, auditId);
  for (const [name, value] of Object.entries(answer.headers ?? {})) for (const one of typeof value === 'string' ? [value] : value) head.push([name, one]);
  if (answer.code !== 304 && answer.contentType !== '') head.push(['Content-Type', answer.contentType]);
  const { body } = answer;
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    if (answer.code !== 304 && bytes.length >= gzipFromBytes && /\bgzip\b/.test(request.header('accept-encoding') ?? '')) {
      return compress(bytes, { level: constants.Z_BEST_SPEED }).then((small) => {
        head.push(['Content-Encoding', 'gzip'], ['Content-Length', small.length]);
        writeHead(out, answer.code, head);
        out.end(small);
      });
    }
    if (answer.code !== 304) head.push(['Content-Length', bytes.length]);
    writeHead(out, answer.code, head);
    out.end(bytes);
    return undefined;
  }
  writeHead(out, answer.code, head);
  out.flushHeaders();
  return writeChunks(out, body);
}

function writeWatch(writing: Writing, answer: WatchAnswer): Promise<void> {
  const { out, request, clock, auditId } = writing;
  const context = contextOf(request, clock);
  const head = headOf(request, auditId);
  head.push(['Content-Type', watchContentType(context.negotiated)]);
  writeHead(out, 200, head);
  out.flushHeaders();
  return new Promise((resolve) => {
    let stop: (() => void) | undefined;
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      out.off('close', onClose);
      resolve();
    };
    const onClose = (): void => {
      end();
      stop?.();
    };
    out.once('close', onClose);
    const encoder = new WatchEncoder(answer.served, context, () => clock.now(), {
      write: (lines) => {
        if (over) return;
        watchOutputs.enqueue(out, lines, clock);
        if (out.writableLength > maxWatchBacklogBytes) {
          out.destroy();
          onClose();
        }
      },
      end: () => {
        if (over) return;
        end();
        watchOutputs.drain(out);
        out.end();
      },
    });
    stop = answer.start(encoder);
    if (over) stop();
  });
}
