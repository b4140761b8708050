/** What follows from the type of a Service: which of its fields have a meaning. */
import type { Service, ServiceSpec } from '../../types/core/v1.ts';

export const specOf = (service: Service): ServiceSpec => service.spec ?? {};

/** One cluster IP, and it says None. */
export function isHeadless({ clusterIPs = [] }: ServiceSpec): boolean {
  return clusterIPs.length === 1 && clusterIPs[0] === 'None';
}

export const needsClusterIp = ({ type }: ServiceSpec): boolean => type === 'ClusterIP' || type === 'NodePort' || type === 'LoadBalancer';

/** May its ports have node ports? */
export const mayHaveNodePorts = ({ type }: ServiceSpec): boolean => type === 'NodePort' || type === 'LoadBalancer';

/** Node ports are given to NodePort Services, and to LoadBalancer ones that did not opt out; those may still ask for some by number. */
export function needsNodePort({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean {
  return type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false);
}

export const isExternallyAccessible = ({ type, externalIPs = [] }: ServiceSpec): boolean => type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && externalIPs.length > 0);

/** A load balancer asks nodes for their health only where traffic must stay on the node. */
export const needsHealthCheck = ({ type, externalTrafficPolicy }: ServiceSpec): boolean => type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
