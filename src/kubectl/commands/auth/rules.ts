import type { PolicyRule } from '../../../api/types/rbac/v1.ts';

/** Each rule as several that have one verb, one resource and one name. */
function broken({ apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [], verbs }: PolicyRule): PolicyRule[] {
  const names = resourceNames.length === 0 ? [undefined] : resourceNames;
  return [
    ...apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.flatMap((verb) => names.map((name): PolicyRule => ({ apiGroups: [group], resources: [resource], verbs: [verb], ...(name !== undefined && { resourceNames: [name] }) }))))),
    ...nonResourceURLs.flatMap((url) => verbs.map((verb): PolicyRule => ({ nonResourceURLs: [url], verbs: [verb] }))),
  ];
}

/** Rules taken apart, and put together again where they differ only in their verbs: one for each resource. */
export function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const others: PolicyRule[] = [];
  const byResource = new Map<string, PolicyRule>();
  for (const rule of rules.flatMap(broken)) {
    if (rule.nonResourceURLs !== undefined) {
      others.push(rule);
      continue;
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames]);
    const before = byResource.get(key);
    if (before === undefined) byResource.set(key, { ...rule, verbs: [...rule.verbs] });
    else before.verbs.push(...rule.verbs.filter((verb) => !before.verbs.includes(verb)));
  }
  return [...others, ...byResource.values()];
}

/** A text that orders rules as upstream orders them. */
export function ruleText({ verbs, apiGroups, resources, resourceNames, nonResourceURLs }: PolicyRule): string {
  return `&PolicyRule{Verbs:${goStrings(verbs)},APIGroups:${goStrings(apiGroups)},Resources:${goStrings(resources)},ResourceNames:${goStrings(resourceNames)},NonResourceURLs:${goStrings(nonResourceURLs)},}`;
}

const goStrings = (values: readonly string[] | undefined): string => `[${(values ?? []).join(' ')}]`;

/** `deployments.apps/scale`. */
export function resourceText({ resources = [], apiGroups = [] }: PolicyRule): string {
  const [first] = resources;
  if (first === undefined) return '';
  const [name, ...sub] = first.split('/');
  const group = apiGroups[0] ?? '';
  return `${name!}${group === '' ? '' : `.${group}`}${sub.length === 0 ? '' : `/${sub.join('/')}`}`;
}
