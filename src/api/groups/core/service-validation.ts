import type { FieldError } from '../../field-error.ts';
import { duplicate, forbidden, invalid, notSupported, required } from '../../field-error.ts';
import { validateCidr, validateIp, validateNonSpecialIp } from '../../meta/ip.ts';
import type { Loose } from '../../meta/loose.ts';
import { validateLabels } from '../../meta/object-meta.ts';
import { dns1123Label, dns1123Subdomain, portName, portNumber, qualifiedName } from '../../meta/validation.ts';
import type { Service, ServicePort, ServiceSpec, SessionAffinityConfig } from '../../types/core/v1.ts';
import { portProtocols } from './endpoints.ts';
import { validateClusterIps } from './service-cluster-ips.ts';
import { isExternallyAccessible, isHeadless, needsHealthCheck, specOf } from './service-kind.ts';

const serviceTypes = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const trafficPolicies = ['Cluster', 'Local'];
const trafficDistributions = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
const maxAffinitySeconds = 86_400;
const sourceRangesKey = 'service.beta.kubernetes.io/load-balancer-source-ranges';
const topologyHintsKey = 'service.kubernetes.io/topology-aware-hints';
const topologyModeKey = 'service.kubernetes.io/topology-mode';

function validatePort(sp: Loose<ServicePort>, path: string, names: Set<string>, nameRequired: boolean): FieldError[] {
  const { name = '', port = 0, protocol = '', targetPort = 0, appProtocol } = sp;
  const errors: FieldError[] = [];
  if (name !== '') {
    for (const message of dns1123Label(name)) errors.push(invalid(`${path}.name`, name, message));
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name));
    names.add(name);
  } else if (nameRequired) {
    errors.push(required(`${path}.name`));
  }
  for (const message of portNumber(port)) errors.push(invalid(`${path}.port`, port, message));
  if (protocol === '') errors.push(required(`${path}.protocol`));
  else if (!portProtocols.includes(protocol)) errors.push(notSupported(`${path}.protocol`, protocol, portProtocols));
  const wrong = typeof targetPort === 'number' ? portNumber(targetPort) : portName(targetPort);
  for (const message of wrong) errors.push(invalid(`${path}.targetPort`, targetPort, message));
  if (appProtocol !== undefined) for (const message of qualifiedName(appProtocol)) errors.push(invalid(`${path}.appProtocol`, appProtocol, message));
  return errors;
}

function validatePorts(spec: ServiceSpec): FieldError[] {
  const ports = spec.ports ?? [];
  const names = new Set<string>();
  return ports.flatMap((port, i) => validatePort(port, `spec.ports[${i}]`, names, ports.length > 1));
}

/** Node ports and ports are unique together with their protocol. */
function validateUniquePorts(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const nodePorts = new Set<string>();
  const ports = new Set<string>();
  (spec.ports ?? []).forEach(({ protocol = '', nodePort = 0 }, i) => {
    const identity = `${protocol} ${nodePort}`;
    if (nodePort === 0) return;
    if (nodePorts.has(identity)) errors.push(duplicate(`spec.ports[${i}].nodePort`, nodePort));
    nodePorts.add(identity);
  });
  (spec.ports ?? []).forEach(({ protocol = '', port }, i) => {
    const identity = `${protocol} ${port}`;
    // The value is upstream's internal type, whose fields have no JSON names.
    if (ports.has(identity)) errors.push(duplicate(`spec.ports[${i}]`, { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 }));
    ports.add(identity);
  });
  return errors;
}

function validateType(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const { type, clusterIPs = [], ipFamilies = [], ipFamilyPolicy, externalName = '' } = spec;
  if ((spec.ports ?? []).length === 0 && !isHeadless(spec) && type !== 'ExternalName') errors.push(required('spec.ports'));
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec)) errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`));
  if (type === 'ExternalName') {
    if (clusterIPs.length > 0) errors.push(forbidden('spec.clusterIPs', 'may not be set for ExternalName services'));
    if (ipFamilies.length > 0) errors.push(forbidden('spec.ipFamilies', 'may not be set for ExternalName services'));
    if (ipFamilyPolicy !== undefined) errors.push(forbidden('spec.ipFamilyPolicy', 'may not be set for ExternalName services'));
    const name = externalName.endsWith('.') ? externalName.slice(0, -1) : externalName;
    if (name === '') errors.push(required('spec.externalName'));
    else for (const message of dns1123Subdomain(name)) errors.push(invalid('spec.externalName', name, message));
  }
  return errors;
}

function validateAffinityConfig(config: Loose<SessionAffinityConfig> | undefined): FieldError[] {
  const path = 'spec.sessionAffinityConfig';
  const detail = 'when session affinity type is ClientIP';
  if (config === undefined) return [required(path, detail)];
  if (config.clientIP === undefined) return [required(`${path}.clientIP`, detail)];
  const { timeoutSeconds } = config.clientIP;
  if (timeoutSeconds === undefined) return [required(`${path}.clientIP.timeoutSeconds`, detail)];
  return timeoutSeconds <= 0 || timeoutSeconds > maxAffinitySeconds
    ? [invalid(`${path}.clientIP.timeoutSeconds`, timeoutSeconds, `must be greater than 0 and less than or equal to ${maxAffinitySeconds}`)]
    : [];
}

function validateAffinity({ sessionAffinity = '', sessionAffinityConfig }: ServiceSpec): FieldError[] {
  if (sessionAffinity === '') return [required('spec.sessionAffinity')];
  if (sessionAffinity === 'ClientIP') return validateAffinityConfig(sessionAffinityConfig);
  if (sessionAffinity !== 'None') return [notSupported('spec.sessionAffinity', sessionAffinity, ['ClientIP', 'None'])];
  return sessionAffinityConfig === undefined ? [] : [forbidden('spec.sessionAffinityConfig', 'must not be set when session affinity is None')];
}

function validateSourceRanges(service: Service, old: ServiceSpec): FieldError[] {
  const { type, loadBalancerSourceRanges = [] } = specOf(service);
  const onlyFor = "may only be used when `type` is 'LoadBalancer'";
  if (loadBalancerSourceRanges.length > 0) {
    // Upstream writes this path with a capital letter.
    const path = 'spec.LoadBalancerSourceRanges';
    return [
      ...(type === 'LoadBalancer' ? [] : [forbidden(path, onlyFor)]),
      ...loadBalancerSourceRanges.flatMap((range, i) => validateCidr(`${path}[${i}]`, range.trim(), old.loadBalancerSourceRanges)),
    ];
  }
  const annotation = service.metadata.annotations?.[sourceRangesKey];
  if (annotation === undefined) return [];
  const path = `metadata.annotations[${sourceRangesKey}]`;
  return [
    ...(type === 'LoadBalancer' ? [] : [forbidden(path, onlyFor)]),
    ...(annotation.trim() === '' ? [] : annotation.trim().split(',').flatMap((range) => validateCidr(path, range.trim()))),
  ];
}

function validateLoadBalancer({ type, allocateLoadBalancerNodePorts, loadBalancerClass }: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const onlyFor = "may only be used when `type` is 'LoadBalancer'";
  if (type === 'LoadBalancer') {
    if (allocateLoadBalancerNodePorts === undefined) errors.push(required('allocateLoadBalancerNodePorts'));
    if (loadBalancerClass !== undefined) for (const message of qualifiedName(loadBalancerClass)) errors.push(invalid('spec.loadBalancerClass', loadBalancerClass, message));
  } else {
    if (allocateLoadBalancerNodePorts !== undefined) errors.push(forbidden('spec.allocateLoadBalancerNodePorts', onlyFor));
    if (loadBalancerClass !== undefined) errors.push(forbidden('spec.loadBalancerClass', onlyFor));
  }
  return errors;
}

function validateTraffic(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  const { type, externalTrafficPolicy: external = '', healthCheckNodePort: health = 0, internalTrafficPolicy: internal, trafficDistribution } = spec;
  if (!isExternallyAccessible(spec)) {
    if (external !== '') errors.push(invalid('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services'));
  } else if (external === '') errors.push(required('spec.externalTrafficPolicy'));
  else if (!trafficPolicies.includes(external)) errors.push(notSupported('spec.externalTrafficPolicy', external, trafficPolicies));

  if (!needsHealthCheck(spec)) {
    if (health !== 0) errors.push(invalid('spec.healthCheckNodePort', health, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"));
  } else if (health === 0) errors.push(required('spec.healthCheckNodePort'));
  else for (const message of portNumber(health)) errors.push(invalid('spec.healthCheckNodePort', health, message));

  if (internal === undefined) {
    if (type === 'NodePort' || type === 'LoadBalancer' || type === 'ClusterIP') errors.push(required('spec.internalTrafficPolicy'));
  } else if (!trafficPolicies.includes(internal)) errors.push(notSupported('spec.internalTrafficPolicy', internal, trafficPolicies));
  if (trafficDistribution !== undefined && !trafficDistributions.includes(trafficDistribution)) errors.push(notSupported('spec.trafficDistribution', trafficDistribution, trafficDistributions));
  return errors;
}

function validateAnnotations({ metadata: { annotations = {} } }: Service): FieldError[] {
  const hints = annotations[topologyHintsKey];
  const mode = annotations[topologyModeKey];
  if (hints === undefined || mode === undefined || hints === mode) return [];
  return [invalid(`metadata.annotations[${topologyModeKey}]`, mode, `must match annotations[${topologyHintsKey}] when both are specified`)];
}

/** A Service whose values have been allocated. `old`: values that stood there before strict address formats are let be. */
export function validateService(service: Service, old?: Service): FieldError[] {
  const spec = specOf(service);
  const before = old === undefined ? {} : specOf(old);
  const { type = '' } = spec;
  const errors = [...validateAnnotations(service), ...validateType(spec), ...validatePorts(spec)];
  errors.push(...validateLabels(spec.selector, 'spec.selector'), ...validateAffinity(spec), ...validateClusterIps(spec, before));
  (spec.externalIPs ?? []).forEach((ip, i) => {
    const wrong = validateIp(`spec.externalIPs[${i}]`, ip, before.externalIPs);
    errors.push(...(wrong.length > 0 ? wrong : validateNonSpecialIp(`spec.externalIPs[${i}]`, ip)));
  });
  if (type === '') errors.push(required('spec.type'));
  else if (!serviceTypes.includes(type)) errors.push(notSupported('spec.type', type, serviceTypes));
  if (type === 'ClusterIP') {
    (spec.ports ?? []).forEach(({ nodePort = 0 }, i) => {
      if (nodePort !== 0) errors.push(forbidden(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
    });
  }
  return [...errors, ...validateUniquePorts(spec), ...validateSourceRanges(service, before), ...validateLoadBalancer(spec), ...validateTraffic(spec)];
}

/** The status that a load balancer controller writes. */
export function validateServiceStatus(service: Service): FieldError[] {
  const ingress = service.status?.loadBalancer?.ingress ?? [];
  const path = 'status.loadBalancer.ingress';
  if (specOf(service).type !== 'LoadBalancer') return ingress.length === 0 ? [] : [forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'")];
  return ingress.flatMap(({ ip = '', hostname = '', ipMode }, i) => {
    const errors: FieldError[] = [];
    const at = `${path}[${i}]`;
    if (ip !== '') errors.push(...validateIp(`${at}.ip`, ip));
    if (ipMode === undefined) {
      if (ip !== '') errors.push(required(`${at}.ipMode`, 'must be specified when `ip` is set'));
    } else if (ip === '') errors.push(forbidden(`${at}.ipMode`, 'may not be specified when `ip` is not set'));
    else if (ipMode !== 'VIP' && ipMode !== 'Proxy') errors.push(notSupported(`${at}.ipMode`, ipMode, ['Proxy', 'VIP']));
    if (hostname !== '') {
      for (const message of dns1123Subdomain(hostname)) errors.push(invalid(`${at}.hostname`, hostname, message));
      if (validateIp('', hostname).length === 0) errors.push(invalid(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address'));
    }
    return errors;
  });
}
