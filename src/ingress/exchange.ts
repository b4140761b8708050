import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { TLSSocket } from 'node:tls';

/** A request as it came, in HTTP/1.1 or HTTP/2. */
export type Incoming = IncomingMessage | Http2ServerRequest;
/** Its answer. */
export type Outgoing = ServerResponse | Http2ServerResponse;

const isHttp2 = (message: Incoming): message is Http2ServerRequest => message.httpVersionMajor === 2;

/** For which host a request is, with its port if it says one; undefined: it does not say. */
export const hostOf = (request: Incoming): string | undefined => (request.headers as Readonly<Record<string, string | undefined>>)[':authority'] ?? request.headers.host;

/** Whether more than its head follows. */
export function hasBody(request: Incoming): boolean {
  const { headers } = request;
  if (isHttp2(request)) return !request.stream.endAfterHeaders;
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] !== undefined && headers['content-length'] !== '0');
}

/** Whether it came over TLS. */
export const isSecure = (request: Incoming): boolean => (request.socket as TLSSocket).encrypted === true;

/** The client's own address, as text without the mark of an IPv4 address in IPv6. */
export const clientAddress = ({ socket }: Incoming): string => (socket.remoteAddress ?? '').replace(/^::ffff:/, '');

/** Nobody waits for the answer any more, or it has been given. */
export const isOver = (response: Outgoing): boolean => ('stream' in response ? response.stream.destroyed : response.destroyed) || response.writableEnded;

/** The reason phrase, which HTTP/2 has no place for, is left out there. */
function writeHead(response: Outgoing, status: number, headers: string[], reason = ''): void {
  if ('stream' in response) response.writeHead(status, headers as unknown as Record<string, string>);
  else response.writeHead(status, reason, headers);
}

/** Begins the answer of a backend. It may take its time over the rest: whoever streams wants to be heard at once. */
export function passHead(response: Outgoing, status: number, headers: string[], reason?: string): void {
  writeHead(response, status, headers, reason);
  if (!('stream' in response)) response.flushHeaders();
}

/** Cuts an answer off, so that the client does not take what it has for all of it. */
export function cutOff(response: Outgoing): void {
  if ('stream' in response) response.stream.close(2);
  else response.destroy();
}

/** Ends a request here. */
export function answer(response: Outgoing, status: number, text: string): void {
  if (response.headersSent) {
    cutOff(response);
    return;
  }
  writeHead(response, status, ['content-type', 'text/plain; charset=utf-8', 'content-length', String(Buffer.byteLength(text))]);
  response.end(text);
}
