/**
 * What an update of a Service carries over from the old one and what it lets go: values that the API server had
 * allocated come back when the client left them out, and leave when the Service's new type has no use for them.
 */
import { semanticEqual } from '../../meta/equal.ts';
import type { Service, ServiceSpec } from '../../types/core/v1.ts';
import { isExternallyAccessible, mayHaveNodePorts, needsClusterIp, needsHealthCheck, needsNodePort, specOf } from './service-kind.ts';

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
  if (mayHaveNodePorts(old) && !mayHaveNodePorts(spec) && semanticEqual(nodePortsOf(spec), nodePortsOf(old))) for (const port of spec.ports ?? []) delete port.nodePort;
  if (needsHealthCheck(old) && !needsHealthCheck(spec) && spec.healthCheckNodePort === old.healthCheckNodePort) delete spec.healthCheckNodePort;
  if (old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (spec.allocateLoadBalancerNodePorts === old.allocateLoadBalancerNodePorts) delete spec.allocateLoadBalancerNodePorts;
    if (spec.loadBalancerClass === old.loadBalancerClass) delete spec.loadBalancerClass;
  }
  if (isExternallyAccessible(old) && !isExternallyAccessible(spec) && spec.externalTrafficPolicy === old.externalTrafficPolicy) delete spec.externalTrafficPolicy;
}

/** Fills in allocated values that the client left out. */
function patchAllocatedValues(spec: ServiceSpec, old: ServiceSpec): void {
  if (needsClusterIp(old) && needsClusterIp(spec)) {
    if ((spec.clusterIP ?? '') === '' && old.clusterIP !== undefined) spec.clusterIP = old.clusterIP;
    if ((spec.clusterIPs ?? []).length === 0 && spec.clusterIP === old.clusterIP && old.clusterIPs !== undefined) spec.clusterIPs = [...old.clusterIPs];
    if ((spec.ipFamilies ?? []).length === 0 && old.ipFamilies !== undefined) spec.ipFamilies = [...old.ipFamilies];
    if (spec.ipFamilyPolicy === undefined && old.ipFamilyPolicy !== undefined) spec.ipFamilyPolicy = old.ipFamilyPolicy;
  }
  if (needsNodePort(old) && needsNodePort(spec)) {
    const asked = new Set(nodePortsOf(spec));
    // By name: whatever else of a port has changed, it is the same one.
    const before = new Map((old.ports ?? []).map(({ name = '', nodePort = 0 }) => [name, nodePort]));
    for (const port of spec.ports ?? []) {
      const nodePort = before.get(port.name ?? '') ?? 0;
      if ((port.nodePort ?? 0) === 0 && nodePort !== 0 && !asked.has(nodePort)) port.nodePort = nodePort;
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

/** Takes away what says nothing: an empty selector is none, and nothing inside the cluster is sent to an external name. */
export function dropUnused(spec: ServiceSpec): void {
  if (spec.selector !== undefined && Object.keys(spec.selector).length === 0) delete spec.selector;
  if (spec.type === 'ExternalName') delete spec.internalTrafficPolicy;
}

/** Prepares a Service for update, in place. */
export function prepareServiceUpdate(service: Service, old: Service): void {
  const spec = specOf(service);
  service.spec = spec;
  const before = specOf(old);
  dropUnused(spec);
  dropTypeDependentFields(spec, before);
  patchAllocatedValues(spec, before);
  normalizeClusterIps(spec, before);
  trimDualStackDowngrade(spec, before);
  // Its load balancer is taken away later; nobody need see that.
  if (spec.type !== 'LoadBalancer') service.status = { ...service.status, loadBalancer: {} };
}
