import { ingresses } from '../../resources.ts';
import type { Ingress } from '../../types/networking/v1.ts';
import { ageColumn, column, nameColumn } from '../columns.ts';
import type { ResourceDefinition } from '../definition.ts';
import { standardRules, statusRules } from '../strategy.ts';
import { ingressClassAnnotation, validateIngress, validateIngressStatus, validateNewIngress } from './ingress-validation.ts';

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

const rules = standardRules<Ingress>({ status: true, generation: true });

/** Ingresses: HTTP routes from outside to Services. */
export const ingressDefinition: ResourceDefinition<Ingress> = {
  type: ingresses,
  allowUnconditionalUpdate: true,
  prepareForCreate: rules.prepareForCreate,
  validate: validateNewIngress,
  update: { ...rules.update, validateUpdate: validateIngress },
  subresources: { status: statusRules(validateIngressStatus) },
  warnings: ({ metadata, spec }, old) => (old === undefined && metadata.annotations?.[ingressClassAnnotation] !== undefined && spec?.ingressClassName === undefined
    ? [`annotation "${ingressClassAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`]
    : []),
  columns: [
    nameColumn,
    column('Class', ({ spec }) => spec?.ingressClassName ?? '<none>'),
    column('Hosts', formatHosts),
    column('Address', formatAddress),
    column('Ports', ({ spec }) => ((spec?.tls ?? []).length > 0 ? '80, 443' : '80')),
    ageColumn,
  ],
};
