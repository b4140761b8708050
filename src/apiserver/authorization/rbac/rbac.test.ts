import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clusterrolebindings, clusterroles, rolebindings, roles } from '../../../api/resources.ts';
import type { PolicyRule, Subject } from '../../../api/types/rbac/v1.ts';
import type { UserInfo } from '../../authentication/authenticator.ts';
import type { Attributes } from '../authorizer.ts';
import { FakeReader } from '../fake-reader.ts';
import { RbacAuthorizer } from './rbac.ts';
import { describeRule, ruleAllows } from './rules.ts';

const alice: UserInfo = { name: 'alice', groups: ['dev', 'system:authenticated'] };
const robot: UserInfo = { name: 'system:serviceaccount:ci:robot', groups: ['system:serviceaccounts', 'system:serviceaccounts:ci', 'system:authenticated'] };

function resource(user: UserInfo, verb: string, path: string, options: { namespace?: string; name?: string; group?: string } = {}): Attributes {
  const [name = '', subresource = ''] = path.split('/');
  return { isResourceRequest: true, user, verb, apiGroup: options.group ?? '', apiVersion: 'v1', resource: name, subresource, namespace: options.namespace ?? '', name: options.name ?? '' };
}

const url = (user: UserInfo, path: string, verb = 'get'): Attributes => ({ isResourceRequest: false, user, verb, path });

describe('one rule', () => {
  const cases: readonly [string, PolicyRule, Attributes, boolean][] = [
    ['exact', { verbs: ['get'], apiGroups: [''], resources: ['pods'] }, resource(alice, 'get', 'pods'), true],
    ['other verb', { verbs: ['get'], apiGroups: [''], resources: ['pods'] }, resource(alice, 'list', 'pods'), false],
    ['other group', { verbs: ['get'], apiGroups: ['apps'], resources: ['pods'] }, resource(alice, 'get', 'pods'), false],
    ['any group', { verbs: ['*'], apiGroups: ['*'], resources: ['deployments'] }, resource(alice, 'get', 'deployments', { group: 'apps' }), true],
    ['resource does not grant its subresource', { verbs: ['get'], apiGroups: [''], resources: ['pods'] }, resource(alice, 'get', 'pods/log'), false],
    ['subresource', { verbs: ['get'], apiGroups: [''], resources: ['pods/log'] }, resource(alice, 'get', 'pods/log'), true],
    ['star takes in subresources', { verbs: ['get'], apiGroups: [''], resources: ['*'] }, resource(alice, 'get', 'pods/log'), true],
    ['a subresource of anything', { verbs: ['get'], apiGroups: ['*'], resources: ['*/scale'] }, resource(alice, 'get', 'deployments/scale', { group: 'apps' }), true],
    ['another subresource', { verbs: ['get'], apiGroups: ['*'], resources: ['*/scale'] }, resource(alice, 'get', 'deployments/autoscale', { group: 'apps' }), false],
    ['pods/* is not a pattern', { verbs: ['get'], apiGroups: [''], resources: ['pods/*'] }, resource(alice, 'get', 'pods/log'), false],
    ['named', { verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['a'] }, resource(alice, 'get', 'pods', { name: 'a' }), true],
    ['other name', { verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['a'] }, resource(alice, 'get', 'pods', { name: 'b' }), false],
    ['names and a list', { verbs: ['list'], apiGroups: [''], resources: ['pods'], resourceNames: ['a'] }, resource(alice, 'list', 'pods'), false],
    ['url', { verbs: ['get'], nonResourceURLs: ['/healthz'] }, url(alice, '/healthz'), true],
    ['url below', { verbs: ['get'], nonResourceURLs: ['/healthz'] }, url(alice, '/healthz/etcd'), false],
    ['url star', { verbs: ['get'], nonResourceURLs: ['/healthz/*'] }, url(alice, '/healthz/etcd'), true],
    ['any url', { verbs: ['*'], nonResourceURLs: ['*'] }, url(alice, '/x', 'post'), true],
    ['a resource rule does not grant urls', { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, url(alice, '/healthz'), false],
  ];
  for (const [title, rule, attributes, expected] of cases) test(title, () => assert.equal(ruleAllows(rule, attributes), expected));
});

test('a rule is described as upstream describes it', () => {
  assert.equal(describeRule({ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'], resourceNames: ['a'] }), '{APIGroups:[""], Resources:["pods"], ResourceNames:["a"], Verbs:["get" "list"]}');
  assert.equal(describeRule({ verbs: ['get'], nonResourceURLs: ['/x'] }), '{NonResourceURLs:["/x"], Verbs:["get"]}');
});

const clusterRole = (name: string, ...rules: PolicyRule[]) => ({ metadata: { name }, rules });
const clusterBinding = (name: string, role: string, ...subjects: Subject[]) => ({ metadata: { name }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role }, subjects });
const binding = (namespace: string, name: string, kind: string, role: string, ...subjects: Subject[]) => ({ metadata: { name, namespace }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: role }, subjects });
const readPods: PolicyRule = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] };

test('reasons name the binding, the role and the subject', () => {
  const reader = new FakeReader();
  const rbac = new RbacAuthorizer(reader);
  reader.put(clusterroles, clusterRole('reader', readPods));
  reader.put(roles, { metadata: { name: 'local', namespace: 'ci' }, rules: [{ verbs: ['delete'], apiGroups: [''], resources: ['pods'] }] });
  reader.put(clusterrolebindings, clusterBinding('all-dev', 'reader', { kind: 'Group', name: 'dev' }));
  reader.put(rolebindings, binding('ci', 'robots', 'Role', 'local', { kind: 'ServiceAccount', name: 'robot' }), binding('ci', 'view', 'ClusterRole', 'reader', { kind: 'ServiceAccount', name: 'robot', namespace: 'ci' }));
  assert.deepEqual(rbac.authorize(resource(alice, 'list', 'pods')), { verdict: 'allow', reason: 'RBAC: allowed by ClusterRoleBinding "all-dev" of ClusterRole "reader" to Group "dev"' });
  assert.deepEqual(rbac.authorize(resource(robot, 'delete', 'pods', { namespace: 'ci' })), { verdict: 'allow', reason: 'RBAC: allowed by RoleBinding "robots/ci" of Role "local" to ServiceAccount "robot/ci"' });
  assert.deepEqual(rbac.authorize(resource(robot, 'get', 'pods', { namespace: 'ci' })), { verdict: 'allow', reason: 'RBAC: allowed by RoleBinding "view/ci" of ClusterRole "reader" to ServiceAccount "robot/ci"' });
  assert.deepEqual(rbac.authorize(resource(robot, 'get', 'pods', { namespace: 'other' })), { verdict: 'no-opinion', reason: '' });
  assert.deepEqual(rbac.authorize(resource(robot, 'get', 'pods')), { verdict: 'no-opinion', reason: '' });
});

test('a decision follows every change of roles and bindings', () => {
  const reader = new FakeReader();
  const rbac = new RbacAuthorizer(reader);
  const asked = resource(alice, 'get', 'pods', { namespace: 'ci' });
  const verdict = (): string => (rbac.authorize(asked)).verdict;
  assert.equal(verdict(), 'no-opinion');
  reader.put(rolebindings, binding('ci', 'b', 'Role', 'r', { kind: 'User', name: 'alice' }));
  assert.deepEqual(rbac.authorize(asked), { verdict: 'no-opinion', reason: 'RBAC: role.rbac.authorization.k8s.io "r" not found' });
  reader.put(roles, { metadata: { name: 'r', namespace: 'ci' }, rules: [readPods] });
  assert.equal(verdict(), 'allow');
  reader.put(rolebindings, binding('ci', 'b', 'Role', 'r', { kind: 'User', name: 'bob' }));
  assert.equal(verdict(), 'no-opinion');
  reader.put(clusterrolebindings, clusterBinding('c', 'cr', { kind: 'Group', name: 'dev' }, { kind: 'User', name: 'alice' }));
  assert.deepEqual(rbac.authorize(asked), { verdict: 'no-opinion', reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "cr" not found' });
  reader.put(clusterroles, clusterRole('cr', readPods));
  assert.equal(verdict(), 'allow');
  reader.remove(clusterrolebindings, '', 'c');
  assert.equal(verdict(), 'no-opinion');
});
