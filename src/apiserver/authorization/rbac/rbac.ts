import { clusterrolebindings, clusterroles, rolebindings, roles } from '../../../api/resources.ts';
import type { PolicyRule, RoleRef } from '../../../api/types/rbac/v1.ts';
import type { UserInfo } from '../../authentication/authenticator.ts';
import type { ObjectReader } from '../../cache/reader.ts';
import type { Attributes, Authorizer, Decision } from '../authorizer.ts';
import { aggregate } from '../union.ts';
import { BindingIndex } from './index.ts';
import { ruleAllows } from './rules.ts';

/** The rules that a user holds in one scope, each with the binding it comes from, and what could not be resolved. */
export interface RuleSet {
  readonly rules: readonly { readonly rule: PolicyRule; readonly source: string }[];
  /** Sentences such as `clusterrole.rbac.authorization.k8s.io "x" not found`. */
  readonly errors: readonly string[];
}

/** How many (user, groups, namespace) combinations are remembered. */
const maxCachedSets = 4096;

const noOpinion: Decision = { verdict: 'no-opinion', reason: '' };

/**
 * Role-based access control over the objects that the reader holds. Rule sets are remembered by user and namespace
 * until any role or binding changes, so that a decision about a known user looks at nothing but its own rules.
 */
export class RbacAuthorizer implements Authorizer {
  readonly name = 'RBAC';
  readonly #reader: ObjectReader;
  readonly #index: BindingIndex;
  readonly #sets = new Map<string, RuleSet>();
  readonly #userKeys = new WeakMap<UserInfo, string>();
  readonly #undo: readonly (() => void)[];

  constructor(reader: ObjectReader) {
    this.#reader = reader;
    this.#index = new BindingIndex(reader);
    this.#undo = [
      reader.onChange(clusterroles, () => this.#sets.clear()),
      reader.onChange(roles, () => this.#sets.clear()),
      reader.onChange(clusterrolebindings, (change) => {
        this.#index.update('ClusterRoleBinding', change);
        this.#sets.clear();
      }),
      reader.onChange(rolebindings, (change) => {
        this.#index.update('RoleBinding', change);
        this.#sets.clear();
      }),
    ];
  }

  [Symbol.dispose](): void {
    for (const undo of this.#undo) undo();
  }

  authorize(attributes: Attributes): Decision {
    const namespace = attributes.isResourceRequest ? attributes.namespace : '';
    const cluster = this.#setOf(attributes.user, '');
    for (const { rule, source } of cluster.rules) {
      if (ruleAllows(rule, attributes)) return { verdict: 'allow', reason: `RBAC: allowed by ${source}` };
    }
    const local = namespace === '' ? undefined : this.#setOf(attributes.user, namespace);
    for (const { rule, source } of local?.rules ?? []) {
      if (ruleAllows(rule, attributes)) return { verdict: 'allow', reason: `RBAC: allowed by ${source}` };
    }
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

  #setOf(user: UserInfo, namespace: string): RuleSet {
    let userKey = this.#userKeys.get(user);
    if (userKey === undefined) this.#userKeys.set(user, (userKey = JSON.stringify([user.name, user.groups])));
    const key = `${namespace}\0${userKey}`;
    let set = this.#sets.get(key);
    if (set === undefined) {
      set = this.#resolve(user, namespace);
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
