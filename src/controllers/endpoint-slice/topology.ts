import { findCondition } from '../../api/meta/conditions.ts';
import { milliValue } from '../../api/meta/quantity.ts';
import type { Node, Service } from '../../api/types/core/v1.ts';
import type { Endpoint } from '../../api/types/discovery/v1.ts';
import type { PortGroup } from './desired.ts';

/** No endpoint is to have more than so much beyond its share. */
const overload = 0.2;
const zoneLabel = 'topology.kubernetes.io/zone';
const excludedLabels = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

/** Whether a Service asks for topology-aware routing (KEP-2433), which goes before `spec.trafficDistribution`. */
export function wantsTopology({ metadata: { annotations = {} } }: Service): boolean {
  const mode = annotations['service.kubernetes.io/topology-aware-hints'] ?? annotations['service.kubernetes.io/topology-mode'];
  return mode === 'Auto' || mode === 'auto';
}

/** What of a node shares depend on. */
export const topologyOf = (node: Node): string => JSON.stringify([node.metadata.labels?.[zoneLabel], node.status?.allocatable?.['cpu'], isReady(node), isExcluded(node)]);

const isReady = ({ status }: Node): boolean => findCondition(status?.conditions, 'Ready')?.status === 'True';
const isExcluded = ({ metadata: { labels = {} } }: Node): boolean => excludedLabels.some((label) => label in labels);

/** The share of the processors that each zone has, by name; undefined where a node says too little, or there are not two zones. */
export function zoneShares(nodes: readonly Node[]): ReadonlyMap<string, number> | undefined {
  const cores = new Map<string, number>();
  for (const node of nodes) {
    if (isExcluded(node) || !isReady(node)) continue;
    const zone = node.metadata.labels?.[zoneLabel] ?? '';
    const cpu = milliValue(node.status?.allocatable?.['cpu'] ?? '0');
    if (zone === '' || cpu === 0) return undefined;
    cores.set(zone, (cores.get(zone) ?? 0) + cpu);
  }
  const total = [...cores.values()].reduce((sum, one) => sum + one, 0);
  return cores.size < 2 ? undefined : new Map([...cores].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([zone, cpu]) => [zone, cpu / total]));
}

/** How many endpoints each zone should have; or why that cannot be. */
function allocations(count: number, shares: ReadonlyMap<string, number> | undefined): ReadonlyMap<string, number> | string {
  if (shares === undefined) return 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes';
  if (shares.size > count) return `Insufficient number of endpoints (${count} endpoints, ${shares.size} zones)`;
  let least = 0;
  const desired = new Map<string, number>();
  for (const [zone, share] of shares) {
    const minimum = Math.ceil(share * count * (1 / (1 + overload)));
    least += minimum;
    desired.set(zone, Math.max(share * count, minimum));
  }
  return least > count ? `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (${count} endpoints, ${shares.size} zones)` : desired;
}

const most = (zones: ReadonlyMap<string, number>): readonly [zone: string, number: number] => [...zones].reduce<readonly [string, number]>((best, one) => (one[1] > best[1] ? one : best), ['', 0]);

/** Which zones give endpoints to which others, as many as would be nearer to what is desired. */
function transfers(desired: ReadonlyMap<string, number>, held: ReadonlyMap<string, number>): { readonly from: string; readonly to: string }[] {
  const surplus = new Map<string, number>();
  const lack = new Map<string, number>();
  for (const [zone, wanted] of desired) {
    const has = held.get(zone) ?? 0;
    if (has > wanted) surplus.set(zone, has - wanted);
    else if (has < wanted) lack.set(zone, wanted - has);
  }
  const moved: { from: string; to: string }[] = [];
  for (;;) {
    const [[from, gives], [to, takes]] = [most(surplus), most(lack)];
    if (from === '' || to === '' || (gives < 1 && takes < 1) || gives < 0.5 || takes < 0.5) return moved;
    moved.push({ from, to });
    surplus.set(from, gives - 1);
    lack.set(to, takes - 1);
  }
}

/**
 * The zone that each ready endpoint is for: its own, but for those that zones with more endpoints than their share of the
 * processors give to those with fewer. Deterministic: from the endpoints alone, in their order. A text: why there are none.
 */
function zonesFor(endpoints: readonly Endpoint[], shares: ReadonlyMap<string, number> | undefined): ReadonlyMap<Endpoint, string> | string {
  const ready = endpoints.filter(({ conditions }) => conditions?.ready === true);
  const desired = allocations(ready.length, shares);
  if (typeof desired === 'string') return desired;
  const held = new Map<string, number>();
  for (const { zone = '' } of ready) {
    if (zone === '') return 'One or more endpoints do not have a zone specified';
    held.set(zone, (held.get(zone) ?? 0) + 1);
  }
  const moved = transfers(desired, held);
  return new Map(ready.map((endpoint) => {
    const { zone = '' } = endpoint;
    const index = moved.findIndex(({ from }) => from === zone);
    return [endpoint, index < 0 ? zone : moved.splice(index, 1)[0]?.to ?? zone];
  }));
}

/** Gives the endpoints of one family their hints, or takes them away. Undefined, or why there are none. */
export function hintZones(groups: readonly PortGroup[], shares: ReadonlyMap<string, number> | undefined): string | undefined {
  const zones = zonesFor(groups.flatMap(({ endpoints }) => endpoints), shares);
  for (const { endpoints } of groups) {
    for (const [index, endpoint] of endpoints.entries()) {
      const { hints: _hints, ...plain } = endpoint;
      const zone = typeof zones === 'string' ? undefined : zones.get(endpoint);
      endpoints[index] = { ...plain, ...(zone !== undefined && { hints: { forZones: [{ name: zone }] } }) };
    }
  }
  return typeof zones === 'string' ? zones : undefined;
}
