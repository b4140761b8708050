import type { Plugin } from '../../framework/plugin.ts';
import { refuseForGood } from '../../framework/verdict.ts';
import { isTolerated } from '../common/tolerations.ts';

const refused = refuseForGood('node(s) had untolerated taint(s)');

/** Taints that forbid scheduling filter; those that only discourage it score. */
export const taintToleration: Plugin = {
  name: 'TaintToleration',
  weight: 3,
  normalize: 'inverse',
  filter: ({ pod }, { node }) => {
    const taints = node.spec?.taints;
    if (taints === undefined) return undefined;
    for (const taint of taints) {
      if ((taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') && !isTolerated(taint, pod.spec?.tolerations)) return refused;
    }
    return undefined;
  },
  scores: (_pod, { nodes }) => nodes.some(({ node }) => node.spec?.taints?.some((taint) => taint.effect === 'PreferNoSchedule') === true),
  score: ({ pod }, { node }) => {
    const tolerations = pod.spec?.tolerations?.filter((one) => one.effect === undefined || one.effect === '' || one.effect === 'PreferNoSchedule');
    return (node.spec?.taints ?? []).filter((taint) => taint.effect === 'PreferNoSchedule' && !isTolerated(taint, tolerations)).length;
  },
  mayHelp: (event, { pod }) =>
    (event.type === 'node-added' || event.type === 'node-updated') &&
    (event.node.spec?.taints ?? []).every((taint) => taint.effect === 'PreferNoSchedule' || isTolerated(taint, pod.spec?.tolerations)),
};
