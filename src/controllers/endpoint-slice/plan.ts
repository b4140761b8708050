import { mapsEqual, semanticEqual } from '../../api/meta/equal.ts';
import { controllerOf } from '../../api/meta/object.ts';
import type { Service } from '../../api/types/core/v1.ts';
import type { Endpoint, EndpointSlice } from '../../api/types/discovery/v1.ts';
import type { AddressFamily, PortGroup } from './desired.ts';
import { familiesOf, groupKey, newSlice, sliceLabels } from './desired.ts';

export interface Plan {
  readonly create: EndpointSlice[];
  readonly update: EndpointSlice[];
  readonly remove: EndpointSlice[];
  /** How many endpoints come and go, by family. */
  readonly moved: Map<AddressFamily, { added: number; removed: number }>;
}

/**
 * How to get from the slices that exist to what is desired with few writes: endpoints stay in the slice they are in; new
 * ones go first into slices that change anyway, then into the fullest with room for all of them, then into new slices.
 * A service without endpoints keeps one empty slice for each family.
 */
export function planSlices(service: Service, existing: readonly EndpointSlice[], desired: ReadonlyMap<string, PortGroup>, maxEndpointsPerSlice: number): Plan {
  const plan: Plan = { create: [], update: [], remove: [], moved: new Map() };
  const byGroup = Map.groupBy(existing, (slice) => groupKey(slice.addressType, slice.ports ?? []));
  const labels = sliceLabels(service);
  for (const [key, group] of desired) planGroup(service, labels, group, byGroup.get(key) ?? [], maxEndpointsPerSlice, plan);
  for (const family of familiesOf(service)) {
    const populated = [...desired.values()].some((group) => group.family === family);
    // The placeholder for a family without endpoints.
    if (!populated) planGroup(service, labels, { family, ports: [], endpoints: [] }, byGroup.get(groupKey(family, [])) ?? [], maxEndpointsPerSlice, plan, { placeholder: true });
  }
  const families: ReadonlySet<string> = new Set(familiesOf(service));
  for (const [key, slices] of byGroup) {
    const family = slices[0]!.addressType;
    const isPlaceholder = key === groupKey(family, []) && families.has(family) && ![...desired.values()].some((group) => group.family === family);
    if (!desired.has(key) && !isPlaceholder) plan.remove.push(...slices);
  }
  return plan;
}

interface Draft { readonly slice: EndpointSlice; readonly endpoints: Endpoint[]; changed: boolean }

function planGroup(
  service: Service, labels: Readonly<Record<string, string>>, group: PortGroup, slices: readonly EndpointSlice[], max: number, plan: Plan, options: { readonly placeholder?: boolean } = {},
): void {
  let gone = 0;
  const wanted = new Map(group.endpoints.map((endpoint) => [identityOf(endpoint), endpoint]));
  const drafts = slices.map((slice): Draft => {
    const draft: Draft = { slice, endpoints: [], changed: !mapsEqual(slice.metadata.labels, labels) || controllerOf(slice)?.uid !== service.metadata.uid };
    for (const endpoint of slice.endpoints ?? []) {
      const next = wanted.get(identityOf(endpoint));
      if (next === undefined) {
        draft.changed = true;
        gone++;
      } else {
        wanted.delete(identityOf(endpoint));
        draft.endpoints.push(next);
        if (!semanticEqual(endpoint, next)) draft.changed = true;
      }
    }
    return draft;
  });
  const remaining = [...wanted.values()];
  const before = plan.moved.get(group.family);
  if (options.placeholder !== true) plan.moved.set(group.family, { added: (before?.added ?? 0) + remaining.length, removed: (before?.removed ?? 0) + gone });
  const fill = (draft: Draft): void => {
    const added = remaining.splice(0, Math.max(0, max - draft.endpoints.length));
    if (added.length === 0) return;
    draft.endpoints.push(...added);
    draft.changed = true;
  };
  for (const draft of drafts.filter(({ changed, endpoints }) => changed && endpoints.length < max).toSorted((a, b) => b.endpoints.length - a.endpoints.length)) fill(draft);
  while (remaining.length >= max) plan.create.push({ ...newSlice(service, group.family as AddressFamily, group.ports), endpoints: remaining.splice(0, max) });
  if (remaining.length > 0) {
    const roomy = drafts.filter(({ endpoints }) => endpoints.length + remaining.length <= max).toSorted((a, b) => b.endpoints.length - a.endpoints.length)[0];
    if (roomy !== undefined) fill(roomy);
    else plan.create.push({ ...newSlice(service, group.family as AddressFamily, group.ports), endpoints: remaining.splice(0) });
  }
  const keepOne = options.placeholder === true;
  let kept = 0;
  for (const draft of drafts) {
    if (draft.endpoints.length === 0 && (!keepOne || kept > 0)) {
      plan.remove.push(draft.slice);
      continue;
    }
    kept++;
    if (!draft.changed) continue;
    const owner = newSlice(service, group.family as AddressFamily, group.ports).metadata.ownerReferences!;
    plan.update.push({ ...draft.slice, metadata: { ...draft.slice.metadata, labels: { ...labels }, ownerReferences: owner }, endpoints: draft.endpoints, ports: [...group.ports] });
  }
  if (keepOne && kept === 0) plan.create.push(newSlice(service, group.family as AddressFamily, group.ports));
}

function identityOf(endpoint: Endpoint): string {
  return `${endpoint.addresses[0]} ${endpoint.targetRef?.uid ?? ''}`;
}
