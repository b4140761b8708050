/** Which address stands behind a pod, a service or a node that is proxied to: upstream's ResourceLocation. */
import type { KubeObject } from '../../../api/meta/object.ts';
import { ApiError, badRequestError, notFoundError } from '../../../api/status.ts';
import type { Node, Pod, Service } from '../../../api/types/core/v1.ts';
import type { EndpointSlice } from '../../../api/types/discovery/v1.ts';
import type { Core } from '../../core.ts';
import { storedResource } from '../own-endpoint.ts';
import { kubeletPort, nodeAddress } from '../pod-streams.ts';
import type { Backend } from './forwarder.ts';
import type { TargetName } from './target-name.ts';
import { parseTargetName } from './target-name.ts';

const serviceNameLabel = 'kubernetes.io/service-name';

function found<T extends KubeObject>(core: Core, resource: string, namespace: string, name: string): T {
  const stored = storedResource(core, '', resource);
  const object = stored.storage.cache.get(namespace === '' ? name : `${namespace}/${name}`);
  if (object === undefined) throw notFoundError(stored.schema, name);
  return object.object as T;
}

function targetOf(kind: string, id: string): TargetName {
  const target = parseTargetName(id);
  if (target === undefined) throw badRequestError(`invalid ${kind} request ${JSON.stringify(id)}`);
  return target;
}

const defaultPort = (scheme: Backend['scheme']): number => (scheme === 'https' ? 443 : 80);

function portNumber(text: string, kind: string, id: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw badRequestError(`invalid ${kind} request ${JSON.stringify(id)}`);
  return port;
}

/**
 * Addresses that lead back into the API server's own machine or its cloud are never proxied to: whoever can write a
 * pod's status must not gain what only the API server can reach. Throws BadRequest.
 */
function proxyable(address: string): string {
  const lower = address.toLowerCase();
  const forbidden = /^(127\.|0\.|169\.254\.|22[4-9]\.|23\d\.)/.test(lower) || lower === '255.255.255.255' || lower === '::1' || lower === '::' || /^fe[89ab]/.test(lower) || lower.startsWith('ff') || /^::ffff:(127\.|169\.254\.|0\.)/.test(lower);
  if (forbidden || address === '') throw badRequestError('address not allowed');
  return address;
}

/** The pod's own address, at the port asked for, or at its first declared one. */
export function podBackend(core: Core, namespace: string, id: string): Backend {
  const target = targetOf('pod', id);
  const pod = found<Pod>(core, 'pods', namespace, target.name);
  const scheme = target.scheme === '' ? 'http' : target.scheme;
  const host = proxyable(pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? '');
  if (target.port !== '') return { scheme, host, port: portNumber(target.port, 'pod', id) };
  const declared = pod.spec?.containers.find(({ ports = [] }) => ports.length > 0)?.ports?.[0]?.containerPort;
  return { scheme, host, port: declared ?? defaultPort(scheme) };
}

/** One of the service's ready endpoints that are pods, chosen at random. */
export function serviceBackend(core: Core, namespace: string, id: string): Backend {
  const target = targetOf('service', id);
  const service = found<Service>(core, 'services', namespace, target.name);
  const name = portNameOf(service, target);
  const choices: Backend[] = [];
  storedResource(core, 'discovery.k8s.io', 'endpointslices').storage.cache.scan(`${namespace}/`, undefined, (entry) => {
    if (entry.labels[serviceNameLabel] !== target.name) return true;
    const slice = entry.object as EndpointSlice;
    const port = slice.ports?.find((one) => (one.name ?? '') === name)?.port;
    if (port === undefined) return true;
    for (const { addresses, conditions, targetRef } of slice.endpoints ?? []) {
      if (conditions?.ready === false || targetRef?.kind !== 'Pod') continue;
      for (const host of addresses) choices.push({ scheme: target.scheme === '' ? 'http' : target.scheme, host, port });
    }
    return true;
  });
  const chosen = choices[Math.floor(core.random.float() * choices.length)];
  if (chosen === undefined) throw new ApiError('ServiceUnavailable', `no endpoints available for service ${JSON.stringify(id)}`);
  return { ...chosen, host: proxyable(chosen.host) };
}

/** A port may be asked for by its number in the service, too. */
function portNameOf(service: Service, { port, name }: TargetName): string {
  if (!/^\d+$/.test(port)) return port;
  const declared = service.spec?.ports?.find((one) => one.port === Number(port));
  if (declared === undefined) throw new ApiError('ServiceUnavailable', `no service port ${Number(port)} found for service ${JSON.stringify(name)}`);
  return declared.name ?? '';
}

/** A node that is proxied to: its kubelet, or another port of its machine. */
export type NodeBackend = { readonly kubelet: true; readonly nodeName: string } | { readonly kubelet: false; readonly backend: Backend };

/** The kubelet is meant when no port is asked for, or the kubelet's own. */
export function nodeBackend(core: Core, id: string): NodeBackend {
  const target = targetOf('node', id);
  const node = found<Node>(core, 'nodes', '', target.name);
  if (target.port === '' || Number(target.port) === kubeletPort(node)) return { kubelet: true, nodeName: target.name };
  return { kubelet: false, backend: { scheme: target.scheme === '' ? 'http' : target.scheme, host: proxyable(nodeAddress(node) ?? ''), port: portNumber(target.port, 'node', id) } };
}
