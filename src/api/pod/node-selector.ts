import type { Node, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '../types/core/v1.ts';

const integer = /^[+-]?\d+$/;

function matchesRequirement(requirement: NodeSelectorRequirement, value: string | undefined): boolean {
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In': return value !== undefined && values.includes(value);
    case 'NotIn': return value === undefined || !values.includes(value);
    case 'Exists': return value !== undefined;
    case 'DoesNotExist': return value === undefined;
    case 'Gt': return value !== undefined && integer.test(value) && integer.test(values[0] ?? '') && Number(value) > Number(values[0]);
    case 'Lt': return value !== undefined && integer.test(value) && integer.test(values[0] ?? '') && Number(value) < Number(values[0]);
    default: return false;
  }
}

/** All requirements of a term must hold; a term without any matches no node. */
export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length === 0 && fields.length === 0) return false;
  const { labels } = node.metadata;
  return expressions.every((one) => matchesRequirement(one, labels?.[one.key])) && fields.every((one) => matchesRequirement(one, one.key === 'metadata.name' ? node.metadata.name : undefined));
}

/** One term must match. */
export function matchesNodeSelector(selector: NodeSelector, node: Node): boolean {
  return selector.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** Does the node satisfy the pod's `nodeSelector` and its required node affinity? */
export function matchesRequiredAffinity(pod: Pod, node: Node): boolean {
  const wanted = pod.spec?.nodeSelector;
  if (wanted !== undefined) for (const key in wanted) if (node.metadata.labels?.[key] !== wanted[key]) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesNodeSelector(required, node);
}
