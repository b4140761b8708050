import type { Pod } from '../../../src/api/types/core/v1.ts';
import type { Invariant } from './invariant.ts';

const isOver = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** A pod has one node for its life, one life, and what is over stays over. */
export function podsAreBoundOnce(): Invariant {
  return {
    name: 'pods are bound once',
    observe({ resource, key, before, after }) {
      if (resource !== 'core/pods' || before === undefined || after === undefined || before.metadata.uid !== after.metadata.uid) return undefined;
      const [was, is] = [before as Pod, after as Pod];
      if (was.spec?.nodeName !== undefined && was.spec.nodeName !== is.spec?.nodeName) return `${key} was bound to ${was.spec.nodeName} and then to ${is.spec?.nodeName}`;
      if (isOver(was) && was.status?.phase !== is.status?.phase) return `${key} had ${was.status?.phase} and then was ${is.status?.phase}`;
      if (was.metadata.deletionTimestamp !== undefined && is.metadata.deletionTimestamp === undefined) return `${key} was being deleted, and then was not`;
      return undefined;
    },
  };
}
