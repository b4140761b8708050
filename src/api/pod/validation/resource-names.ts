/** Which resources there are, and what may be done with them (upstream's core/helper). */
import { qualifiedName } from '../../meta/validation.ts';

const containerResources = new Set(['cpu', 'memory', 'ephemeral-storage']);
const standardResources = new Set([
  ...containerResources, 'requests.cpu', 'requests.memory', 'requests.ephemeral-storage', 'limits.cpu', 'limits.memory', 'limits.ephemeral-storage', 'pods', 'resourcequotas', 'services',
  'replicationcontrollers', 'secrets', 'configmaps', 'persistentvolumeclaims', 'storage', 'requests.storage', 'services.nodeports', 'services.loadbalancers',
]);
const countedResources = new Set(['pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'configmaps', 'persistentvolumeclaims', 'services.nodeports', 'services.loadbalancers']);

export const isHugePageResource = (name: string): boolean => name.startsWith('hugepages-');

/** What a container may ask for without a domain before the name. */
export const isStandardContainerResource = (name: string): boolean => containerResources.has(name) || isHugePageResource(name);
export const isStandardResource = (name: string): boolean => standardResources.has(name) || isHugePageResource(name) || name.startsWith('requests.hugepages-');

/** Kubernetes' own: without a domain, or in kubernetes.io. */
export const isNativeResource = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');

/** `example.com/gpu`. */
export function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith('requests.')) return false;
  return qualifiedName(`requests.${name}`).length === 0;
}

/** May a container be promised less than it may use? */
export const isOvercommitAllowed = (name: string): boolean => isNativeResource(name) && !isHugePageResource(name);

/** Counted in whole numbers. */
export const isIntegerResource = (name: string): boolean => countedResources.has(name) || isExtendedResource(name);

/** What a pod as a whole may ask for. */
export const isPodLevelResource = (name: string): boolean => name === 'cpu' || name === 'memory' || isHugePageResource(name);
export const podLevelResources = ['cpu', 'memory'];
