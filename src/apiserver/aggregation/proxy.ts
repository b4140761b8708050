import type { APIService } from '../../api/types/apiregistration/v1.ts';
import { ApiError } from '../../api/status.ts';
import type { Random } from '../../base/random.ts';
import { outside } from '../../base/outside-work.ts';
import type { Answer } from '../answer.ts';
import type { ObjectReader } from '../cache/reader.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { ForwardedAnswer } from '../subresources/proxy/forwarder.ts';
import { extensionServer, isAvailable } from './backend.ts';
import type { ExtensionServer, ExtensionTransport } from './extension-transport.ts';
import { identityHeaders } from './identity-headers.ts';

export interface ProxyParts {
  readonly reader: ObjectReader;
  readonly random: Random;
  readonly transport: ExtensionTransport;
}

/** Upstream's aggregator answers in plain text. */
const unavailable = (message: string): Answer => ({ kind: 'raw', code: 503, contentType: 'text/plain; charset=utf-8', body: `${message}\n`, headers: { 'x-content-type-options': 'nosniff' } });

function serverOf(parts: ProxyParts, service: APIService): ExtensionServer | undefined {
  if (!isAvailable(service)) return undefined;
  try {
    return extensionServer(parts, service);
  } catch {
    // No such Service any more, or nobody behind it; the condition will say so soon.
    return undefined;
  }
}

/** Passes a request on to the extension API server of an API service, in the name of whoever asks. */
export async function proxyTo(parts: ProxyParts, service: APIService, request: ServerRequest): Promise<Answer> {
  const server = serverOf(parts, service);
  if (server === undefined) return refuse(request, 'service unavailable');
  const identity = identityHeaders(request.user);
  try {
    if (request.upgrade !== undefined) {
      await outside(parts.transport.upgrade(server, request.requestUri, request.upgrade, identity));
      return { kind: 'hijacked' };
    }
    const { headers, body } = request.forwarded();
    const accept = request.header('accept');
    const answer = await outside(parts.transport.forward(server, {
      method: request.method, path: request.requestUri, body, signal: request.signal,
      headers: { ...headers, ...(accept !== undefined && { accept }), ...(request.auditId !== undefined && { 'audit-id': request.auditId }), ...identity },
    }));
    return isRedirect(answer) ? await refuseRedirect(answer) : answered(answer);
  } catch (error) {
    if (error instanceof ApiError || request.signal.aborted) throw error;
    return refuse(request, `error trying to reach service: ${(error as Error).message}`);
  }
}

function refuse(request: ServerRequest, message: string): Answer {
  // Whoever asked for a stream is told by a Status, on the socket.
  if (request.upgrade !== undefined) throw new ApiError('ServiceUnavailable', message);
  return unavailable(message);
}

/** The client would go there with what it is known by. */
const isRedirect = ({ code, headers }: ForwardedAnswer): boolean => code >= 300 && code <= 399 && (headers['location'] ?? '').length > 0;

async function refuseRedirect({ body }: ForwardedAnswer): Promise<Answer> {
  await body[Symbol.asyncIterator]().return?.();
  return { kind: 'raw', code: 502, contentType: 'text/plain; charset=utf-8', body: 'the backend attempted to redirect this request, which is not permitted' };
}

/** Ours are the audit's name of the request and the length, which may change when the answer is compressed. */
const ours: ReadonlySet<string> = new Set(['content-type', 'audit-id', 'cache-control', 'x-kubernetes-pf-flowschema-uid', 'x-kubernetes-pf-prioritylevel-uid']);

function answered({ code, headers, body }: ForwardedAnswer): Answer {
  const passed: Record<string, string | readonly string[]> = {};
  for (const [name, value] of Object.entries(headers)) if (!ours.has(name)) passed[name] = value;
  const type = headers['content-type'];
  return { kind: 'raw', code, contentType: typeof type === 'string' ? type : type?.[0] ?? '', body, headers: passed };
}
