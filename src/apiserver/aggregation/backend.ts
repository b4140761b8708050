import type { APIService } from '../../api/types/apiregistration/v1.ts';
import type { Random } from '../../base/random.ts';
import { timeoutSignal } from '../../base/clock.ts';
import { outside } from '../../base/outside-work.ts';
import { RealClock } from '../../base/real-clock.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { ObjectReader } from '../cache/reader.ts';
import { serviceEndpoint } from '../webhooks/service-endpoint.ts';
import type { ExtensionServer, ExtensionTransport } from './extension-transport.ts';
import { identityHeaders } from './identity-headers.ts';

/** Documents of discovery and OpenAPI that are longer are not taken. */
const maxDocumentBytes = 32 * 1024 * 1024;
/** How long an extension API server may take for what the aggregator asks it. */
const ownRequestMs = 5000;

/** What the aggregator itself has got from an extension API server. */
export interface OwnAnswer {
  readonly code: number;
  readonly contentType: string;
  readonly etag: string;
  readonly body: Uint8Array;
}

/** Is it served by another server? */
export const isRemote = ({ spec }: APIService): boolean => spec?.service !== undefined;

export const isAvailable = ({ status }: APIService): boolean => status?.conditions?.some(({ type, status: state }) => type === 'Available' && state === 'True') === true;

/** Where a request for a remote API service goes. Throws in upstream's words when nobody is there. */
export function extensionServer(parts: { readonly reader: ObjectReader; readonly random: Random }, { spec }: APIService): ExtensionServer {
  const { namespace = '', name = '', port = 443 } = spec!.service!;
  const { host, port: found } = serviceEndpoint(parts, { namespace, name, port });
  const bundle = spec!.caBundle ?? '';
  return { host, port: found, serverName: `${name}.${namespace}.svc`, ca: bundle === '' ? undefined : atob(bundle), insecure: spec!.insecureSkipTLSVerify === true };
}

/** One GET in the aggregator's own name, in bounded time. Virtual clocks stand still meanwhile. */
export function ask(transport: ExtensionTransport, server: ExtensionServer, request: { readonly path: string; readonly user: UserInfo; readonly accept?: string; readonly etag?: string }): Promise<OwnAnswer> {
  const { path, user, accept, etag } = request;
  const work = async (): Promise<OwnAnswer> => {
    // Sockets live in real time, whatever time the cluster lives in.
    const { signal, cancel } = timeoutSignal(new RealClock(), ownRequestMs);
    try {
      return await exchanged(signal);
    } catch (error) {
      throw signal.aborted ? new Error('context deadline exceeded (Client.Timeout exceeded while awaiting headers)', { cause: error }) : error;
    } finally {
      cancel();
    }
  };
  const exchanged = async (signal: AbortSignal): Promise<OwnAnswer> => {
    const { code, headers, body } = await transport.forward(server, {
      method: 'GET', path, body: undefined, signal,
      headers: { ...identityHeaders(user), ...(accept !== undefined && { accept }), ...(etag !== undefined && etag !== '' && { 'if-none-match': etag }) },
    });
    const text = (name: string): string => { const value = headers[name]; return typeof value === 'string' ? value : value?.[0] ?? ''; };
    return { code, contentType: text('content-type'), etag: text('etag'), body: await collected(body) };
  };
  return outside(work());
}

async function collected(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxDocumentBytes) throw new Error(`the answer is longer than ${maxDocumentBytes} bytes`);
    chunks.push(chunk);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
