import type { Node } from '../../api/types/core/v1.ts';
import type { NodeInfo } from './node-info.ts';

/** What makes nodes neighbours: region and zone, by their labels of today or those of old. */
export function zoneOf({ metadata: { labels } }: Node): string {
  const region = labels?.['topology.kubernetes.io/region'] ?? labels?.['failure-domain.beta.kubernetes.io/region'] ?? '';
  const zone = labels?.['topology.kubernetes.io/zone'] ?? labels?.['failure-domain.beta.kubernetes.io/zone'] ?? '';
  return `${region}\0${zone}`;
}

/** One node of each zone in turn, so that a search that ends early has seen all zones. */
export function zonesInTurn(nodes: Iterable<NodeInfo>): NodeInfo[] {
  const zones = new Map<string, NodeInfo[]>();
  for (const info of nodes) {
    const zone = zoneOf(info.node);
    const known = zones.get(zone);
    if (known === undefined) zones.set(zone, [info]);
    else known.push(info);
  }
  if (zones.size <= 1) return [...zones.values()].flat();
  const result: NodeInfo[] = [];
  for (let round = 0, found = true; found; round++) {
    found = false;
    for (const zone of zones.values()) {
      const info = zone[round];
      if (info === undefined) continue;
      result.push(info);
      found = true;
    }
  }
  return result;
}
