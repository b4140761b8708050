import type { FieldError } from '../../api/field-error.ts';
import { forbidden, invalid } from '../../api/field-error.ts';
import { ApiError, badRequestError, forbiddenError, internalError, invalidError, notFoundError } from '../../api/status.ts';
import type { Node, Pod } from '../../api/types/core/v1.ts';
import type { Answer } from '../answer.ts';
import type { Core } from '../core.ts';
import { attributesOf } from '../pipeline/authorize.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { ApiResponse } from '../request.ts';
import { queryFlag } from '../request-info.ts';
import type { PortForwardOptions, SessionOptions } from './connect-admission.ts';
import { admitConnect, streamOptions } from './connect-admission.ts';
import type { KubeletDialer, KubeletTarget } from './kubelet-dialer.ts';
import type { OwnEndpoint } from './own-endpoint.ts';
import { storedResource } from './own-endpoint.ts';

/** Where kubelets are looked for, in this order. */
const addressTypes = ['InternalIP', 'ExternalIP', 'Hostname', 'InternalDNS', 'ExternalDNS'];
const defaultKubeletPort = 10250;

/** Where a node says that it is; undefined when it says nothing. */
export function nodeAddress({ status }: Node): string | undefined {
  return addressTypes.map((type) => status?.addresses?.find((one) => one.type === type)?.address).find((one) => one !== undefined);
}

/** Where a node says that its kubelet listens. */
export const kubeletPort = ({ status }: Node): number => status?.daemonEndpoints?.kubeletEndpoint?.Port ?? defaultKubeletPort;

/** log, exec, attach and portforward: what the API server passes on to the pod's kubelet. */
export function podStreamEndpoints(core: Core, dialer: KubeletDialer | undefined): OwnEndpoint[] {
  const streams = (['exec', 'attach', 'portforward'] as const).map((subresource): OwnEndpoint => ({
    group: '', version: 'v1', resource: 'pods', subresource, verbs: ['get', 'create'], handle: (request) => stream(core, dialer, request),
  }));
  return [{ group: '', version: 'v1', resource: 'pods', subresource: 'log', verbs: ['get'], handle: (request) => log(core, dialer, request) }, ...streams];
}

function podOf(core: Core, { info }: ServerRequest): Pod {
  const pods = storedResource(core, '', 'pods');
  const found = pods.storage.cache.get(`${info.namespace}/${info.name}`);
  if (found === undefined) throw notFoundError(pods.schema, info.name);
  return found.object as Pod;
}

/** The container that is meant: the one named, or the only one. Throws BadRequest. */
function containerOf({ metadata, spec }: Pod, named: string): string {
  const containers = spec?.containers ?? [];
  const all = [...(spec?.initContainers ?? []), ...containers, ...(spec?.ephemeralContainers ?? [])].map(({ name }) => name);
  if (named !== '') {
    if (!all.includes(named)) throw badRequestError(`container ${named} is not valid for pod ${metadata.name}`);
    return named;
  }
  if (containers.length === 1) return containers[0]!.name;
  if (containers.length === 0) throw badRequestError(`a container name must be specified for pod ${metadata.name}`);
  throw badRequestError(`a container name must be specified for pod ${metadata.name}, choose one of: [${all.join(' ')}]`);
}

/** Where a node's kubelet listens. Throws NotFound for a node that is gone, and 500 for one without an address. */
export function kubeletOf(core: Core, nodeName: string): KubeletTarget {
  const nodes = storedResource(core, '', 'nodes');
  const found = nodes.storage.cache.get(nodeName);
  if (found === undefined) throw notFoundError(nodes.schema, nodeName);
  const node = found.object as Node;
  const address = nodeAddress(node);
  if (address !== undefined) return { nodeName, address, port: kubeletPort(node) };
  const addresses = node.status?.addresses ?? [];
  throw internalError(new Error(`no preferred addresses found; known addresses: [${addresses.map(({ type, address }) => `{${type} ${address}}`).join(' ')}]`));
}

function reachable(dialer: KubeletDialer | undefined): KubeletDialer {
  if (dialer === undefined) throw new ApiError('ServiceUnavailable', 'not supported: this API server has no way to reach kubelets');
  return dialer;
}

async function log(core: Core, dialer: KubeletDialer | undefined, request: ServerRequest): Promise<Answer> {
  const { info, query } = request;
  const errors = logErrors(query);
  if (errors.length > 0) throw invalidError({ group: '', kind: 'PodLogOptions' }, info.name, errors);
  const pod = podOf(core, request);
  const container = containerOf(pod, query.get('container') ?? '');
  const nodeName = pod.spec?.nodeName ?? '';
  // A pod without a node has nothing to tell yet.
  if (nodeName === '') return { kind: 'raw', code: 200, contentType: 'text/plain', body: '' };
  const params = new URLSearchParams();
  for (const flag of ['follow', 'previous', 'timestamps']) if (queryFlag(query.get(flag))) params.set(flag, 'true');
  for (const key of ['sinceSeconds', 'sinceTime', 'tailLines', 'limitBytes', 'stream']) {
    const value = query.get(key);
    if (value !== null && value !== '') params.set(key, value);
  }
  const path = `/containerLogs/${encodeURIComponent(info.namespace)}/${encodeURIComponent(info.name)}/${encodeURIComponent(container)}${params.size > 0 ? `?${params}` : ''}`;
  const answer = await reachable(dialer).get(kubeletOf(core, nodeName), path, { signal: request.signal, insecure: queryFlag(query.get('insecureSkipTLSVerifyBackend')) });
  return answer.kind === 'raw' && answer.code >= 400 ? refuse(answer, info.name) : answer;
}

function logErrors(query: URLSearchParams): FieldError[] {
  const errors: FieldError[] = [];
  const number = (name: string, least: number, detail: string): void => {
    const text = query.get(name);
    if (text === null || text === '') return;
    if (!/^-?\d+$/.test(text)) throw badRequestError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    if (Number(text) < least) errors.push(invalid(name, Number(text), detail));
  };
  number('tailLines', 0, 'must be greater than or equal to 0');
  number('limitBytes', 1, 'must be greater than 0');
  if ((query.get('sinceSeconds') ?? '') !== '' && (query.get('sinceTime') ?? '') !== '') errors.push(forbidden('', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  else number('sinceSeconds', 1, 'must be greater than 0');
  return errors;
}

/** What the kubelet refuses is refused in its words. */
async function refuse(answer: Extract<ApiResponse, { kind: 'raw' }>, name: string): Promise<never> {
  let text = '';
  const { body } = answer;
  const decoder = new TextDecoder();
  if (typeof body === 'string') text = body;
  else if (body instanceof Uint8Array) text = decoder.decode(body);
  else {
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > 50_000) break;
    }
  }
  text = text.trim();
  if (answer.code === 500) throw internalError(new Error(text));
  if (answer.code === 400) throw badRequestError(text);
  if (answer.code === 404) throw new ApiError('NotFound', `the server could not find the requested resource ( pods ${name}): ${text}`, { details: { name, kind: 'pods' } });
  throw new ApiError('', text === '' ? 'unknown' : text, { code: answer.code });
}

/** A WebSocket is opened by GET, and yet what comes of it is more than reading: who may not create streams may not have one. */
async function mayConnect(core: Core, { info, user }: ServerRequest): Promise<void> {
  const { verdict, reason, error } = await core.authorize(attributesOf({ ...info, verb: 'create' }, user));
  if (verdict === 'allow') return;
  throw error === undefined ? forbiddenError({ group: info.apiGroup, resource: info.resource }, info.name, reason) : internalError(new Error(error));
}

async function stream(core: Core, dialer: KubeletDialer | undefined, request: ServerRequest): Promise<Answer> {
  const { info, query } = request;
  const options = streamOptions(info.subresource, query);
  await admitConnect(core, request, options);
  if (info.verb !== 'create') await mayConnect(core, request);
  const pod = podOf(core, request);
  const path = options.kind === 'PodPortForwardOptions' ? portForwardPath(info, options) : sessionPath(info, options, containerOf(pod, options.container ?? ''));
  const nodeName = pod.spec?.nodeName ?? '';
  if (nodeName === '') throw badRequestError(`pod ${info.name} does not have a host assigned`);
  const target = kubeletOf(core, nodeName);
  if (request.upgrade === undefined) throw badRequestError('Upgrade request required');
  await reachable(dialer).upgrade(target, path, request.upgrade);
  return { kind: 'hijacked' };
}

function sessionPath(info: ServerRequest['info'], options: SessionOptions, container: string): string {
  const params = new URLSearchParams();
  for (const command of options.command ?? []) params.append('command', command);
  for (const [from, to] of [['stdin', 'input'], ['stdout', 'output'], ['stderr', 'error'], ['tty', 'tty']] as const) if (options[from] === true) params.set(to, '1');
  return `/${info.subresource}/${encodeURIComponent(info.namespace)}/${encodeURIComponent(info.name)}/${encodeURIComponent(container)}?${params}`;
}

function portForwardPath(info: ServerRequest['info'], { ports = [] }: PortForwardOptions): string {
  const params = ports.length > 0 ? `?${new URLSearchParams({ port: ports.join(',') })}` : '';
  return `/portForward/${encodeURIComponent(info.namespace)}/${encodeURIComponent(info.name)}${params}`;
}
