import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { hostname } from 'node:os';

export interface Request { readonly method: string; readonly path: string; readonly query: URLSearchParams; readonly message: IncomingMessage }
export interface Answer { readonly code?: number; readonly type?: string; readonly headers?: Readonly<Record<string, string>>; readonly body: string | Buffer }
export type Handler = (request: Request) => Answer | string | Promise<Answer | string>;

/** A pod's host name is its name. */
export const ownName = (): string => hostname();

/** `address:port` of the other end, without what maps IPv4 into IPv6. */
export function peerOf({ remoteAddress = '', remotePort }: { readonly remoteAddress?: string | undefined; readonly remotePort?: number | undefined }): string {
  const address = remoteAddress.replace(/^::ffff:/, '');
  return `${address.includes(':') ? `[${address}]` : address}:${remotePort}`;
}

async function answer(handler: Handler, message: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(message.url ?? '/', 'http://localhost');
  console.log(`${message.method} ${message.url}`);
  let given: Answer | string;
  try {
    given = await handler({ method: message.method ?? 'GET', path: url.pathname, query: url.searchParams, message });
  } catch (error) {
    given = { code: 500, body: (error as Error).message };
  }
  const { code = 200, type, headers = {}, body } = typeof given === 'string' ? { body: given } : given;
  const sniffed = /^\s*<(a|!doctype|html|h1|body)[\s>]/i.test(body.toString('utf8').slice(0, 64)) ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8';
  response.writeHead(code, { 'content-type': type ?? sniffed, 'content-length': Buffer.byteLength(body), ...headers }).end(message.method === 'HEAD' ? undefined : body);
}

/** Of http.createServer and https.createServer alike. */
export const listenerOf = (handler: Handler): RequestListener => (message, response) => void answer(handler, message, response);

/** Serves HTTP on all addresses. */
export function serve(port: number, handler: Handler): void {
  if (port > 0) createServer(listenerOf(handler)).listen(port, () => console.log(`Started HTTP server on port ${port}`));
}

export const notFound: Answer = { code: 404, body: '404 page not found\n' };
