import type { KubeObject } from '../api/meta/object.ts';
import { endpointslices, ingresses, services } from '../api/resources.ts';
import { isReason } from '../api/status.ts';
import type { Service } from '../api/types/core/v1.ts';
import type { EndpointSlice } from '../api/types/discovery/v1.ts';
import type { PolicyRule } from '../api/types/rbac/v1.ts';
import type { Client } from '../client/client.ts';
import { createInformer } from '../client/informer/informer.ts';
import { addressTypeOf } from './addresses.ts';
import { access } from './cloud.ts';
import type { NodesOptions } from './start-options.ts';

const account = 'ingress-controller';
/** The Service by which the proxy is reached. */
const published = { namespace: 'kube-system', name: 'ingress' };

const reads = (apiGroups: string[], resources: string[]): PolicyRule => ({ apiGroups, resources, verbs: ['list', 'watch'] });
/** What the ingress controller may do. */
export const ingressAccess: readonly KubeObject[] = access(`coxswain:${account}`, account, [
  reads(['networking.k8s.io'], ['ingresses', 'ingressclasses']), reads([''], ['services', 'secrets']), reads(['discovery.k8s.io'], ['endpointslices']),
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses/status'], verbs: ['patch'] },
  { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
]);

/** Ingresses without a class are of this one; whoever installs another controller takes the mark away, or gives that its own. */
const ingressClass: KubeObject = {
  apiVersion: 'networking.k8s.io/v1', kind: 'IngressClass',
  metadata: { name: 'coxswain', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } },
  spec: { controller: 'coxswain.io/ingress-controller' },
} as KubeObject;

/**
 * Serves Ingresses on the address of the pods' bridge, to which a Service of type LoadBalancer leads. Nothing of it is loaded, and
 * no address is taken, before there is an Ingress.
 */
export async function startIngress(options: NodesOptions, gateway: string): Promise<AsyncDisposable> {
  const { controlPlane: { server, clients }, clock, random, logger, nodeName } = options;
  await server.ensure([...ingressAccess, ingressClass]);
  const client = clients.serviceAccount(account);
  const undo = new AsyncDisposableStack();
  const stop = new AbortController();
  undo.defer(() => stop.abort(new Error('the ingress controller was stopped')));
  const watching = new AbortController();
  stop.signal.addEventListener('abort', () => watching.abort(stop.signal.reason), { once: true });
  const start = async (): Promise<void> => {
    const { IngressController } = await import('../ingress/controller.ts');
    const controller = await IngressController.start({ client, clock, random, logger, published });
    if (stop.signal.aborted) return controller[Symbol.asyncDispose]();
    undo.use(controller);
    const ports = { http: await controller.proxy.listen('http', gateway, 0), https: await controller.proxy.listen('https', gateway, 0) };
    await publish(clients.administrator(), { gateway, nodeName, ports });
  };
  const informer = createInformer(client, ingresses, { clock, random, logger });
  informer.addHandler({ add() {
    if (watching.signal.aborted) return;
    watching.abort(new Error('there is an Ingress'));
    start().catch((error: unknown) => { if (!stop.signal.aborted) logger.error('Ingresses are not served', { error }); });
  } });
  informer.start(watching.signal);
  informer.synced().catch(() => {});
  return undo;
}

/** Policy Local: the client's own address reaches the proxy, and the address is announced by the node that the proxy is on. */
async function publish(client: Client, { gateway, nodeName, ports }: { readonly gateway: string; readonly nodeName: string; readonly ports: { readonly http: number; readonly https: number } }): Promise<void> {
  const labels = { 'app.kubernetes.io/name': 'ingress', 'app.kubernetes.io/part-of': 'coxswain' };
  const service: Service = {
    apiVersion: 'v1', kind: 'Service', metadata: { ...published, labels },
    spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports: [{ name: 'http', port: 80, protocol: 'TCP' }, { name: 'https', port: 443, protocol: 'TCP' }] },
  };
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: addressTypeOf(gateway),
    metadata: { ...published, labels: { ...labels, 'kubernetes.io/service-name': published.name, 'endpointslice.kubernetes.io/managed-by': 'coxswain' } },
    endpoints: [{ addresses: [gateway], nodeName, conditions: { ready: true, serving: true, terminating: false } }],
    ports: [{ name: 'http', port: ports.http, protocol: 'TCP' }, { name: 'https', port: ports.https, protocol: 'TCP' }],
  };
  const unlessThere = (error: unknown): void => { if (!isReason(error, 'AlreadyExists')) throw error; };
  await client.create(services, service).catch(unlessThere);
  await client.create(endpointslices, slice).catch(async (error: unknown) => {
    unlessThere(error);
    await client.patch(endpointslices, published, { type: 'merge', value: { endpoints: slice.endpoints, ports: slice.ports } });
  });
}
