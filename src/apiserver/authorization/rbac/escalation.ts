import { uncoveredRules } from '../../../api/rbac/rule-coverage.ts';
import { ApiError, forbiddenError } from '../../../api/status.ts';
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding } from '../../../api/types/rbac/v1.ts';
import { semanticEqual } from '../../../api/meta/equal.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import type { AdmissionAttributes, AdmissionPlugin } from '../../admission/admission.ts';
import type { UserInfo } from '../../authentication/authenticator.ts';
import type { Authorizer } from '../authorizer.ts';

import { privilegedGroup } from '../modes.ts';
import type { RbacAuthorizer } from './rbac.ts';
import { aggregate } from '../union.ts';
import { compactRules, describeRule, quoted } from './rules.ts';

const group = 'rbac.authorization.k8s.io';

const fullAuthority: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/** Why a user may not hand out `rules` in a namespace; undefined when the user holds them all. */
export function escalationError(rbac: RbacAuthorizer, user: UserInfo, namespace: string, rules: readonly PolicyRule[]): string | undefined {
  const held = rbac.rulesFor(user, namespace);
  const missing = uncoveredRules(held.rules.map(({ rule }) => rule), rules);
  if (missing.length === 0) return undefined;
  const descriptions = [...new Set(compactRules(missing).map(describeRule))].sort();
  const unresolved = held.errors.length === 0 ? '' : `; resolution errors: [${aggregate(held.errors)}]`;
  return `user ${JSON.stringify(user.name)} (groups=${quoted(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${descriptions.join('\n')}${unresolved}`;
}

/** Whether an update changes nothing but what the garbage collector may change (owner references, finalizers). */
function onlyCollectorFields(next: KubeObject, previous: KubeObject): boolean {
  const strip = (object: KubeObject): object => {
    const { ownerReferences: _o, finalizers: _f, managedFields: _m, resourceVersion: _r, ...metadata } = object.metadata;
    return { ...object, metadata };
  };
  return semanticEqual(strip(next), strip(previous));
}

/**
 * Refuses writes of roles and bindings by which a user would grant more than it holds, unless the user may `escalate`
 * the role or `bind` it. Upstream does this in the storage of these resources; here it is a validating plug-in that
 * runs after all others.
 */
export function rbacEscalationCheck(options: { readonly rbac: RbacAuthorizer; readonly authorizer: Authorizer }): AdmissionPlugin {
  const { rbac, authorizer } = options;

  const may = async (attributes: AdmissionAttributes, verb: string, resource: string, name: string): Promise<boolean> => {
    const decision = await authorizer.authorize({
      isResourceRequest: true, user: attributes.user, verb, apiGroup: group, apiVersion: '*', resource, subresource: '', namespace: attributes.namespace, name,
    });
    return decision.verdict === 'allow';
  };

  const checkRole = async (attributes: AdmissionAttributes): Promise<void> => {
    // Upstream asks by the name in the path, of which a creation has none.
    if (await may(attributes, 'escalate', attributes.resource, attributes.operation === 'CREATE' ? '' : attributes.name)) return;
    const role = attributes.object as Role | ClusterRole;
    const previous = attributes.oldObject as Role | ClusterRole | undefined;
    const aggregates = (one: Role | ClusterRole | undefined): boolean => one !== undefined && 'aggregationRule' in one && (one.aggregationRule?.clusterRoleSelectors ?? []).length > 0;
    if (previous !== undefined && onlyCollectorFields(role, previous)) return;
    const refused = escalationError(rbac, attributes.user, attributes.namespace, role.rules ?? []);
    if (refused !== undefined) throw forbiddenError(attributes, role.metadata.name ?? '', refused);
    // An aggregation rule gathers whatever is labelled for it and undoes any tightening.
    if ((aggregates(role) || aggregates(previous)) && escalationError(rbac, attributes.user, attributes.namespace, fullAuthority) !== undefined) {
      throw forbiddenError(attributes, role.metadata.name ?? '', 'must have cluster-admin privileges to use the aggregationRule');
    }
  };

  const checkBinding = async (attributes: AdmissionAttributes): Promise<void> => {
    const binding = attributes.object as RoleBinding | ClusterRoleBinding;
    if (attributes.oldObject !== undefined && onlyCollectorFields(binding, attributes.oldObject)) return;
    const { roleRef } = binding;
    const resource = roleRef.kind === 'ClusterRole' ? 'clusterroles' : roleRef.kind === 'Role' ? 'roles' : undefined;
    if (resource !== undefined && await may(attributes, 'bind', resource, roleRef.name)) return;
    const rules = rbac.roleRules(roleRef, attributes.namespace);
    if ('error' in rules) {
      if (resource === undefined) throw new ApiError('InternalError', rules.error);
      throw new ApiError('NotFound', rules.error, { details: { name: roleRef.name, group, kind: resource.slice(0, -1) } });
    }
    const refused = escalationError(rbac, attributes.user, attributes.namespace, rules);
    if (refused !== undefined) throw forbiddenError(attributes, binding.metadata.name ?? '', refused);
  };

  return {
    name: 'RBACEscalationCheck',
    handles: (scope) => scope.group === group && scope.subresource === '' && (scope.operation === 'CREATE' || scope.operation === 'UPDATE'),
    validate: async (attributes) => {
      if (attributes.group !== group || attributes.subresource !== '' || attributes.object === undefined) return;
      if (attributes.operation !== 'CREATE' && attributes.operation !== 'UPDATE') return;
      if (attributes.user.groups.includes(privilegedGroup)) return;
      if (attributes.resource === 'roles' || attributes.resource === 'clusterroles') await checkRole(attributes);
      else if (attributes.resource === 'rolebindings' || attributes.resource === 'clusterrolebindings') await checkBinding(attributes);
    },
  };
}
