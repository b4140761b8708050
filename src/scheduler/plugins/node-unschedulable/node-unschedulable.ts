import type { Plugin } from '../../framework/plugin.ts';
import { refuseForGood } from '../../framework/verdict.ts';
import { isTolerated } from '../../../api/pod/tolerations.ts';

const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const refused = refuseForGood('node(s) were unschedulable');

/** Cordoned nodes take no pods, but those that tolerate the taint that stands for it. */
export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  alike: ({ pod }) => pod.spec?.tolerations,
  filter: ({ pod }, { node }) => (node.spec?.unschedulable === true && !isTolerated(taint, pod.spec?.tolerations) ? refused : undefined),
  wakes: {
    NodeAdd: (_pod, { object }) => object.spec?.unschedulable !== true,
    NodeUpdateTaint: (_pod, { old, object }) => old.spec?.unschedulable === true && object.spec?.unschedulable !== true,
    UnscheduledPodUpdateToleration: (_pod, { object }) => isTolerated(taint, object.pod.spec?.tolerations),
  },
};
