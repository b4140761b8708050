import type { FlowSchema, NonResourcePolicyRule, PolicyRulesWithSubjects, ResourcePolicyRule, Subject } from '../../api/types/flowcontrol/v1.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { RequestInfo } from '../request.ts';

const accountPrefix = 'system:serviceaccount:';

function matchesSubject(user: UserInfo, subject: Subject): boolean {
  switch (subject.kind) {
    case 'User': return subject.user !== undefined && (subject.user.name === '*' || subject.user.name === user.name);
    case 'Group': return subject.group !== undefined && (subject.group.name === '*' || user.groups.includes(subject.group.name));
    case 'ServiceAccount': {
      const { serviceAccount: account } = subject;
      if (account === undefined) return false;
      const start = `${accountPrefix}${account.namespace}:`;
      return account.name === '*' ? user.name.startsWith(start) : user.name === `${start}${account.name}`;
    }
    default: return false;
  }
}

/** Undefined: whatever it is. The wildcard counts only when it stands alone, which validation ensures. */
type Choice = ReadonlySet<string> | undefined;
const choice = (list: readonly string[] | undefined): Choice => (list?.length === 1 && list[0] === '*' ? undefined : new Set(list));
const allows = (wanted: Choice, value: string): boolean => wanted === undefined || wanted.has(value);

interface ResourceMatch {
  readonly verbs: Choice;
  readonly groups: Choice;
  readonly resources: Choice;
  readonly namespaces: Choice;
  readonly clusterScope: boolean;
}

interface PathMatch {
  readonly verbs: Choice;
  /** Undefined: every path. */
  readonly paths: readonly { readonly exact: string; readonly prefix: string }[] | undefined;
}

const resourceMatch = ({ verbs, apiGroups, resources, namespaces, clusterScope }: ResourcePolicyRule): ResourceMatch =>
  ({ verbs: choice(verbs), groups: choice(apiGroups), resources: choice(resources), namespaces: choice(namespaces), clusterScope: clusterScope === true });

function pathMatch({ verbs, nonResourceURLs }: NonResourcePolicyRule): PathMatch {
  if (nonResourceURLs.includes('*')) return { verbs: choice(verbs), paths: undefined };
  const paths = nonResourceURLs.map((exact) => {
    const prefix = exact.endsWith('*') ? exact.slice(0, -1) : exact;
    return { exact, prefix: prefix.endsWith('/') ? prefix : `${prefix}/` };
  });
  return { verbs: choice(verbs), paths };
}

/** One set of rules of a flow schema, for a user who is one of its subjects. */
export class CompiledRules {
  readonly #subjects: readonly Subject[];
  readonly #resources: readonly ResourceMatch[];
  readonly #paths: readonly PathMatch[];

  constructor({ subjects, resourceRules = [], nonResourceRules = [] }: PolicyRulesWithSubjects) {
    this.#subjects = subjects;
    this.#resources = resourceRules.map(resourceMatch);
    this.#paths = nonResourceRules.map(pathMatch);
  }

  concerns(user: UserInfo): boolean {
    return this.#subjects.some((subject) => matchesSubject(user, subject));
  }

  matches(info: RequestInfo): boolean {
    if (!info.isResourceRequest) {
      for (const { verbs, paths } of this.#paths) {
        if (!allows(verbs, info.verb)) continue;
        if (paths === undefined || paths.some(({ exact, prefix }) => exact === info.path || info.path.startsWith(prefix))) return true;
      }
      return false;
    }
    for (const rule of this.#resources) {
      if (!allows(rule.verbs, info.verb)) continue;
      if (rule.resources !== undefined && !rule.resources.has(info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`)) continue;
      if (!allows(rule.groups, info.apiGroup)) continue;
      if (info.namespace === '' ? rule.clusterScope : allows(rule.namespaces, info.namespace)) return true;
    }
    return false;
  }
}

/** Lower precedence first, then by name, as upstream tries them. */
export function inMatchingOrder(schemas: readonly FlowSchema[]): FlowSchema[] {
  const precedence = ({ spec }: FlowSchema): number => spec?.matchingPrecedence ?? 0;
  return [...schemas].sort((a, b) => precedence(a) - precedence(b) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
}

/**
 * Finds the first of many, each with its own rules, that a request matches. Whom a rule concerns is worked out once a
 * user; what is left to look at for a request is a few sets.
 */
export class Classifier<T> {
  readonly #entries: readonly { readonly rules: readonly CompiledRules[]; readonly value: T }[];
  readonly #fallback: T;
  readonly #byUser = new WeakMap<UserInfo, readonly { readonly rules: CompiledRules; readonly value: T }[]>();

  /** In order of preference; `fallback` for what none of them matches. */
  constructor(entries: readonly { readonly schema: FlowSchema; readonly value: T }[], fallback: T) {
    this.#entries = entries.map(({ schema, value }) => ({ rules: (schema.spec?.rules ?? []).map((rules) => new CompiledRules(rules)), value }));
    this.#fallback = fallback;
  }

  classify(user: UserInfo, info: RequestInfo): T {
    let candidates = this.#byUser.get(user);
    if (candidates === undefined) {
      candidates = this.#entries.flatMap(({ rules, value }) => rules.filter((one) => one.concerns(user)).map((one) => ({ rules: one, value })));
      this.#byUser.set(user, candidates);
    }
    for (const { rules, value } of candidates) if (rules.matches(info)) return value;
    return this.#fallback;
  }
}
