import type { NodeSelector } from '../../../api/types/core/v1.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { refuseForGood } from '../../framework/verdict.ts';
import { matchesRequiredAffinity, matchesTerm } from '../common/node-selector.ts';

const refused = refuseForGood("node(s) didn't match Pod's node affinity/selector");

/** Names of nodes when every term asks for a name (as DaemonSet pods do): then no other node need be looked at. */
function namedNodes(selector: NodeSelector): Set<string> | undefined {
  const names = new Set<string>();
  for (const term of selector.nodeSelectorTerms) {
    const field = term.matchFields?.find((one) => one.key === 'metadata.name' && one.operator === 'In');
    if (field === undefined) return undefined;
    for (const name of field.values ?? []) names.add(name);
  }
  return names;
}

/** `nodeSelector` and node affinity: the required part filters, the preferred part scores. */
export const nodeAffinity: Plugin = {
  name: 'NodeAffinity',
  weight: 2,
  normalize: 'by-max',
  prepare: ({ pod }) => {
    const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
    if (required === undefined && pod.spec?.nodeSelector === undefined) return { skip: true };
    const nodes = required === undefined ? undefined : namedNodes(required);
    return nodes === undefined ? {} : { nodes };
  },
  filter: ({ pod }, { node }) => (matchesRequiredAffinity(pod, node) ? undefined : refused),
  scores: ({ pod }) => (pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).length > 0,
  score: ({ pod }, { node }) => {
    let total = 0;
    for (const { weight, preference } of pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
      if (matchesTerm(preference, node)) total += weight;
    }
    return total;
  },
  mayHelp: (event, { pod }) => (event.type === 'node-added' || event.type === 'node-updated') && matchesRequiredAffinity(pod, event.node),
};
