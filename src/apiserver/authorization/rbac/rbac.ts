import { clusterrolebindings, clusterroles, rolebindings, roles } from '../../../api/resources.ts';
import type { PolicyRule, RoleRef } from '../../../api/types/rbac/v1.ts';
import type { UserInfo } from '../../authentication/authenticator.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { Attributes, Authorizer, Decision } from '../authorizer.ts';
import { aggregate } from '../union.ts';
import { BindingIndex } from './index.ts';
import { ruleAllows, ruleCovers } from './rules.ts';

/** The rules that a user holds in one scope, each with the binding it comes from, and what could not be resolved. */
export interface RuleSet {
  readonly rules: readonly { readonly rule: PolicyRule; readonly source: string }[];
  /** Sentences such as `clusterrole.rbac.authorization.k8s.io "x" not found`. */
  readonly errors: readonly string[];
}

/** A rule set that knows which of its rules are about a resource. */
class HeldRules implements RuleSet {
  readonly rules: RuleSet['rules'];
  readonly errors: readonly string[];
  readonly #grants: readonly Grant[];
  /** By resource, then by subresource, in the order of the rules. */
  #about = new Map<string, Map<string, readonly Grant[]>>();

  constructor({ rules, errors }: RuleSet) {
    this.rules = rules;
    this.errors = errors;
    this.#grants = rules.map(({ rule, source }) => ({ rule, decision: { verdict: 'allow', reason: `RBAC: allowed by ${source}` } }));
  }

  /** What the first rule says that allows it; undefined: none does. */
  decide(attributes: Attributes): Decision | undefined {
    for (const { rule, decision } of attributes.isResourceRequest ? this.#grantsOf(attributes.resource, attributes.subresource) : this.#grants) {
      if (ruleAllows(rule, attributes)) return decision;
    }
    return undefined;
  }

  #grantsOf(resource: string, subresource: string): readonly Grant[] {
    const known = this.#about.get(resource)?.get(subresource);
    if (known !== undefined) return known;
    // Whoever asks may make names up.
    if (this.#about.size >= maxResources) this.#about = new Map();
    let ofResource = this.#about.get(resource);
    if (ofResource === undefined) this.#about.set(resource, ofResource = new Map<string, readonly Grant[]>());
    else if (ofResource.size >= maxResources) ofResource.clear();
    const grants = this.#grants.filter(({ rule }) => ruleCovers(rule, resource, subresource));
    ofResource.set(subresource, grants);
    return grants;
  }
}

interface Grant {
  readonly rule: PolicyRule;
  readonly decision: Decision;
}

/** How many (user, groups, namespace) combinations are remembered. */
const maxCachedSets = 4096;
/** Resources, and subresources of one, that a rule set remembers its rules about. */
const maxResources = 256;
/** Namespaces that are remembered of one user object. */
const maxNamespaces = 256;

const noOpinion: Decision = { verdict: 'no-opinion', reason: '' };

/**
 * Role-based access control over the objects that the reader holds. Rule sets are remembered by user and namespace
 * until any role or binding changes, so that a decision about a known user looks at nothing but its own rules.
 */
export class RbacAuthorizer implements Authorizer {
  readonly name = 'RBAC';
  readonly #reader: ObjectReader;
  readonly #index: BindingIndex;
  readonly #sets = new Map<string, HeldRules>();
  /** The same by the object that stands for a user, and namespace: those who come again have the same one. */
  #byUser = new WeakMap<UserInfo, Map<string, HeldRules>>();
  readonly #undo: readonly (() => void)[];

  constructor(reader: ObjectReader) {
    this.#reader = reader;
    this.#index = new BindingIndex(reader);
    this.#undo = [
      reader.onChange(clusterroles, () => this.#forget()),
      reader.onChange(roles, () => this.#forget()),
      reader.onChange(clusterrolebindings, (change) => {
        this.#index.update('ClusterRoleBinding', change);
        this.#forget();
      }),
      reader.onChange(rolebindings, (change) => {
        this.#index.update('RoleBinding', change);
        this.#forget();
      }),
    ];
  }

  [Symbol.dispose](): void {
    for (const undo of this.#undo) undo();
  }

  #forget(): void {
    this.#sets.clear();
    this.#byUser = new WeakMap();
  }

  authorize(attributes: Attributes): Decision {
    const namespace = attributes.isResourceRequest ? attributes.namespace : '';
    const cluster = this.#setOf(attributes.user, '');
    const everywhere = cluster.decide(attributes);
    if (everywhere !== undefined) return everywhere;
    const local = namespace === '' ? undefined : this.#setOf(attributes.user, namespace);
    const here = local?.decide(attributes);
    if (here !== undefined) return here;
    const errors = local === undefined ? cluster.errors : [...cluster.errors, ...local.errors];
    return errors.length === 0 ? noOpinion : { verdict: 'no-opinion', reason: `RBAC: ${aggregate(errors)}` };
  }

  /** Every rule that a user holds in a namespace, cluster-wide ones first; for '' the cluster-wide ones alone. */
  rulesFor(user: UserInfo, namespace: string): RuleSet {
    const cluster = this.#setOf(user, '');
    if (namespace === '') return cluster;
    const local = this.#setOf(user, namespace);
    return { rules: [...cluster.rules, ...local.rules], errors: [...cluster.errors, ...local.errors] };
  }

  /** The rules of the role that a binding in `namespace` ('' for a ClusterRoleBinding) refers to, or why there are none. */
  roleRules(roleRef: RoleRef, namespace: string): readonly PolicyRule[] | { readonly error: string } {
    switch (roleRef.kind) {
      case 'ClusterRole': {
        const role = this.#reader.get(clusterroles, '', roleRef.name);
        return role === undefined ? { error: `clusterrole.rbac.authorization.k8s.io ${JSON.stringify(roleRef.name)} not found` } : role.rules ?? [];
      }
      case 'Role': {
        const role = this.#reader.get(roles, namespace, roleRef.name);
        return role === undefined ? { error: `role.rbac.authorization.k8s.io ${JSON.stringify(roleRef.name)} not found` } : role.rules ?? [];
      }
      default:
        return { error: `unsupported role reference kind: ${JSON.stringify(roleRef.kind)}` };
    }
  }

  #setOf(user: UserInfo, namespace: string): HeldRules {
    let ofUser = this.#byUser.get(user);
    if (ofUser === undefined) this.#byUser.set(user, ofUser = new Map<string, HeldRules>());
    let set = ofUser.get(namespace);
    if (set !== undefined) return set;
    if (ofUser.size >= maxNamespaces) ofUser.clear();
    set = this.#setOfAlike(user, namespace);
    ofUser.set(namespace, set);
    return set;
  }

  /** The same user may come as many objects: one a connection. */
  #setOfAlike(user: UserInfo, namespace: string): HeldRules {
    const key = `${namespace}\0${JSON.stringify([user.name, user.groups])}`;
    let set = this.#sets.get(key);
    if (set === undefined) {
      set = new HeldRules(this.#resolve(user, namespace));
      if (this.#sets.size >= maxCachedSets) this.#sets.delete(this.#sets.keys().next().value!);
      this.#sets.set(key, set);
    }
    return set;
  }

  #resolve(user: UserInfo, namespace: string): RuleSet {
    const rules: { rule: PolicyRule; source: string }[] = [];
    const errors: string[] = [];
    for (const binding of this.#index.bindingsOf(user, namespace)) {
      const granted = this.roleRules(binding.roleRef, namespace);
      if ('error' in granted) errors.push(granted.error);
      else for (const rule of granted) rules.push({ rule, source: binding.description });
    }
    return { rules, errors };
  }
}
