import type { Node, Pod, Service } from '../../../src/api/types/core/v1.ts';
import type { KubeObject } from '../../../src/api/meta/object.ts';
import type { History } from '../history.ts';
import type { Invariant } from './invariant.ts';

function claims(object: KubeObject, resource: string): readonly string[] {
  if (resource === 'core/services') return ((object as Service).spec?.clusterIPs ?? []).filter((ip) => ip !== 'None' && ip !== '');
  if (resource === 'core/nodes') return (object as Node).spec?.podCIDRs ?? [];
  const { spec, status } = object as Pod;
  if (spec?.hostNetwork === true || status?.phase === 'Succeeded' || status?.phase === 'Failed') return [];
  return (status?.podIPs ?? []).map(({ ip }) => ip);
}

function other(key: string, resource: string, claimed: readonly string[], history: History): string | undefined {
  for (const [otherKey, object] of history.objects(resource)) {
    if (otherKey === key) continue;
    const shared = claims(object, resource).find((claim) => claimed.includes(claim));
    if (shared !== undefined) return `${key} and ${otherKey} both have ${shared}`;
  }
  return undefined;
}

/** No two services have one cluster IP, no two pods that run one address, no two nodes one range. */
export function addressesAreUnique(): Invariant {
  return {
    name: 'addresses are unique',
    observe({ resource, key, before, after }, history) {
      if (after === undefined || (resource !== 'core/services' && resource !== 'core/pods' && resource !== 'core/nodes')) return undefined;
      const claimed = claims(after, resource);
      if (claimed.length === 0 || (before !== undefined && before.metadata.uid === after.metadata.uid && claims(before, resource).join() === claimed.join())) return undefined;
      return other(key, resource, claimed, history);
    },
  };
}
