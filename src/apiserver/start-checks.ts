import type { HealthCheck } from './health-check.ts';

/** Parts that a server may do without. */
export interface StartedParts {
  readonly flowControl: boolean;
  readonly roles: boolean;
  readonly aggregation: boolean;
}

const always = ['start-apiserver-admission-initializer', 'generic-apiserver-start-informers'];
const flowControl = ['priority-and-fairness-config-consumer', 'priority-and-fairness-filter'];
const served = [
  'storage-object-count-tracker-hook', 'start-apiextensions-informers', 'start-apiextensions-controllers', 'crd-informer-synced', 'start-system-namespaces-controller',
  'start-cluster-authentication-info-controller', 'start-legacy-token-tracking-controller', 'start-service-ip-repair-controllers',
];
const roles = ['rbac/bootstrap-roles'];
const bootstrapped = ['scheduling/bootstrap-system-priority-classes', 'bootstrap-controller', 'start-kubernetes-service-cidr-controller', 'storage-readiness'];
const aggregation = [
  'aggregator-reload-proxy-client-cert', 'start-kube-aggregator-informers', 'apiservice-status-local-available-controller', 'apiservice-status-remote-available-controller',
  'apiservice-registration-controller', 'apiservice-discovery-controller', 'kube-apiserver-autoregistration', 'apiservice-openapi-controller', 'apiservice-openapiv3-controller',
];

/**
 * What upstream calls post-start hooks, under its names and in its order, of the parts that this server has: none is
 * healthy until the server has started, which brings up all of them before it resolves.
 */
export function startChecks(parts: StartedParts, isStarted: () => boolean): HealthCheck[] {
  const check = (): void => {
    if (!isStarted()) throw new Error('not finished');
  };
  const names = [...always, ...(parts.flowControl ? flowControl : []), ...served, ...(parts.roles ? roles : []), ...bootstrapped, ...(parts.aggregation ? aggregation : [])];
  return names.map((name) => ({ name: `poststarthook/${name}`, check }));
}
