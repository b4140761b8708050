import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { request as send } from 'node:http';
import type { Address, Backend } from './backends.ts';
import { answerHeaders, forwardedHeaders } from './headers.ts';

/** A backend that says nothing for so long is given up. */
const silenceMs = 60_000;
/** So many endpoints are tried for one request. */
const maxAttempts = 3;

export interface ForwardOptions {
  readonly agent: Agent;
  readonly publicPorts: { readonly http: number; readonly https: number };
  readonly locate: (address: Address) => Address;
  /** Told when an endpoint fails. */
  readonly failed: (backend: Backend, address: Address, error: Error) => void;
}

/** Ends a request here. */
export function answer(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(text) }).end(text);
}

const hasBody = ({ headers }: IncomingMessage): boolean => headers['transfer-encoding'] !== undefined || (headers['content-length'] !== undefined && headers['content-length'] !== '0');
/** Whether a request may be made twice, if nobody knows whether it arrived (RFC 9110, 9.2.2). */
const isIdempotent = ({ method = '' }: IncomingMessage): boolean => ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'].includes(method);

/**
 * Passes one request on to a backend and its answer back, as they flow. An endpoint that cannot be reached is passed over for
 * the next, as long as nothing of the request's body has been sent.
 */
export function forward(request: IncomingMessage, response: ServerResponse, backend: Backend, options: ForwardOptions): void {
  const { agent, publicPorts, locate, failed } = options;
  const headers = forwardedHeaders(request, publicPorts);
  const body = hasBody(request);
  // Its length is told again only where the client told it; else it goes in pieces, as it comes.
  if (body && request.headers['content-length'] === undefined) headers.push('Transfer-Encoding', 'chunked');
  const tried: Address[] = [];
  let current: ClientRequest | undefined;
  let bodySent = false;

  const attempt = (): void => {
    const address = backend.next(tried);
    if (address === undefined) {
      if (tried.length === 0) answer(response, 503, '503 Service Temporarily Unavailable\n');
      else answer(response, 502, '502 Bad Gateway\n');
      return;
    }
    tried.push(address);
    const outgoing = send({ agent, ...locate(address), method: request.method ?? 'GET', path: request.url ?? '/', headers, setHost: false });
    current = outgoing;
    let timedOut = false;
    outgoing.setTimeout(silenceMs, () => {
      timedOut = true;
      outgoing.destroy(new Error('the backend is silent'));
    });
    outgoing.on('response', (incoming) => passBack(incoming, request, response));
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      if (response.destroyed || response.writableEnded) return;
      failed(backend, address, error);
      if (timedOut) {
        answer(response, 504, '504 Gateway Time-out\n');
        return;
      }
      // Refused: it never got it. Lost: a connection kept from before may have been closed just then.
      const neverArrived = error.syscall === 'connect' || (outgoing.reusedSocket && !bodySent && (error.code === 'ECONNRESET' || error.code === 'EPIPE'));
      if (!response.headersSent && !bodySent && (neverArrived || isIdempotent(request)) && tried.length < maxAttempts) attempt();
      else answer(response, 502, '502 Bad Gateway\n');
    });
    if (!body) outgoing.end();
    else onceConnected(outgoing, () => {
      bodySent = true;
      request.pipe(outgoing);
    });
  };
  // The client went away: so does what is done for it.
  response.on('close', () => { if (!response.writableFinished) current?.destroy(); });
  attempt();
}

/** The body waits for the connection, so that it can still go elsewhere when there is none. */
function onceConnected(outgoing: ClientRequest, then: () => void): void {
  outgoing.on('socket', (socket) => {
    if (socket.connecting) socket.once('connect', then);
    else then();
  });
}

function passBack(incoming: IncomingMessage, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, answerHeaders(incoming));
  // An answer in pieces may take its time over each: whoever streams wants to be heard at once.
  response.flushHeaders();
  if (request.method === 'HEAD') {
    incoming.resume();
    response.end();
    return;
  }
  incoming.pipe(response);
  // Cut off: the client must not take it for the end.
  incoming.on('aborted', () => response.destroy());
  incoming.on('error', () => response.destroy());
}
