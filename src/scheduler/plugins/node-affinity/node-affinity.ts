import type { Node, NodeAffinity, NodeSelector, Pod } from '../../../api/types/core/v1.ts';
import { normalizeByMax } from '../../framework/normalize.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { refuseForGood } from '../../framework/verdict.ts';
import { matchesNodeSelector, matchesRequiredAffinity, matchesTerm } from '../../../api/pod/node-selector.ts';

const refused = refuseForGood("node(s) didn't match Pod's node affinity/selector");
const enforced = refuseForGood("node(s) didn't match scheduler-enforced node affinity");
const conflict = refuseForGood('pod affinity terms conflict');

export interface NodeAffinityArgs {
  /** Applies to all pods, beside their own. */
  readonly addedAffinity?: NodeAffinity;
}

const requiredOf = ({ spec }: Pod): NodeSelector | undefined => spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
const preferredOf = (affinity: NodeAffinity | undefined): NonNullable<NodeAffinity['preferredDuringSchedulingIgnoredDuringExecution']> => affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];

/** Names of nodes when every term asks for a name (as DaemonSet pods do): then no other node need be looked at. */
function namedNodes({ nodeSelectorTerms }: NodeSelector): Set<string> | undefined {
  const names = new Set<string>();
  if (nodeSelectorTerms.length === 0) return undefined;
  for (const term of nodeSelectorTerms) {
    const fields = (term.matchFields ?? []).filter(({ key, operator }) => key === 'metadata.name' && operator === 'In');
    if (fields.length === 0) return undefined;
    const [first, ...rest] = fields.map(({ values }) => new Set(values));
    let all = first!;
    for (const more of rest) all = all.intersection(more);
    for (const name of all) names.add(name);
  }
  return names;
}

/** `nodeSelector` and node affinity: the required part filters, the preferred part scores. */
export function nodeAffinity({ addedAffinity }: NodeAffinityArgs = {}): Plugin {
  const added = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const isAllowed = (node: Node): boolean => added === undefined || matchesNodeSelector(added, node);
  const score = (affinity: NodeAffinity | undefined, node: Node): number => {
    let total = 0;
    for (const { weight, preference } of preferredOf(affinity)) if (matchesTerm(preference, node)) total += weight;
    return total;
  };
  return {
    name: 'NodeAffinity',
    alike: ({ pod: { spec } }) => [spec?.nodeSelector, spec?.affinity?.nodeAffinity],
    prepare: ({ pod }) => {
      const required = requiredOf(pod);
      if (required === undefined && added === undefined && pod.spec?.nodeSelector === undefined) return { skip: true };
      const nodes = required === undefined ? undefined : namedNodes(required);
      if (nodes === undefined) return {};
      return nodes.size === 0 ? { refused: conflict } : { nodes };
    },
    filter: ({ pod }, { node }) => {
      if (!isAllowed(node)) return enforced;
      return matchesRequiredAffinity(pod, node) ? undefined : refused;
    },
    prepareScore: ({ pod }) => ({ skip: preferredOf(pod.spec?.affinity?.nodeAffinity).length === 0 && preferredOf(addedAffinity).length === 0 }),
    score: ({ pod }, { node }) => score(addedAffinity, node) + score(pod.spec?.affinity?.nodeAffinity, node),
    normalize: (scores) => normalizeByMax(scores),
    wakes: {
      NodeAdd: ({ pod }, { object }) => isAllowed(object) && matchesRequiredAffinity(pod, object),
      NodeUpdateLabel: ({ pod }, { old, object }) => isAllowed(object) && matchesRequiredAffinity(pod, object) && !(isAllowed(old) && matchesRequiredAffinity(pod, old)),
    },
  };
}
