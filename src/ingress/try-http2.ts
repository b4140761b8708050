import type { ClientHttp2Stream, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { constants } from 'node:http2';
import { cutOff, hostOf, passHead } from './exchange.ts';
import { answerHeaders } from './headers.ts';
import type { Try } from './upstream.ts';
import { silenceMs } from './upstream.ts';

/** The head of a request in the words of HTTP/2. */
function headOf({ request, headers }: Pick<Try, 'request' | 'headers'>): OutgoingHttpHeaders {
  const head: Record<string, string | string[]> = { ':method': request.method ?? 'GET', ':path': request.url ?? '/', ':scheme': 'http', ':authority': hostOf(request) ?? '' };
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] ?? '').toLowerCase();
    const value = headers[index + 1] ?? '';
    if (name === 'host' || name === 'transfer-encoding') continue;
    const there = head[name];
    head[name] = there === undefined ? value : [...(Array.isArray(there) ? there : [there]), value];
  }
  // gRPC's servers refuse whoever does not say that trailers are understood.
  if (/\btrailers\b/i.test(String(request.headers.te ?? ''))) head['te'] = 'trailers';
  return head;
}

/** Sends a request to a backend that speaks HTTP/2 without TLS (appProtocol kubernetes.io/h2c), such as one of gRPC. */
export function tryHttp2(one: Try): { destroy(): void } {
  const { request, response, upstreams, address, hasBody, connected, failed } = one;
  const session = upstreams.http2.to(address);
  const wasKept = !session.connecting;
  let isConnected = wasKept;
  let hasAnswered = false;
  let hasFailed = false;
  let timedOut = false;
  const fail = (error: Error): void => {
    if (hasFailed) return;
    hasFailed = true;
    failed(error, { neverArrived: !isConnected || stream?.rstCode === constants.NGHTTP2_REFUSED_STREAM, wasStale: wasKept && session.destroyed && !hasBody, timedOut });
  };
  const open = (): ClientHttp2Stream | undefined => {
    try {
      return session.request(headOf(one), { endStream: !hasBody });
    } catch (error) {
      queueMicrotask(() => fail(error as Error));
      return undefined;
    }
  };
  const stream = open();
  if (stream === undefined) return { destroy: () => {} };
  stream.setTimeout(silenceMs, () => {
    timedOut = true;
    stream.destroy(new Error('the backend is silent'));
  });
  stream.on('response', (headers, _flags, rawHeaders: string[]) => {
    hasAnswered = true;
    passHead(response, headers[':status'] ?? 502, answerHeaders({ rawHeaders }));
    if (request.method === 'HEAD') response.end();
    else stream.pipe(response, { end: false });
  });
  stream.on('trailers', (trailers: IncomingHttpHeaders) => response.addTrailers(Object.fromEntries(Object.entries(trailers).filter(([name]) => !name.startsWith(':')).map(([name, value]) => [name, String(value)]))));
  stream.on('end', () => { if (hasAnswered && stream.rstCode === 0) response.end(); });
  stream.on('error', fail);
  stream.on('close', () => {
    if (!hasAnswered) fail(new Error(`the backend closed the stream with ${stream.rstCode}`));
    else if (stream.rstCode !== 0 && !response.writableEnded) cutOff(response);
  });
  const ready = (): void => {
    isConnected = true;
    if (hasBody && !stream.destroyed) connected(stream);
  };
  if (isConnected) ready();
  else session.once('connect', ready);
  return stream;
}
