import { milliValue } from '../../../src/api/meta/quantity.ts';
import type { Node, Pod } from '../../../src/api/types/core/v1.ts';
import type { Invariant } from './invariant.ts';

/** What pods of a node ask for never exceeds what it has. */
export function nodesAreNotOverbooked(): Invariant {
  return {
    name: 'nodes are not overbooked',
    observe({ resource, before, after }, history) {
      if (resource !== 'core/pods' || after === undefined) return undefined;
      const nodeName = (after as Pod).spec?.nodeName;
      if (nodeName === undefined || (before as Pod | undefined)?.spec?.nodeName !== undefined) return undefined;
      const allocatable = (history.objects<Node>('core/nodes').get(`/registry/core/nodes/${nodeName}`)?.status?.allocatable ?? {})['cpu'];
      if (allocatable === undefined) return undefined;
      const there = [...history.objects<Pod>('core/pods').values()].filter(({ spec, status }) => spec?.nodeName === nodeName && status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
      const asked = there.flatMap(({ spec }) => spec?.containers ?? []).reduce((sum, { resources }) => sum + milliValue(String(resources?.requests?.['cpu'] ?? '0')), 0);
      return asked > milliValue(String(allocatable)) ? `pods of ${nodeName} ask for ${asked}m of ${String(allocatable)} cores` : undefined;
    },
  };
}

