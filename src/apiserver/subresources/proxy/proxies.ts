import { ApiError, badRequestError } from '../../../api/status.ts';
import type { Answer } from '../../answer.ts';
import type { Core } from '../../core.ts';
import type { ServerRequest } from '../../pipeline/server-request.ts';
import { admitConnect } from '../connect-admission.ts';
import type { KubeletDialer } from '../kubelet-dialer.ts';
import type { OwnEndpoint } from '../own-endpoint.ts';
import { kubeletOf } from '../pod-streams.ts';
import { nodeBackend, podBackend, serviceBackend } from './backends.ts';
import type { Backend, ForwardedAnswer, ForwardedRequest, Forwarder } from './forwarder.ts';
import { rewriteLink } from './links.ts';
import type { LinkBase } from './links.ts';

/** What rewrites the links of an HTML page on its way through; made at the edge, where there are streams. */
export type PageRewriter = (answer: ForwardedAnswer, base: LinkBase) => Promise<ForwardedAnswer>;

export interface ProxyParts {
  /** How pods, services and other ports of nodes are reached. Absent: they cannot be, and a request is told so. */
  readonly forwarder?: Forwarder;
  readonly kubelet?: KubeletDialer;
  readonly rewritePage?: PageRewriter;
}

const optionsKind = { nodes: 'NodeProxyOptions', pods: 'PodProxyOptions', services: 'ServiceProxyOptions' } as const;
type Proxied = keyof typeof optionsKind;

/** HTTP through the API server to pods, services and nodes: any method, streamed both ways, connection upgrades included. */
export function proxyEndpoints(core: Core, parts: ProxyParts): OwnEndpoint[] {
  return (Object.keys(optionsKind) as Proxied[]).map((resource): OwnEndpoint => ({
    group: '', version: 'v1', resource, subresource: 'proxy', verbs: ['get', 'create', 'update', 'patch', 'delete', ''],
    handle: (request) => proxy(core, parts, resource, request),
  }));
}

/** What a request asks of the backend: the path after `/proxy`, and the path that stands for the backend's root. */
function pathsOf(path: string): { readonly prefix: string; readonly inside: string } {
  const match = /^(\/api\/v1\/(?:namespaces\/[^/]+\/)?(?:pods|services|nodes)\/[^/]+\/proxy)(\/.*)?$/.exec(path);
  if (match === null) throw badRequestError(`the path ${JSON.stringify(path)} names nothing to proxy to`);
  return { prefix: match[1]!, inside: match[2] ?? '' };
}

async function proxy(core: Core, parts: ProxyParts, resource: Proxied, request: ServerRequest): Promise<Answer> {
  const { info } = request;
  const { prefix, inside } = pathsOf(info.path);
  await admitConnect(core, request, { kind: optionsKind[resource], apiVersion: 'v1', metadata: {}, ...(inside !== '' && { path: inside }) });

  const channel = channelTo(core, parts, resource, request);
  const path = `${inside === '' ? '/' : inside}${request.rawQuery === '' ? '' : `?${request.rawQuery}`}`;
  if (request.upgrade !== undefined) {
    await channel.upgrade(path);
    return { kind: 'hijacked' };
  }
  // Pages at the root link relative to it: without the slash their links would lead one level too high.
  if (inside === '' && (request.method === 'GET' || request.method === 'HEAD')) {
    return { kind: 'raw', code: 301, contentType: '', body: '', headers: { location: `${info.path}/${request.rawQuery === '' ? '' : `?${request.rawQuery}`}` } };
  }
  const forwarded = request.forwarded();
  const headers = { ...forwarded.headers, 'x-forwarded-uri': info.path };
  const answer = await channel.forward({ method: request.method, path, headers, body: forwarded.body, signal: request.signal });
  return rawAnswer(await relinked(parts, answer, { prefix, backendHost: channel.host, clientHost: request.header('host') ?? '' }));
}

interface Channel {
  readonly host: string;
  forward(request: ForwardedRequest): Promise<ForwardedAnswer>;
  upgrade(path: string): Promise<void>;
}

function channelTo(core: Core, { forwarder, kubelet }: ProxyParts, resource: Proxied, { info, upgrade }: ServerRequest): Channel {
  const target = resource === 'nodes' ? nodeBackend(core, info.name) : { kubelet: false as const, backend: resource === 'pods' ? podBackend(core, info.namespace, info.name) : serviceBackend(core, info.namespace, info.name) };
  if (target.kubelet) {
    if (kubelet === undefined) throw new ApiError('ServiceUnavailable', 'not supported: this API server has no way to reach kubelets');
    const where = kubeletOf(core, target.nodeName);
    return { host: `${where.address}:${where.port}`, forward: (request) => kubelet.forward(where, request), upgrade: (path) => kubelet.upgrade(where, path, upgrade!) };
  }
  if (forwarder === undefined) throw new ApiError('ServiceUnavailable', 'not supported: this API server has no way to reach pods and services');
  const { backend } = target;
  return { host: hostOf(backend), forward: (request) => forwarder.forward(backend, request), upgrade: (path) => forwarder.upgrade(backend, path, upgrade!) };
}

const hostOf = ({ host, port }: Backend): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

const textOf = (value: string | readonly string[] | undefined): string => (value === undefined || typeof value === 'string' ? value ?? '' : value[0] ?? '');

/** Redirects and pages lead back through the proxy. */
async function relinked({ rewritePage }: ProxyParts, answer: ForwardedAnswer, base: LinkBase): Promise<ForwardedAnswer> {
  const location = textOf(answer.headers['location']);
  if (location !== '') return { ...answer, headers: { ...answer.headers, location: rewriteLink(location, base) } };
  if (rewritePage === undefined || textOf(answer.headers['content-type']).split(';', 1)[0]!.trim() !== 'text/html') return answer;
  return rewritePage(answer, base);
}

function rawAnswer({ code, headers, body }: ForwardedAnswer): Answer {
  const { 'content-type': contentType, ...others } = headers;
  return { kind: 'raw', code, contentType: textOf(contentType), body, headers: others };
}
