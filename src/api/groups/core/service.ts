import type { FieldError } from '../../field-error.ts';
import { forbidden, invalid } from '../../field-error.ts';
import { warningsForIp } from '../../meta/ip.ts';
import { formatLabels } from '../../meta/labels.ts';
import type { Loose } from '../../meta/loose.ts';
import { services } from '../../resources.ts';
import type { Service, ServicePort } from '../../types/core/v1.ts';
import { ageColumn, column, nameColumn, orNone } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { keepField, statusRules } from '../strategy.ts';
import { validateClusterIpsChange, validateFamiliesChange } from './service-cluster-ips.ts';
import { isExternallyAccessible, isHeadless, needsHealthCheck, specOf } from './service-kind.ts';
import { dropUnused, normalizeClusterIps, prepareServiceUpdate } from './service-update.ts';
import { validateService, validateServiceStatus } from './service-validation.ts';

const defaultAffinitySeconds = 10_800;

function applyDefaults(service: Service): void {
  const spec = service.spec ?? {};
  service.spec = spec;
  spec.sessionAffinity ||= 'None';
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: defaultAffinitySeconds } };
  }
  spec.type ||= 'ClusterIP';
  for (const port of (spec.ports ?? []) as Loose<ServicePort>[]) {
    port.protocol ||= 'TCP';
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer' || spec.type === 'ClusterIP') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') {
    spec.allocateLoadBalancerNodePorts ??= true;
    for (const ingress of service.status?.loadBalancer?.ingress ?? []) if ((ingress.ip ?? '') !== '') ingress.ipMode ??= 'VIP';
  }
}

function validateUpdate(service: Service, old: Service): FieldError[] {
  const spec = specOf(service);
  const before = specOf(old);
  const errors = [...validateClusterIpsChange(spec, before), ...validateFamiliesChange(spec, before)];
  if (before.type === 'LoadBalancer' && spec.type === 'LoadBalancer' && before.loadBalancerClass !== spec.loadBalancerClass) {
    errors.push(invalid('spec.loadBalancerClass', spec.loadBalancerClass, 'may not change once set'));
  }
  if (needsHealthCheck(before) && needsHealthCheck(spec) && before.healthCheckNodePort !== spec.healthCheckNodePort) errors.push(forbidden('spec.healthCheckNodePort', 'field is immutable'));
  return [...errors, ...validateService(service, old)];
}

function warnings(service: Service): string[] {
  const spec = specOf(service);
  const found: string[] = [];
  const { loadBalancerIP = '', externalIPs = [], sessionAffinity = '', clusterIPs = [] } = spec;
  if (service.metadata.annotations?.['service.kubernetes.io/topology-aware-hints'] !== undefined) {
    found.push('annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead');
  }
  if (isHeadless(spec)) {
    if (loadBalancerIP !== '') found.push('spec.loadBalancerIP is ignored when spec.clusterIP is "None"');
    if (externalIPs.length > 0) found.push('spec.externalIPs is ignored when spec.clusterIP is "None"');
    if (sessionAffinity !== 'None') found.push('spec.SessionAffinity is ignored for headless services');
  } else {
    clusterIPs.forEach((ip, i) => found.push(...warningsForIp(`spec.clusterIPs[${i}]`, ip)));
  }
  externalIPs.forEach((ip, i) => found.push(...warningsForIp(`spec.externalIPs[${i}]`, ip)));
  if (loadBalancerIP !== '') found.push(...warningsForIp('spec.loadBalancerIP', loadBalancerIP));
  return found;
}

function externalIpOf(service: Service): string {
  const { type, externalIPs = [], externalName = '' } = specOf(service);
  if (type === 'ExternalName') return externalName;
  if (type !== 'LoadBalancer') return orNone(externalIPs.join(','));
  const ingress = (service.status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').filter((address) => address !== '');
  return [...new Set(ingress)].sort().concat(externalIPs).join(',') || '<pending>';
}

const portsOf = (service: Service): string => orNone((specOf(service).ports ?? [])
  .map(({ port, nodePort = 0, protocol = '' }) => (nodePort > 0 ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`)).join(','));

/**
 * Services. Cluster IPs, node ports and families are allocated by the API server, after the prepare functions and
 * before validation.
 */
export const serviceDefinition: ResourceDefinition<Service> = {
  type: services,
  // RelaxedServiceNameValidation, on since v1.36: a name may begin with a digit.
  nameRule: 'dns-1123-label',
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: true,
  applyDefaults,
  prepareForCreate(service) {
    service.status = { loadBalancer: {} };
    dropUnused(specOf(service));
    normalizeClusterIps(specOf(service), undefined);
  },
  validate: (service) => validateService(service),
  update: {
    prepareForUpdate(service, old) {
      keepField(service, old, 'status');
      prepareServiceUpdate(service, old);
    },
    validateUpdate,
  },
  subresources: { status: statusRules<Service>(validateServiceStatus) },
  warnings,
  columns: [
    nameColumn,
    column('Type', (service) => specOf(service).type ?? ''),
    column('Cluster-IP', (service) => orNone(specOf(service).clusterIPs?.[0])),
    column('External-IP', externalIpOf),
    column('Port(s)', portsOf),
    ageColumn,
    column('Selector', (service) => formatLabels(specOf(service).selector), { wide: true }),
  ],
  selectableFields: (service) => ({ 'spec.clusterIP': specOf(service).clusterIP ?? '', 'spec.type': specOf(service).type ?? '' }),
};
