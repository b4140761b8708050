import { quantityOf } from '../meta/quantity.ts';
import { zeroQuantity } from '../meta/resource-list.ts';
import type { Service } from '../types/core/v1.ts';
import type { QuotaEvaluator } from './evaluator.ts';
import { objectCountName } from './evaluator.ts';

const countName = objectCountName('', 'services');
const names = new Set([countName, 'services', 'services.nodeports', 'services.loadbalancers']);
const one = quantityOf(1);

/** Node ports are counted by intent: they are not given out yet when a Service is admitted. */
function nodePorts({ spec }: Service): number {
  const ports = spec?.ports ?? [];
  if (spec?.type === 'NodePort') return ports.length;
  if (spec?.type !== 'LoadBalancer') return 0;
  return spec.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => (nodePort ?? 0) !== 0).length : ports.length;
}

/** The type of a Service as far as it costs more than another: a change of it changes what is used. */
export const costlyServiceType = ({ spec }: Service): string => (spec?.type === 'NodePort' || spec?.type === 'LoadBalancer' ? spec.type : '');

export const serviceEvaluator: QuotaEvaluator = {
  group: '',
  resource: 'services',
  handles: ({ operation, subresource }) => subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
  counts: (name) => names.has(name),
  matchesScope: () => false,
  usage: (object) => ({
    [countName]: one,
    services: one,
    'services.loadbalancers': (object as Service).spec?.type === 'LoadBalancer' ? one : zeroQuantity,
    'services.nodeports': quantityOf(nodePorts(object as Service)),
  }),
};
