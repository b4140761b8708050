import type { PolicyRule } from '../types/rbac/v1.ts';

const has = (list: readonly string[] | undefined, value: string): boolean => list !== undefined && list.includes(value);

const hasAll = (set: readonly string[] | undefined, wanted: readonly string[] | undefined): boolean => (wanted ?? []).every((one) => has(set, one));

function resourcesCover(owned: readonly string[] | undefined, wanted: readonly string[] | undefined): boolean {
  if (has(owned, '*')) return true;
  return (wanted ?? []).every((one) => {
    if (has(owned, one)) return true;
    const slash = one.indexOf('/');
    return slash >= 0 && has(owned, `*/${one.slice(slash + 1)}`);
  });
}

function urlsCover(owned: readonly string[] | undefined, wanted: readonly string[] | undefined): boolean {
  return (wanted ?? []).every((path) => (owned ?? []).some((url) => url === path || (url.endsWith('*') && path.startsWith(url.replace(/\*+$/, '')))));
}

/** Whether everything that `part` grants (an atomic rule) is granted by `owned`. */
function ruleCovers(owned: PolicyRule, part: PolicyRule): boolean {
  const names = owned.resourceNames ?? [];
  const wantedNames = part.resourceNames ?? [];
  return (has(owned.verbs, '*') || hasAll(owned.verbs, part.verbs))
    && (has(owned.apiGroups, '*') || hasAll(owned.apiGroups, part.apiGroups))
    && resourcesCover(owned.resources, part.resources)
    && urlsCover(owned.nonResourceURLs, part.nonResourceURLs)
    && (names.length === 0 || (wantedNames.length > 0 && hasAll(names, wantedNames)));
}

/** A rule as rules with one verb, one group, one resource, at most one name each. */
function breakdown(rule: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = [];
  for (const group of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs) {
        const one = { apiGroups: [group], resources: [resource], verbs: [verb] };
        if ((rule.resourceNames ?? []).length === 0) parts.push(one);
        else for (const name of rule.resourceNames!) parts.push({ ...one, resourceNames: [name] });
      }
    }
  }
  for (const url of rule.nonResourceURLs ?? []) for (const verb of rule.verbs) parts.push({ nonResourceURLs: [url], verbs: [verb] });
  return parts;
}

/** The atomic rules in `wanted` that `owned` does not grant. */
export function uncoveredRules(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  // Most rules are granted as they stand, and need not be taken apart: a default role has hundreds of parts.
  const notWhole = wanted.filter((rule) => !owned.some((one) => ruleCovers(one, rule)));
  return notWhole.flatMap(breakdown).filter((part) => !owned.some((rule) => ruleCovers(rule, part)));
}
