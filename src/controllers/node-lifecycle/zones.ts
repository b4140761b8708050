import { findCondition } from '../../api/meta/conditions.ts';
import type { Node } from '../../api/types/core/v1.ts';

/** As many nodes a second are tainted for eviction in a healthy zone. */
const evictionRate = 0.1;
/** In a large zone of which most is down. */
const secondaryEvictionRate = 0.01;
const largeZoneNodes = 50;
const unhealthyThreshold = 0.55;

export type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption';

/** Region and zone of a node, as one key; nodes without form a zone of their own. */
export function zoneOf(node: Node): string {
  const { labels } = node.metadata;
  const region = labels?.['topology.kubernetes.io/region'] ?? labels?.['failure-domain.beta.kubernetes.io/region'] ?? '';
  const zone = labels?.['topology.kubernetes.io/zone'] ?? labels?.['failure-domain.beta.kubernetes.io/zone'] ?? '';
  return region === '' && zone === '' ? '' : `${region}:\0:${zone}`;
}

export function zoneState(nodes: readonly Node[]): ZoneState {
  const ready = nodes.filter((node) => findCondition(node.status?.conditions, 'Ready')?.status === 'True').length;
  const notReady = nodes.length - ready;
  if (ready === 0 && notReady > 0) return 'FullDisruption';
  if (notReady > 2 && notReady / nodes.length >= unhealthyThreshold) return 'PartialDisruption';
  return 'Normal';
}

/** Nodes a second that may be tainted with NoExecute in a zone of this size and state. */
export function evictionRateOf(state: ZoneState, size: number): number {
  switch (state) {
    case 'Normal':
    case 'FullDisruption':
      return evictionRate;
    case 'PartialDisruption':
      return size > largeZoneNodes ? secondaryEvictionRate : 0;
  }
}

/** Lets through one node at once, and then as many a second as the zone's rate says. */
export class ZoneLimiter {
  #tokens = 1;
  #lastMs: number;

  constructor(nowMs: number) {
    this.#lastMs = nowMs;
  }

  tryTake(rate: number, nowMs: number): boolean {
    this.#tokens = Math.min(1, this.#tokens + ((nowMs - this.#lastMs) / 1000) * rate);
    this.#lastMs = nowMs;
    if (rate === 0 || this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
