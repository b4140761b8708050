import { findCondition } from '../../api/meta/conditions.ts';
import type { Node } from '../../api/types/core/v1.ts';

/** How fast nodes are tainted for eviction; named after kube-controller-manager's flags. Rates are nodes a second. */
export interface EvictionRates {
  readonly nodeEvictionRate: number;
  /** In a large zone of which most is down. */
  readonly secondaryNodeEvictionRate: number;
  /** A zone with more nodes is large; a smaller one of which most is down evicts nobody. */
  readonly largeClusterSizeThreshold: number;
  /** The part of a zone's nodes that must be down, of at least three. */
  readonly unhealthyZoneThreshold: number;
}

const excludedLabel = 'node.kubernetes.io/exclude-disruption';

export type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption';

/** Region and zone of a node, as one key; nodes without form a zone of their own. */
export function zoneOf(node: Node): string {
  const { labels } = node.metadata;
  const region = labels?.['topology.kubernetes.io/region'] ?? labels?.['failure-domain.beta.kubernetes.io/region'] ?? '';
  const zone = labels?.['topology.kubernetes.io/zone'] ?? labels?.['failure-domain.beta.kubernetes.io/zone'] ?? '';
  return region === '' && zone === '' ? '' : `${region}:\0:${zone}`;
}

/** How a zone is; nodes that are marked as no part of it do not count. Undefined when none counts. */
export function zoneState(nodes: readonly Node[], { unhealthyZoneThreshold }: EvictionRates): ZoneState | undefined {
  const counted = nodes.filter(({ metadata }) => metadata.labels?.[excludedLabel] === undefined);
  if (counted.length === 0) return undefined;
  const notReady = counted.filter((node) => findCondition(node.status?.conditions, 'Ready')?.status !== 'True').length;
  if (notReady === counted.length) return 'FullDisruption';
  // In single precision, as upstream divides.
  return notReady > 2 && Math.fround(notReady / counted.length) >= Math.fround(unhealthyZoneThreshold) ? 'PartialDisruption' : 'Normal';
}

/** Nodes a second that may be tainted with NoExecute in a zone of this size and state. */
export function evictionRateOf(state: ZoneState, size: number, rates: EvictionRates): number {
  switch (state) {
    case 'Normal':
    case 'FullDisruption':
      return rates.nodeEvictionRate;
    case 'PartialDisruption':
      return size > rates.largeClusterSizeThreshold ? rates.secondaryNodeEvictionRate : 0;
  }
}
