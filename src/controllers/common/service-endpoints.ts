import { semanticEqual } from '../../api/meta/equal.ts';
import { selectorFromLabels } from '../../api/meta/labels.ts';
import { keyOf, namespaceOf } from '../../api/meta/object.ts';
import type { Pod, Service, ServicePort } from '../../api/types/core/v1.ts';
import type { Informer } from '../../client/informer/informer.ts';
import { isReady, isTerminal } from './pods.ts';

export const lastChangeTriggerTimeAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';
export const headlessLabel = 'service.kubernetes.io/headless';

/** Does the controller make endpoints for this service? Not without a selector, and not for an external name. */
export function hasSelector(service: Service): boolean {
  return service.spec?.selector !== undefined && service.spec.type !== 'ExternalName';
}

export const isHeadless = (service: Service): boolean => service.spec?.clusterIP === 'None';

/** The pod's address of this family; undefined when it has none yet. */
export function podAddress(pod: Pod, family: 'IPv4' | 'IPv6'): string | undefined {
  const addresses = pod.status?.podIPs?.map(({ ip }) => ip) ?? (pod.status?.podIP === undefined ? [] : [pod.status.podIP]);
  return addresses.find((ip) => ip.includes(':') === (family === 'IPv6'));
}

/** Pods that can be endpoints: with an address, not finished, and (unless asked for) not being deleted. */
export function canBeEndpoint(pod: Pod, options: { readonly includeTerminating: boolean }): boolean {
  if (isTerminal(pod)) return false;
  if ((pod.status?.podIP ?? '') === '' && (pod.status?.podIPs ?? []).length === 0) return false;
  return options.includeTerminating || pod.metadata.deletionTimestamp === undefined;
}

/** The name under which DNS knows the pod inside the service, if it has one. */
export function hostnameFor(pod: Pod, service: Service): string | undefined {
  const { hostname, subdomain } = pod.spec ?? {};
  return hostname !== undefined && hostname !== '' && subdomain === service.metadata.name && namespaceOf(pod) === namespaceOf(service) ? hostname : undefined;
}

/** The number that a service's target port has in this pod; undefined when the pod has no port of that name. */
export function findPort(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target === 0 ? port.port : target;
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')];
  for (const container of containers) {
    const found = container.ports?.find(({ name, protocol }) => name === target && (protocol ?? 'TCP') === (port.protocol ?? 'TCP'));
    if (found !== undefined) return found.containerPort;
  }
  return undefined;
}

const selectingIndex = 'selecting';

/** The keys of those services that select the pod. */
function keysSelecting(pod: Pod, services: readonly Service[]): string[] {
  return services.filter((service) => selectorFromLabels(service.spec?.selector).matches(pod.metadata.labels)).map(keyOf);
}

/** Does a change of the pod change what endpoints say of it? */
export function endpointChanged(old: Pod, pod: Pod): boolean {
  return isReady(old) !== isReady(pod)
    || old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp
    || old.status?.phase !== pod.status?.phase
    || old.spec?.nodeName !== pod.spec?.nodeName
    || !semanticEqual(old.status?.podIPs ?? old.status?.podIP, pod.status?.podIPs ?? pod.status?.podIP)
    || old.spec?.hostname !== pod.spec?.hostname
    || old.spec?.subdomain !== pod.spec?.subdomain
    || !semanticEqual(old.metadata.labels, pod.metadata.labels);
}

/** Puts the services that a change of pods concerns on a queue. */
export function watchPodsForServices(pods: Informer<Pod>, services: Informer<Service>, enqueue: (key: string) => void): void {
  services.addIndex(selectingIndex, (service) => (service.spec?.selector === undefined ? [] : [namespaceOf(service)]));
  /** Services that might select the pod. In many namespaces there are none. */
  const around = (pod: Pod): readonly Service[] => services.lister.byIndex(selectingIndex, namespaceOf(pod));
  const enqueueAll = (pod: Pod): void => { for (const key of keysSelecting(pod, around(pod))) enqueue(key); };
  pods.addHandler({
    add: enqueueAll,
    update: (old, pod) => {
      if (around(pod).length === 0 || !endpointChanged(old, pod)) return;
      enqueueAll(pod);
      if (!semanticEqual(old.metadata.labels, pod.metadata.labels)) enqueueAll(old);
    },
    delete: enqueueAll,
  });
}
