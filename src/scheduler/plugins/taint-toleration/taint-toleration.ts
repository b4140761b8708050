import type { Node, Pod, Toleration } from '../../../api/types/core/v1.ts';
import { normalizeByMax } from '../../framework/normalize.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { refuseForGood } from '../../framework/verdict.ts';
import { isTolerated, toleratesNode } from '../../../api/pod/tolerations.ts';

const refused = refuseForGood('node(s) had untolerated taint(s)');

const tolerates = ({ spec }: Pod, { spec: { taints } = {} }: Node): boolean => toleratesNode(taints, spec?.tolerations);

/** Taints that forbid scheduling filter; those that only discourage it score. */
export const taintToleration: Plugin<unknown, readonly Toleration[]> = {
  name: 'TaintToleration',
  alike: ({ pod }) => pod.spec?.tolerations,
  filter: ({ pod }, { node }) => (node.spec?.taints === undefined || tolerates(pod, node) ? undefined : refused),
  prepareScore: ({ pod }, nodes) => {
    // Without discouraging taints all nodes are equally good.
    if (!nodes.some(({ discourages }) => discourages)) return { skip: true };
    return { state: (pod.spec?.tolerations ?? []).filter(({ effect }) => effect === undefined || effect === '' || effect === 'PreferNoSchedule') };
  },
  score: (_pod, { node }, tolerations) => {
    let count = 0;
    for (const taint of node.spec?.taints ?? []) if (taint.effect === 'PreferNoSchedule' && !isTolerated(taint, tolerations)) count++;
    return count;
  },
  normalize: (scores) => normalizeByMax(scores, { reverse: true }),
  wakes: {
    NodeAdd: ({ pod }, { object }) => tolerates(pod, object),
    NodeUpdateTaint: ({ pod }, { old, object }) => !tolerates(pod, old) && tolerates(pod, object),
    UnscheduledPodUpdateToleration: true,
  },
};
