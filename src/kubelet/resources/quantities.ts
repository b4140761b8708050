import { addQuantity, compareQuantity, formatQuantity, milliValue, value } from '../../api/meta/quantity.ts';
import type { Pod } from '../../api/types/core/v1.ts';
import { isSidecar, specOf } from '../pods/pod-spec.ts';

export type ResourceList = Readonly<Record<string, string>>;

function add(a: ResourceList, b: ResourceList): ResourceList {
  const sum: Record<string, string> = { ...a };
  for (const [name, quantity] of Object.entries(b)) sum[name] = sum[name] === undefined ? quantity : formatQuantity(addQuantity(sum[name], quantity));
  return sum;
}

function max(a: ResourceList, b: ResourceList): ResourceList {
  const result: Record<string, string> = { ...a };
  for (const [name, quantity] of Object.entries(b)) if (result[name] === undefined || compareQuantity(quantity, result[name]) > 0) result[name] = quantity;
  return result;
}

/** What the pod asks for: the sum of what runs at once, or the largest init container when that is more, and the overhead. */
export function podResources(pod: Pod, kind: 'requests' | 'limits'): ResourceList {
  const spec = specOf(pod);
  const [first] = spec.containers;
  if (spec.containers.length === 1 && spec.initContainers === undefined && spec.resources === undefined && spec.overhead === undefined) return first?.resources?.[kind] ?? {};
  let sidecars: ResourceList = {};
  let init: ResourceList = {};
  for (const container of spec.initContainers ?? []) {
    const own = container.resources?.[kind] ?? {};
    if (isSidecar(container)) {
      sidecars = add(sidecars, own);
      init = max(init, sidecars);
    } else init = max(init, add(own, sidecars));
  }
  let sum = sidecars;
  for (const container of spec.containers) sum = add(sum, container.resources?.[kind] ?? {});
  const containers = max(sum, init);
  const whole = { ...containers, ...spec.resources?.[kind] };
  return spec.overhead === undefined ? whole : kind === 'requests' ? add(whole, spec.overhead) : add(whole, Object.fromEntries(Object.entries(spec.overhead).filter(([name]) => name in whole)));
}

/** As upstream counts when it admits pods: CPU in thousandths, the rest in whole units. */
export function inUnits(resource: string, quantity: string): number {
  return resource === 'cpu' ? milliValue(quantity) : value(quantity);
}

/** What the pod asks for, counted so. */
export function requestsOf(pod: Pod): ReadonlyMap<string, number> {
  return new Map(Object.entries(podResources(pod, 'requests')).map(([resource, quantity]) => [resource, inUnits(resource, quantity)]));
}
