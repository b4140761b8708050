import type { Plugin } from '../../framework/plugin.ts';
import { refuseForGood } from '../../framework/verdict.ts';
import { isTolerated } from '../common/tolerations.ts';

const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const refused = refuseForGood('node(s) were unschedulable');

/** Cordoned nodes take no pods, but those that tolerate the taint that stands for it. */
export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  filter: ({ pod }, { node }) => (node.spec?.unschedulable === true && !isTolerated(taint, pod.spec?.tolerations) ? refused : undefined),
  mayHelp: (event) => event.type === 'node-added' || (event.type === 'node-updated' && event.node.spec?.unschedulable !== true),
};
