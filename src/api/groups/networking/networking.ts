/** The kinds of networking.k8s.io: defaults, generations and columns. */
import { formatLabelSelector } from '../../meta/labels.ts';
import { ingressclasses, ingresses, ipaddresses, networkpolicies, servicecidrs } from '../../resources.ts';
import type { Ingress, IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from '../../types/networking/v1.ts';
import { ageColumn, column, nameColumn, orNone } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules } from '../strategy.ts';

/** The first three hosts; `*` when no rule names one. */
function formatHosts({ spec }: Ingress): string {
  const rules = spec?.rules ?? [];
  const hosts: string[] = [];
  let more = false;
  for (const { host = '' } of rules) {
    if (hosts.length === 3) more = true;
    else if (host !== '') hosts.push(host);
  }
  if (hosts.length === 0) return '*';
  return more ? `${hosts.join(',')} + ${rules.length - 3} more...` : hosts.join(',');
}

function formatAddress({ status }: Ingress): string {
  const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '').filter((address) => address !== '');
  return [...new Set(addresses)].sort().join(',');
}

export const ingressDefinition: ResourceDefinition<Ingress> = {
  type: ingresses,
  allowUnconditionalUpdate: true,
  ...standardRules<Ingress>({ status: true, generation: true }),
  columns: [
    nameColumn,
    column('Class', ({ spec }) => orNone(spec?.ingressClassName)),
    column('Hosts', formatHosts),
    column('Address', formatAddress),
    column('Ports', ({ spec }) => ((spec?.tls ?? []).length > 0 ? '80, 443' : '80')),
    ageColumn,
  ],
};

export const ingressClassDefinition: ResourceDefinition<IngressClass> = {
  type: ingressclasses,
  allowUnconditionalUpdate: true,
  ...standardRules<IngressClass>({ status: false, generation: true }),
  applyDefaults({ spec }) {
    if (spec?.parameters !== undefined) spec.parameters.scope ??= 'Cluster';
  },
  columns: [
    nameColumn,
    column('Controller', ({ spec }) => spec?.controller ?? ''),
    column('Parameters', ({ spec }) => {
      const parameters = spec?.parameters;
      return parameters === undefined ? '<none>' : `${parameters.kind}${parameters.apiGroup === undefined ? '' : `.${parameters.apiGroup}`}/${parameters.name}`;
    }),
    ageColumn,
  ],
};

export const networkPolicyDefinition: ResourceDefinition<NetworkPolicy> = {
  type: networkpolicies,
  allowUnconditionalUpdate: true,
  ...standardRules<NetworkPolicy>({ status: false, generation: true }),
  applyDefaults({ spec }) {
    if (spec === undefined) return;
    for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) for (const port of rule.ports ?? []) port.protocol ??= 'TCP';
    if ((spec.policyTypes ?? []).length === 0) spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
  },
  columns: [nameColumn, column('Pod-Selector', ({ spec }) => formatLabelSelector(spec?.podSelector ?? {})), ageColumn],
};

export const serviceCidrDefinition: ResourceDefinition<ServiceCIDR> = {
  type: servicecidrs,
  ...standardRules<ServiceCIDR>({ status: true, generation: false }),
  columns: [nameColumn, column('CIDRs', ({ spec }) => (spec?.cidrs ?? []).join(',')), ageColumn],
};

export const ipAddressDefinition: ResourceDefinition<IPAddress> = {
  type: ipaddresses,
  columns: [
    nameColumn,
    column('ParentRef', ({ spec: { parentRef } }) => {
      const { group = '', resource, namespace = '', name } = parentRef;
      return [`${resource}${group === '' ? '' : `.${group}`}`.toLowerCase(), namespace, name].filter((part) => part !== '').join('/');
    }),
    ageColumn,
  ],
};
