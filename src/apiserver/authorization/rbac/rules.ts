import type { PolicyRule } from '../../../api/types/rbac/v1.ts';
import type { Attributes } from '../authorizer.ts';

const has = (list: readonly string[] | undefined, value: string): boolean => list !== undefined && list.includes(value);

/** Whether a rule's resources (`pods`, `pods/log`, `*`, any scale subresource) take in a resource and its subresource. */
function resourceMatches(resources: readonly string[] | undefined, combined: string, subresource: string): boolean {
  if (resources === undefined) return false;
  for (const one of resources) {
    if (one === '*' || one === combined) return true;
    if (subresource !== '' && one.length === subresource.length + 2 && one.startsWith('*/') && one.endsWith(subresource)) return true;
  }
  return false;
}

/** Whether a rule's URL (`/healthz`, `/api/*`, `*`) takes in a path. */
function urlMatches(url: string, path: string): boolean {
  return url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.replace(/\*+$/, '')));
}

/** Whether a rule is about a resource and its subresource, whatever it allows of it. */
export function ruleCovers(rule: PolicyRule, resource: string, subresource: string): boolean {
  return resourceMatches(rule.resources, subresource === '' ? resource : `${resource}/${subresource}`, subresource);
}

/** Whether one rule allows what is asked. */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, '*') && !has(rule.verbs, attributes.verb)) return false;
  if (!attributes.isResourceRequest) return rule.nonResourceURLs?.some((url) => urlMatches(url, attributes.path)) ?? false;
  const { apiGroup, resource, subresource, name } = attributes;
  return (has(rule.apiGroups, '*') || has(rule.apiGroups, apiGroup))
    && ruleCovers(rule, resource, subresource)
    && (rule.resourceNames === undefined || rule.resourceNames.length === 0 || rule.resourceNames.includes(name));
}

/** Merges the verbs of rules over the same single group, resource and name. */
export function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const compacted: PolicyRule[] = [];
  const simple = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const isSimple = (rule.nonResourceURLs ?? []).length === 0 && rule.apiGroups?.length === 1 && rule.resources?.length === 1 && (rule.resourceNames ?? []).length <= 1;
    if (!isSimple) {
      compacted.push(rule);
      continue;
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames ?? []]);
    const existing = simple.get(key);
    if (existing === undefined) simple.set(key, { ...rule, verbs: [...rule.verbs] });
    else for (const verb of rule.verbs) if (!existing.verbs.includes(verb)) existing.verbs.push(verb);
  }
  return [...compacted, ...simple.values()];
}

/** `["a" "b"]`: a list of strings as Go's %q prints it. */
export const quoted = (list: readonly string[]): string => `[${list.map((one) => JSON.stringify(one)).join(' ')}]`;

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`: a rule as upstream's messages print it. */
export function describeRule(rule: PolicyRule): string {
  const parts: readonly (readonly [string, readonly string[] | undefined])[] = [
    ['APIGroups', rule.apiGroups], ['Resources', rule.resources], ['NonResourceURLs', rule.nonResourceURLs], ['ResourceNames', rule.resourceNames], ['Verbs', rule.verbs],
  ];
  return `{${parts.filter(([, list]) => list !== undefined && list.length > 0).map(([title, list]) => `${title}:${quoted(list!)}`).join(', ')}}`;
}
