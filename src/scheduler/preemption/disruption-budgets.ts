import { namespaceOf } from '../../api/meta/object.ts';
import type { PodDisruptionBudget } from '../../api/types/policy/v1.ts';
import { selectorFrom } from '../cache/affinity-term.ts';
import type { PodInfo } from '../cache/pod-info.ts';

/** Which of the pods cannot all be evicted without violating a budget, and which can; each in the order given. */
export function splitByBudgets(pods: readonly PodInfo[], budgets: readonly PodDisruptionBudget[]): { readonly violating: PodInfo[]; readonly others: PodInfo[] } {
  const rules = budgets.map(({ metadata, spec, status }) => ({ namespace: namespaceOf({ metadata }), selector: selectorFrom(spec?.selector), allowed: status?.disruptionsAllowed ?? 0, disrupted: status?.disruptedPods ?? {} }));
  const violating: PodInfo[] = [];
  const others: PodInfo[] = [];
  for (const info of pods) {
    const { labels, name } = info.pod.metadata;
    let violates = false;
    for (const rule of labels === undefined ? [] : rules) {
      if (rule.namespace !== info.namespace || rule.selector.empty || !rule.selector.matches(labels)) continue;
      // The API server has counted it already.
      if (Object.hasOwn(rule.disrupted, name ?? '')) continue;
      rule.allowed--;
      if (rule.allowed < 0) violates = true;
    }
    (violates ? violating : others).push(info);
  }
  return { violating, others };
}
