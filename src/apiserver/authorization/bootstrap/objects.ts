import type { KubeObject } from '../../../api/meta/object.ts';
import type { ObjectMeta } from '../../../api/types/meta/v1.ts';
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from '../../../api/types/rbac/v1.ts';
import { semanticEqual } from '../../../api/meta/equal.ts';
import type { DefaultClusterRole } from './cluster-roles.ts';
import { defaultClusterRoles } from './cluster-roles.ts';
import { controllerRoles } from './controller-roles.ts';
import { read, rule, write } from './rule.ts';
import { defaultRoleBindings, defaultRoles, group, serviceAccount, user } from './namespace-roles.ts';

const apiGroup = 'rbac.authorization.k8s.io';
const apiVersion = `${apiGroup}/v1`;
const aggregateLabel = (to: string): string => `${apiGroup}/aggregate-to-${to}`;

/** `false` on an object keeps the server from bringing it up to date at start. */
export const autoUpdateAnnotation = 'rbac.authorization.kubernetes.io/autoupdate';

function metadata(name: string, options: { readonly namespace?: string; readonly aggregateTo?: string } = {}): ObjectMeta {
  return {
    name,
    ...(options.namespace !== undefined && { namespace: options.namespace }),
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...(options.aggregateTo !== undefined && { [aggregateLabel(options.aggregateTo)]: 'true' }) },
    annotations: { [autoUpdateAnnotation]: 'true' },
  };
}

/** The rules that an aggregating role gathers, in the order of the gathered roles' names, each rule once. */
function gathered(target: string, roles: readonly DefaultClusterRole[], seen: readonly string[] = []): PolicyRule[] {
  const rules: PolicyRule[] = [];
  const sources = roles.filter((role) => role.aggregateTo === target && !seen.includes(role.name));
  for (const source of [...sources].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const granted = source.aggregates === undefined ? source.rules ?? [] : gathered(source.aggregates, roles, [...seen, source.name]);
    for (const rule of granted) if (!rules.some((one) => semanticEqual(one, rule))) rules.push(rule);
  }
  return rules;
}

function clusterRole(role: DefaultClusterRole, roles = defaultClusterRoles): ClusterRole {
  return {
    apiVersion,
    kind: 'ClusterRole',
    metadata: metadata(role.name, role.aggregateTo === undefined ? {} : { aggregateTo: role.aggregateTo }),
    ...(role.aggregates !== undefined && { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregateLabel(role.aggregates)]: 'true' } }] } }),
    rules: structuredClone(role.aggregates === undefined ? [...(role.rules ?? [])] : gathered(role.aggregates, roles)),
  };
}

function clusterRoleBinding(name: string, subjects: readonly Subject[]): ClusterRoleBinding {
  return {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: metadata(name),
    roleRef: { apiGroup, kind: 'ClusterRole', name },
    ...(subjects.length > 0 && { subjects: [...subjects] }),
  };
}

const clusterBindings: readonly (readonly [string, readonly Subject[]])[] = [
  ['cluster-admin', [group('system:masters')]],
  ['system:monitoring', [group('system:monitoring')]],
  ['system:discovery', [group('system:authenticated')]],
  ['system:basic-user', [group('system:authenticated')]],
  ['system:public-info-viewer', [group('system:authenticated'), group('system:unauthenticated')]],
  ['system:node-proxier', [user('system:kube-proxy')]],
  ['system:kube-controller-manager', [user('system:kube-controller-manager')]],
  ['system:kube-dns', [serviceAccount('kube-system', 'kube-dns')]],
  ['system:kube-scheduler', [user('system:kube-scheduler')]],
  ['system:volume-scheduler', [user('system:kube-scheduler')]],
  // The Node authorizer speaks for nodes; the binding stays, with nobody in it, as upstream leaves it.
  ['system:node', []],
  ['system:service-account-issuer-discovery', [group('system:serviceaccounts')]],
];

/** What the storage version migrator may do, where its kind is served. */
export function storageMigratorObjects(): readonly KubeObject[] {
  const name = 'storage-version-migrator-controller';
  const rules = [
    rule('list create patch', '*', '*'),
    rule('get', 'apiextensions.k8s.io', 'customresourcedefinitions'),
    rule('patch', 'apiextensions.k8s.io', 'customresourcedefinitions/status'),
    rule('update', 'storagemigration.k8s.io', 'storageversionmigrations/status'),
  ];
  return [clusterRole({ name: `system:controller:${name}`, rules }), clusterRoleBinding(`system:controller:${name}`, [serviceAccount('kube-system', name)])];
}

const podGroupRules: Readonly<Record<string, readonly PolicyRule[]>> = {
  'system:aggregate-to-edit': [rule(write, 'scheduling.k8s.io', 'workloads podgroups')],
  'system:aggregate-to-view': [rule(read, 'scheduling.k8s.io', 'workloads podgroups podgroups/status')],
  'system:kube-scheduler': [rule(read, 'scheduling.k8s.io', 'podgroups'), rule('patch update', 'scheduling.k8s.io', 'podgroups/status')],
};

/** Where pod groups are served: the roles that speak of them, instead of the default ones, and what their protection may do. */
export function podGroupObjects(): readonly KubeObject[] {
  const name = 'podgroup-protection-controller';
  const roles = defaultClusterRoles.map((role): DefaultClusterRole => ({ ...role, ...(podGroupRules[role.name] !== undefined && { rules: [...(role.rules ?? []), ...podGroupRules[role.name]!] }) }));
  return [
    ...roles.filter((role) => podGroupRules[role.name] !== undefined || role.aggregates !== undefined).map((role) => clusterRole(role, roles)),
    clusterRole({ name: `system:controller:${name}`, rules: [rule(`${read} update`, 'scheduling.k8s.io', 'podgroups'), rule(read, '', 'pods')] }),
    clusterRoleBinding(`system:controller:${name}`, [serviceAccount('kube-system', name)]),
  ];
}

/**
 * Every role and binding that upstream's API server makes at start, roles before their bindings. The caller owns the
 * objects. `admin`, `edit` and `view` hold the rules that aggregation will give them.
 */
export function rbacBootstrapObjects(): readonly KubeObject[] {
  const objects: KubeObject[] = [];
  for (const role of defaultClusterRoles) objects.push(clusterRole(role));
  for (const [name, rules] of Object.entries(controllerRoles)) objects.push(clusterRole({ name: `system:controller:${name}`, rules }));
  for (const [name, subjects] of clusterBindings) objects.push(clusterRoleBinding(name, subjects));
  for (const name of Object.keys(controllerRoles)) objects.push(clusterRoleBinding(`system:controller:${name}`, [serviceAccount('kube-system', name)]));
  for (const { namespace, name, rules } of defaultRoles) {
    const role: Role = { apiVersion, kind: 'Role', metadata: metadata(name, { namespace }), rules: structuredClone([...rules]) };
    objects.push(role);
  }
  for (const { namespace, name, role, subjects } of defaultRoleBindings) {
    const binding: RoleBinding = { apiVersion, kind: 'RoleBinding', metadata: metadata(name, { namespace }), roleRef: { apiGroup, kind: 'Role', name: role }, subjects: [...subjects] };
    objects.push(binding);
  }
  return objects;
}
