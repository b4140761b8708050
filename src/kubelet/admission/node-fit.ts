import { matchesRequiredAffinity } from '../../api/pod/node-selector.ts';
import { isTolerated } from '../../api/pod/tolerations.ts';
import { specOf } from '../pods/pod-spec.ts';
import type { Admission, Refusal } from './verdict.ts';

const predicate = (name: string, why: string): { readonly reason: string; readonly message: string } => ({ reason: name, message: `Predicate ${name} failed: ${why}` });

/** Labels that the pod's selector and affinity ask for, and taints that would evict it at once. */
export const nodeFit: Admission = (pod, { node }) => {
  if (node === undefined) return undefined;
  if (!matchesRequiredAffinity(pod, node)) return predicate('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
  const taint = node.spec?.taints?.find((one) => one.effect === 'NoExecute' && !isTolerated(one, specOf(pod).tolerations));
  return taint === undefined ? undefined : predicate('TaintToleration', "node(s) had taints that the pod didn't tolerate");
};

/** Is this a refusal that another look at the node may change? */
export function dependsOnNode({ reason }: Refusal): boolean {
  return reason === 'NodeAffinity' || reason === 'TaintToleration';
}
