import type { IncomingMessage } from 'node:http';
import { hopByHop } from '../base/hop-by-hop.ts';
import type { Incoming } from './exchange.ts';
import { clientAddress, hostOf, isSecure } from './exchange.ts';

/** What the next connection does not see, and what only we may set. */
const dropped = new Set([...hopByHop, 'expect']);
const ours = new Set(['host', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'x-forwarded-scheme', 'x-real-ip', 'forwarded']);

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
  // HTTP/2 may send cookies in pieces, which are one header everywhere else (RFC 9113, 8.2.3).
  const cookies: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const lower = name.toLowerCase();
    if (dropped.has(lower) || without?.has(lower) === true || extra?.has(lower) === true || name.startsWith(':')) continue;
    if (lower === 'cookie') cookies.push(raw[index + 1] ?? '');
    else kept.push(name, raw[index + 1] ?? '');
  }
  if (cookies.length > 0) kept.push('Cookie', cookies.join('; '));
  return kept;
}

/**
 * The headers with which a request goes on, names and values in turns. What a client says of whom it stands for is not
 * believed: nobody in front of this proxy is known to be one.
 */
export function forwardedHeaders(request: Incoming, publicPorts: { readonly http: number; readonly https: number }): string[] {
  const host = hostOf(request) ?? '';
  const secure = isSecure(request);
  const client = clientAddress(request);
  return [
    'Host', host, ...endToEnd(request.rawHeaders, ours),
    'X-Real-IP', client, 'X-Forwarded-For', client, 'X-Forwarded-Host', host,
    'X-Forwarded-Port', String(secure ? publicPorts.https : publicPorts.http), 'X-Forwarded-Proto', secure ? 'https' : 'http',
  ];
}

/** The headers of an answer on its way back. */
export const answerHeaders = (answer: Pick<IncomingMessage, 'rawHeaders'>): string[] => endToEnd(answer.rawHeaders, undefined);
