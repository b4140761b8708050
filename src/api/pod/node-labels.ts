/** Labels of nodes that nobody should select by any more (upstream's pkg/api/node). */
import { labelValue } from '../meta/validation.ts';
import type { NodeSelectorTerm } from '../types/core/v1.ts';
import type { LabelSelector } from '../types/meta/v1.ts';

/** What is said of each deprecated label. */
export const deprecatedNodeLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
};

/** Warnings for one choice of nodes; `checkValues`: values that no label can have count, too. */
export function nodeTermWarnings({ matchExpressions = [] }: NodeSelectorTerm, path: string, options: { readonly checkValues?: boolean } = {}): string[] {
  return matchExpressions.flatMap(({ key, values = [] }, i) => {
    const at = `${path}.matchExpressions[${i}]`;
    const message = deprecatedNodeLabels[key];
    const warnings = message === undefined ? [] : [`${at}.key: ${key} is ${message}`];
    if (options.checkValues === true) values.forEach((value, j) => { for (const wrong of labelValue(value)) warnings.push(`${at}.values[${j}]: ${value} is invalid, ${wrong}`); });
    return warnings;
  });
}

/** Warnings for a label selector of nodes. */
export function nodeSelectorWarnings(selector: LabelSelector | undefined, path: string): string[] {
  if (selector === undefined) return [];
  const warnings = nodeTermWarnings(selector as NodeSelectorTerm, path);
  for (const key in selector.matchLabels) {
    const message = deprecatedNodeLabels[key];
    if (message !== undefined) warnings.push(`${path}.matchLabels.${key}: ${message}`);
  }
  return warnings;
}
