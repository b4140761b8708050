import type { PolicyRule } from '../../../api/types/rbac/v1.ts';

const words = (text: string): string[] => text.split(' ');
const groupsOf = (text: string): string[] => text.split(',');

/** A rule from its verbs, API groups (comma-separated, '' for core) and resources, written as upstream stores them: sorted. */
export function rule(verbs: string, groups: string, resources: string, resourceNames?: string): PolicyRule {
  return {
    verbs: words(verbs).sort(),
    apiGroups: groupsOf(groups).sort(),
    resources: words(resources).sort(),
    ...(resourceNames !== undefined && { resourceNames: words(resourceNames).sort() }),
  };
}

/** A rule over paths outside the resources. */
export function urls(verbs: string, paths: string): PolicyRule {
  return { verbs: words(verbs).sort(), nonResourceURLs: words(paths).sort() };
}

export const read = 'get list watch';
export const write = 'create update patch delete deletecollection';
export const readWrite = `${read} ${write}`;

/** What writing events takes. */
export const eventsRule: PolicyRule = rule('create update patch', ',events.k8s.io', 'events');
