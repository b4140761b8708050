import type { Plugin } from '../../framework/plugin.ts';
import { refuseForGood } from '../../framework/verdict.ts';

const refused = refuseForGood("node(s) didn't match the requested node name");

/** A pod that names its node runs there or nowhere. */
export const nodeName: Plugin = {
  name: 'NodeName',
  alike: ({ pod }) => pod.spec?.nodeName,
  filter: ({ pod }, { name }) => (pod.spec?.nodeName !== undefined && pod.spec.nodeName !== '' && pod.spec.nodeName !== name ? refused : undefined),
  wakes: { NodeAdd: true },
};
