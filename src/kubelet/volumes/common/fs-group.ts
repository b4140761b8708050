import type { Pod } from '../../../api/types/core/v1.ts';
import type { GroupOwnership } from '../../host.ts';
import { specOf } from '../../pods/pod-spec.ts';

/** How the pod's fsGroup wants a volume to be owned; undefined without one. The change policy counts for persistent volumes alone. */
export function fsGroupOwnership(pod: Pod, { readOnly, followPolicy }: { readonly readOnly: boolean; readonly followPolicy: boolean }): GroupOwnership | undefined {
  const { fsGroup, fsGroupChangePolicy } = specOf(pod).securityContext ?? {};
  return fsGroup === undefined ? undefined : { groupId: fsGroup, readOnly, onlyOnMismatch: followPolicy && fsGroupChangePolicy === 'OnRootMismatch' };
}
