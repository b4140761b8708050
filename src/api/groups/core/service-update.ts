/**
 * What an update of a Service carries over from the old one and what it lets go: values that the API server had
 * allocated come back when the client left them out, and leave when the Service's new type has no use for them.
 */
import { semanticEqual } from '../../meta/equal.ts';
import type { Service, ServicePort, ServiceSpec } from '../../types/core/v1.ts';
import { isExternallyAccessible, needsClusterIp, needsHealthCheck, needsNodePort, specOf } from './service-kind.ts';

const nodePortsOf = (spec: ServiceSpec): number[] => (spec.ports ?? []).map(({ nodePort = 0 }) => nodePort);

/** Drops what only the old type used, unless the client changed it too: then validation shall speak. */
function dropTypeDependentFields(spec: ServiceSpec, old: ServiceSpec): void {
  if (needsClusterIp(old) && !needsClusterIp(spec)) {
    if (spec.clusterIP === old.clusterIP && semanticEqual(spec.clusterIPs, old.clusterIPs)) {
      delete spec.clusterIP;
      delete spec.clusterIPs;
    }
    if (semanticEqual(spec.ipFamilies, old.ipFamilies)) delete spec.ipFamilies;
    if (spec.ipFamilyPolicy === old.ipFamilyPolicy) delete spec.ipFamilyPolicy;
  }
  if (needsNodePort(old) && !needsNodePort(spec) && semanticEqual(nodePortsOf(spec), nodePortsOf(old))) for (const port of spec.ports ?? []) delete port.nodePort;
  if (needsHealthCheck(old) && !needsHealthCheck(spec) && spec.healthCheckNodePort === old.healthCheckNodePort) delete spec.healthCheckNodePort;
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (spec.allocateLoadBalancerNodePorts === old.allocateLoadBalancerNodePorts) delete spec.allocateLoadBalancerNodePorts;
    if (spec.loadBalancerClass === old.loadBalancerClass) delete spec.loadBalancerClass;
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(spec) && spec.externalTrafficPolicy === old.externalTrafficPolicy) delete spec.externalTrafficPolicy;
}

const portIdentity = ({ protocol = 'TCP', port }: ServicePort): string => `${protocol} ${port}`;

/** Fills in allocated values that the client left out. */
function patchAllocatedValues(spec: ServiceSpec, old: ServiceSpec): void {
  if (needsClusterIp(old) && needsClusterIp(spec)) {
    if ((spec.clusterIP ?? '') === '' && old.clusterIP !== undefined) spec.clusterIP = old.clusterIP;
    if ((spec.clusterIPs ?? []).length === 0 && spec.clusterIP === old.clusterIP && old.clusterIPs !== undefined) spec.clusterIPs = [...old.clusterIPs];
    if ((spec.ipFamilies ?? []).length === 0 && old.ipFamilies !== undefined) spec.ipFamilies = [...old.ipFamilies];
    if (spec.ipFamilyPolicy === undefined && old.ipFamilyPolicy !== undefined) spec.ipFamilyPolicy = old.ipFamilyPolicy;
  }
  if (needsNodePort(old) && needsNodePort(spec)) {
    const used = new Set(nodePortsOf(spec));
    const before = new Map((old.ports ?? []).map((port) => [portIdentity(port), port.nodePort ?? 0]));
    for (const port of spec.ports ?? []) {
      const nodePort = before.get(portIdentity(port)) ?? 0;
      if ((port.nodePort ?? 0) === 0 && nodePort !== 0 && !used.has(nodePort)) {
        port.nodePort = nodePort;
        used.add(nodePort);
      }
    }
  }
  if (needsHealthCheck(old) && needsHealthCheck(spec) && (spec.healthCheckNodePort ?? 0) === 0 && old.healthCheckNodePort !== undefined) spec.healthCheckNodePort = old.healthCheckNodePort;
}

/** Keeps clusterIP and the first of clusterIPs the same when the client managed only one of the two. */
export function normalizeClusterIps(spec: ServiceSpec, old: ServiceSpec | undefined): void {
  const single = spec.clusterIP ?? '';
  if (old === undefined) {
    if (single !== '' && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [single];
    return;
  }
  const listSame = semanticEqual(spec.clusterIPs, old.clusterIPs);
  if (single !== (old.clusterIP ?? '')) {
    if (single === '') {
      if (listSame) delete spec.clusterIPs;
    } else if ((old.clusterIP ?? '') === '' && (spec.clusterIPs ?? []).length === 0) {
      spec.clusterIPs = [single];
    } else if (listSame) {
      spec.clusterIPs = [single, ...(spec.clusterIPs ?? []).slice(1)];
    }
  } else if (!listSame && (spec.clusterIPs ?? []).length === 0) {
    delete spec.clusterIP;
  }
}

/** Setting the policy to SingleStack is enough to let the secondary address and family go. */
function trimDualStackDowngrade(spec: ServiceSpec, old: ServiceSpec): void {
  const wasDual = old.ipFamilyPolicy === 'PreferDualStack' || old.ipFamilyPolicy === 'RequireDualStack';
  if (!wasDual || spec.ipFamilyPolicy !== 'SingleStack') return;
  if (spec.clusterIPs?.length === 2 && semanticEqual(spec.clusterIPs, old.clusterIPs)) spec.clusterIPs = spec.clusterIPs.slice(0, 1);
  if (spec.ipFamilies?.length === 2 && semanticEqual(spec.ipFamilies, old.ipFamilies)) spec.ipFamilies = spec.ipFamilies.slice(0, 1);
}

/** Prepares a Service for update, in place. */
export function prepareServiceUpdate(service: Service, old: Service): void {
  const spec = specOf(service);
  service.spec = spec;
  const before = specOf(old);
  dropTypeDependentFields(spec, before);
  patchAllocatedValues(spec, before);
  normalizeClusterIps(spec, before);
  trimDualStackDowngrade(spec, before);
  // Its load balancer is taken away later; nobody need see that.
  if (spec.type !== 'LoadBalancer') service.status = { ...service.status, loadBalancer: {} };
}
