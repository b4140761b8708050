import type { Call } from '../../command.ts';
import { KubectlError } from '../../errors.ts';
import { array, list } from '../../flags/flags.ts';

/** What `create role` and `create clusterrole` have in common. */
export const ruleFlags = {
  'resource': list('Resource that the rule applies to'),
  'resource-name': array('Resource in the white list that the rule applies to, repeat this flag for multiple items'),
  'verb': list('Verb that applies to the resources contained in the rule'),
} as const;

type RuleCall = Pick<Call<typeof ruleFlags>, 'flags' | 'session'>;

interface Wanted { readonly group: string; readonly resource: string; readonly subresource: string }
interface Rule { readonly apiGroups?: readonly string[]; readonly resources?: readonly string[]; readonly resourceNames?: readonly string[]; readonly nonResourceURLs?: readonly string[]; readonly verbs: readonly string[] }

const standardVerbs: ReadonlySet<string> = new Set(['*', 'get', 'delete', 'list', 'create', 'update', 'patch', 'watch', 'proxy', 'deletecollection', 'use', 'bind', 'escalate', 'impersonate']);
const roles = ['roles.rbac.authorization.k8s.io', 'clusterroles.rbac.authorization.k8s.io'];
/** Verbs that mean something for a few resources alone; some of these no server lists. */
const specialVerbs: Readonly<Record<string, readonly string[]>> = {
  use: ['podsecuritypolicies.policy', 'podsecuritypolicies.extensions'],
  bind: roles,
  escalate: roles,
  impersonate: ['users.', 'serviceaccounts.', 'groups.', 'userextras.authentication.k8s.io'],
};

/** The verbs without those said twice; `*` stands for all others. */
export const verbsOf = ({ verb }: RuleCall['flags']): readonly string[] => (verb.includes('*') ? ['*'] : [...new Set(verb)]);

function wantedResources({ resource: words }: RuleCall['flags']): Wanted[] {
  const wanted: Wanted[] = [];
  for (const word of words) {
    const slash = word.indexOf('/');
    const [full, subresource] = slash < 0 ? [word, ''] : [word.slice(0, slash), word.slice(slash + 1)];
    const dot = full.indexOf('.');
    const one = { resource: dot < 0 ? full : full.slice(0, dot), group: dot < 0 ? '' : full.slice(dot + 1), subresource };
    if (word === '*') return [one];
    wanted.push(one);
  }
  return wanted;
}

/** The resource that is meant: what the server has, else as it is written. */
async function resolved({ session }: RuleCall, { resource, group }: Wanted): Promise<{ readonly resource: string; readonly group: string; readonly error?: unknown }> {
  try {
    return await (await session.mapper()).resource(group === '' ? resource : `${resource}.${group}`);
  } catch (error) {
    return { resource, group, error };
  }
}

/** Refuses resources that there are not, and verbs that mean nothing for them. */
export async function checkResources(call: RuleCall): Promise<void> {
  const verbs = verbsOf(call.flags);
  for (const verb of verbs) if (!standardVerbs.has(verb)) await call.session.io.stderr.write(`Warning: '${verb}' is not a standard resource verb\n`);
  const wanted = wantedResources(call.flags);
  if (wanted.length === 0) throw new KubectlError('at least one resource must be specified');
  for (const one of wanted) {
    if (one.resource === '') throw new KubectlError('resource must be specified if apiGroup/subresource specified');
    if (one.resource === '*') return;
    const { resource, group, error } = await resolved(call, one);
    const special = verbs.filter((verb) => Object.hasOwn(specialVerbs, verb));
    for (const verb of special) if (!specialVerbs[verb]!.includes(`${resource}.${group}`)) throw new KubectlError(`can not perform '${verb}' on '${resource}' in group '${group}'`);
    // As upstream's mapper says it, which is not what its resource builder says.
    if (error !== undefined && special.length === 0) throw error instanceof KubectlError ? new KubectlError(`the server doesn't have a resource type ${JSON.stringify(resource)}${group === '' ? '' : ` in group ${JSON.stringify(group)}`}`, { prefixed: true, cause: error }) : error;
  }
}

/** A rule for the resources of each group, and one for the URLs. */
export async function rulesOf(call: RuleCall, nonResourceUrls: readonly string[] = []): Promise<Rule[]> {
  const verbs = verbsOf(call.flags);
  const groups = new Map<string, Set<string>>();
  for (const one of wantedResources(call.flags)) {
    const { resource, group } = await resolved(call, one);
    groups.set(group, (groups.get(group) ?? new Set()).add(one.subresource === '' ? resource : `${resource}/${one.subresource}`));
  }
  const names = [...new Set(call.flags['resource-name'])];
  const rules: Rule[] = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([group, resources]) => ({ apiGroups: [group], ...(names.length > 0 && { resourceNames: names }), resources: [...resources], verbs }));
  return nonResourceUrls.length === 0 ? rules : [...rules, { nonResourceURLs: nonResourceUrls, verbs }];
}
