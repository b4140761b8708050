import { semanticEqual } from '../../api/meta/equal.ts';
import { isLeaving } from '../../api/node/leaving.ts';
import type { Node, Service, ServicePort } from '../../api/types/core/v1.ts';

/** Keeps a Service until what the cloud made for it is gone. */
export const cleanupFinalizer = 'service.kubernetes.io/load-balancer-cleanup';
const excludeLabel = 'node.kubernetes.io/exclude-from-external-load-balancers';

/** A Service of a class of its own is another controller's. */
export const wantsLoadBalancer = ({ spec }: Service): boolean => spec?.type === 'LoadBalancer' && spec.loadBalancerClass === undefined;

const hasFinalizer = ({ metadata }: Service): boolean => metadata.finalizers?.includes(cleanupFinalizer) === true;

/** It has been given a load balancer that it does not want any more. */
export const needsCleanup = (service: Service): boolean => hasFinalizer(service) && (service.metadata.deletionTimestamp !== undefined || service.spec?.type !== 'LoadBalancer');

const balanced = ({ name, protocol, port, nodePort, targetPort, appProtocol }: ServicePort): unknown[] => [name, protocol, port, nodePort, targetPort, appProtocol];

/** What of a Service a load balancer is made of. */
function balancedPart({ metadata, spec = {} }: Service): unknown[] {
  return [
    metadata.uid, metadata.annotations, spec.loadBalancerSourceRanges, (spec.ports ?? []).map(balanced), spec.sessionAffinity, spec.sessionAffinityConfig,
    spec.loadBalancerIP, spec.externalIPs, spec.externalTrafficPolicy, spec.healthCheckNodePort, spec.ipFamilies?.length,
  ];
}

/** Whether a change of a Service changes its load balancer. */
export function needsUpdate(old: Service, service: Service): boolean {
  if (wantsLoadBalancer(old) !== wantsLoadBalancer(service)) return true;
  return wantsLoadBalancer(service) && !semanticEqual(balancedPart(old), balancedPart(service));
}

/** Go's strconv.ParseBool. What it does not read excludes the node. */
const saysFalse = (value: string): boolean => ['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value);

/** Not excluded from load balancers by its label. */
export function isIncluded({ metadata }: Node): boolean {
  const value = metadata.labels?.[excludeLabel];
  return value === undefined || saysFalse(value);
}

/** May be behind load balancers. Whether it is ready does not count: load balancers look after that by themselves. */
export const isBalanced = (node: Node): boolean => isIncluded(node) && !isLeaving(node);
