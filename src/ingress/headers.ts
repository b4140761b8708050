import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { hopByHop } from '../base/hop-by-hop.ts';

/** What the next connection does not see, and what only we may set. */
const dropped = new Set([...hopByHop, 'expect']);
const ours = new Set(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'x-forwarded-scheme', 'x-real-ip', 'forwarded']);

/** Names that the Connection header adds to those. */
function perConnection(raw: readonly string[]): ReadonlySet<string> | undefined {
  for (let index = 0; index < raw.length; index += 2) {
    if (raw[index]?.toLowerCase() !== 'connection') continue;
    const names = (raw[index + 1] ?? '').toLowerCase().split(',').map((name) => name.trim()).filter((name) => name !== 'keep-alive' && name !== 'close' && name !== 'upgrade');
    if (names.length > 0) return new Set(names);
  }
  return undefined;
}

function endToEnd(raw: readonly string[], without: ReadonlySet<string> | undefined): string[] {
  const extra = perConnection(raw);
  const kept: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const lower = name.toLowerCase();
    if (!dropped.has(lower) && without?.has(lower) !== true && extra?.has(lower) !== true) kept.push(name, raw[index + 1] ?? '');
  }
  return kept;
}

/** The client's own address, as text without the mark of an IPv4 address in IPv6. */
export const clientAddress = ({ socket }: IncomingMessage): string => (socket.remoteAddress ?? '').replace(/^::ffff:/, '');

/**
 * The headers with which a request goes on, names and values in turns. What a client says of whom it stands for is not
 * believed: nobody in front of this proxy is known to be one.
 */
export function forwardedHeaders(request: IncomingMessage, publicPorts: { readonly http: number; readonly https: number }): string[] {
  const headers = endToEnd(request.rawHeaders, ours);
  const secure = (request.socket as TLSSocket).encrypted === true;
  const client = clientAddress(request);
  headers.push(
    'X-Real-IP', client, 'X-Forwarded-For', client, 'X-Forwarded-Host', request.headers.host ?? '',
    'X-Forwarded-Port', String(secure ? publicPorts.https : publicPorts.http), 'X-Forwarded-Proto', secure ? 'https' : 'http',
  );
  return headers;
}

/** The headers of an answer on its way back. */
export const answerHeaders = (answer: IncomingMessage): string[] => endToEnd(answer.rawHeaders, undefined);
