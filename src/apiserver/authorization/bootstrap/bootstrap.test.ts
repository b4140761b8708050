import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { clusterrolebindings, clusterroles, rolebindings, roles } from '../../../api/resources.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../../../api/types/rbac/v1.ts';
import type { UserInfo } from '../../authentication/authenticator.ts';
import { FakeReader } from '../fake-reader.ts';
import { createAuthorization } from '../registry.ts';
import { podGroupObjects, rbacBootstrapObjects } from './objects.ts';
import { reconcileDefault } from './reconcile.ts';

const objects = rbacBootstrapObjects();
const find = <T extends KubeObject>(kind: string, name: string): T => objects.find((one) => one.kind === kind && one.metadata.name === name) as T;

function seeded(): FakeReader {
  const reader = new FakeReader();
  for (const object of objects) {
    if (object.kind === 'ClusterRole') reader.put(clusterroles, object as ClusterRole);
    else if (object.kind === 'ClusterRoleBinding') reader.put(clusterrolebindings, object as ClusterRoleBinding);
    else if (object.kind === 'Role') reader.put(roles, object as Role);
    else reader.put(rolebindings, object as RoleBinding);
  }
  return reader;
}

test('every default object is marked, named once, and every binding leads to a role', () => {
  const keys = objects.map((one) => `${one.kind} ${one.metadata.namespace ?? ''}/${one.metadata.name}`);
  assert.equal(new Set(keys).size, keys.length);
  for (const object of objects) {
    assert.equal(object.metadata.labels?.['kubernetes.io/bootstrapping'], 'rbac-defaults');
    assert.equal(object.metadata.annotations?.['rbac.authorization.kubernetes.io/autoupdate'], 'true');
    if (!('roleRef' in object)) continue;
    const { roleRef } = object as RoleBinding;
    assert.ok(keys.includes(`${roleRef.kind} ${roleRef.kind === 'Role' ? object.metadata.namespace : ''}/${roleRef.name}`), roleRef.name);
  }
  assert.equal(objects.filter((one) => one.kind === 'ClusterRole' && one.metadata.name?.startsWith('system:controller:')).length, 38);
});

test('the default objects are upstream\'s of v1.36, to the last rule', () => {
  // The digest was taken of the lists that upstream's own test compares its policy with.
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]));
  };
  const key = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
  const lists = objects.map((object) => {
    const { rules, ...rest } = object as ClusterRole;
    return sorted(rest.aggregationRule === undefined && rules !== undefined ? { ...rest, rules } : rest) as KubeObject;
  }).sort((a, b) => (key(a) < key(b) ? -1 : 1));
  assert.deepEqual([lists.length, createHash('sha256').update(JSON.stringify(lists)).digest('hex')], [133, '6a8cbd7085a841af5180bfa96dd96ac9a16da724198cd4ab21be115358fea604']);
});

test('admin, edit and view hold what they gather', () => {
  const [admin, edit, view] = ['admin', 'edit', 'view'].map((name) => find<ClusterRole>('ClusterRole', name).rules!);
  assert.deepEqual(find<ClusterRole>('ClusterRole', 'admin').aggregationRule, { clusterRoleSelectors: [{ matchLabels: { 'rbac.authorization.k8s.io/aggregate-to-admin': 'true' } }] });
  assert.equal(find('ClusterRole', 'view').metadata.labels?.['rbac.authorization.k8s.io/aggregate-to-edit'], 'true');
  for (const rule of view!) assert.ok(edit!.some((one) => JSON.stringify(one) === JSON.stringify(rule)));
  for (const rule of edit!) assert.ok(admin!.some((one) => JSON.stringify(one) === JSON.stringify(rule)));
  assert.ok(!view!.some((rule) => rule.resources?.includes('secrets')));
  assert.ok(admin!.some((rule) => rule.resources?.includes('rolebindings')));
});

test('the default identities may do their work', () => {
  const { authorizer } = createAuthorization({ reader: seeded() });
  const as = (name: string, ...groups: string[]): UserInfo => ({ name, groups: [...groups, 'system:authenticated'] });
  const controller = (name: string): UserInfo => as(`system:serviceaccount:kube-system:${name}`, 'system:serviceaccounts', 'system:serviceaccounts:kube-system');
  const cases: readonly [UserInfo, string, string, string, string, boolean][] = [
    [as('admin', 'system:masters'), 'delete', '', 'namespaces', '', true],
    [as('system:kube-scheduler'), 'create', '', 'pods/binding', 'ns', true],
    [as('system:kube-scheduler'), 'update', 'coordination.k8s.io', 'leases:kube-scheduler', 'kube-system', true],
    [as('system:kube-scheduler'), 'update', 'coordination.k8s.io', 'leases:other', 'ns', false],
    [as('system:kube-controller-manager'), 'create', '', 'serviceaccounts/token', 'kube-system', true],
    [as('system:kube-proxy'), 'watch', 'discovery.k8s.io', 'endpointslices', '', true],
    [controller('deployment-controller'), 'create', 'apps', 'replicasets', 'ns', true],
    [controller('deployment-controller'), 'create', '', 'pods', 'ns', false],
    [controller('replicaset-controller'), 'create', '', 'pods', 'ns', true],
    [controller('horizontal-pod-autoscaler'), 'update', 'apps', 'deployments/scale', 'ns', true],
    [as('somebody'), 'create', 'authorization.k8s.io', 'selfsubjectaccessreviews', '', true],
    [as('somebody'), 'list', '', 'pods', 'ns', false],
  ];
  for (const [user, verb, apiGroup, path, namespace, allowed] of cases) {
    const [full = '', name = ''] = path.split(':');
    const [resource = '', subresource = ''] = full.split('/');
    const decision = authorizer.authorize({ isResourceRequest: true, user, verb, apiGroup, apiVersion: 'v1', resource, subresource, namespace, name });
    assert.ok(!(decision instanceof Promise));
    assert.equal(decision.verdict === 'allow', allowed, `${user.name} ${verb} ${path}`);
  }
  const anonymous = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
  for (const [path, allowed] of [['/healthz', true], ['/version', true], ['/api', false], ['/metrics', false]] as const) {
    const decision = authorizer.authorize({ isResourceRequest: false, user: anonymous, verb: 'get', path });
    assert.equal(!(decision instanceof Promise) && decision.verdict === 'allow', allowed, path);
  }
});

test('existing defaults are completed, what others added stays, and opting out is heeded', () => {
  const expected = find<ClusterRole>('ClusterRole', 'system:kube-dns');
  assert.deepEqual(reconcileDefault(expected, { ...expected, metadata: { ...expected.metadata, uid: 'u', resourceVersion: '5' } }), { action: 'none' });
  const extra = { verbs: ['get'], apiGroups: ['x'], resources: ['y'] };
  const altered = { ...expected, metadata: { name: 'system:kube-dns', labels: { mine: '1' } }, rules: [extra] };
  const result = reconcileDefault(expected, altered);
  assert.ok(result.action === 'update');
  const role = result.object as ClusterRole;
  assert.deepEqual(role.metadata.labels, { 'kubernetes.io/bootstrapping': 'rbac-defaults', mine: '1' });
  assert.deepEqual(role.rules?.[0], extra);
  assert.equal(reconcileDefault(expected, role).action, 'none');
  assert.equal(reconcileDefault(expected, { ...altered, metadata: { ...altered.metadata, annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } } } as KubeObject).action, 'none');
  const binding = find<ClusterRoleBinding>('ClusterRoleBinding', 'cluster-admin');
  const emptied = reconcileDefault(binding, { ...binding, subjects: [{ kind: 'User', name: 'me' }] } as KubeObject);
  assert.ok(emptied.action === 'update');
  assert.equal((emptied.object as ClusterRoleBinding).subjects?.length, 2);
  const bent = reconcileDefault(binding, { ...binding, roleRef: { ...binding.roleRef, name: 'view' } } as KubeObject);
  assert.equal(bent.action, 'recreate');
});

test('where pod groups are served, the roles that speak of them do, and those that gather these', () => {
  const rules = new Map(podGroupObjects().filter(({ kind }) => kind === 'ClusterRole').map(({ metadata, ...role }) => [metadata.name, JSON.stringify(role)]));
  for (const name of ['system:aggregate-to-edit', 'edit', 'admin', 'system:aggregate-to-view', 'view', 'system:kube-scheduler', 'system:controller:podgroup-protection-controller']) assert.match(rules.get(name) ?? '', /podgroups/, name);
  assert.ok(rbacBootstrapObjects().every((object) => !JSON.stringify(object).includes('podgroups')));
});
