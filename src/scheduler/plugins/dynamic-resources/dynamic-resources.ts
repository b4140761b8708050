import type { Plugin } from '../../framework/plugin.ts';
import { refuseForGood } from '../../framework/verdict.ts';

const refused = refuseForGood('not supported: resource claims');

/** Claims are hard constraints: ignoring one would place a pod where its owner forbade it. */
export const dynamicResources: Plugin = {
  name: 'DynamicResources',
  gate: ({ pod }) => ((pod.spec?.resourceClaims ?? []).length > 0 ? refused : undefined),
};
