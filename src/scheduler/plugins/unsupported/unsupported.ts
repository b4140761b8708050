import type { Pod } from '../../../api/types/core/v1.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { refuseForGood } from '../../framework/verdict.ts';

/** Hard constraints that this scheduler does not know yet. Ignoring one would place a pod where its owner forbade it. */
function unknownConstraints(pod: Pod): string[] {
  const found: string[] = [];
  if ((pod.spec?.resourceClaims ?? []).length > 0) found.push('resource claims');
  return found;
}

/** Says plainly which constraint keeps the pod waiting, instead of ignoring it. */
export const unsupported: Plugin = {
  name: 'Unsupported',
  gate: ({ pod }) => {
    const found = unknownConstraints(pod);
    return found.length === 0 ? undefined : refuseForGood(`not supported: ${found.join(', ')}`);
  },
};
