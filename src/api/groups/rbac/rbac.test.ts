import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fields } from '../testing/kind.ts';
import { kindOf } from '../testing/kind.ts';
import { clusterRoleDefinition, roleDefinition } from './role.ts';
import { clusterRoleBindingDefinition, roleBindingDefinition } from './role-binding.ts';

const group = 'rbac.authorization.k8s.io';
const roleRef = { apiGroup: group, kind: 'ClusterRole', name: 'view' };
const role = kindOf(roleDefinition);
const clusterRole = kindOf(clusterRoleDefinition);
const roleBinding = kindOf(roleBindingDefinition, { roleRef });
const clusterRoleBinding = kindOf(clusterRoleBindingDefinition, { roleRef });

const both = (errors: string[]): [string[], string[]] => [errors, errors];

test('roles: rules are for resources or for URLs', () => {
  const good = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
  const urls = { verbs: ['get'], nonResourceURLs: ['/healthz'] };
  const table: [Fields, string[], string[]][] = [
    [{}, [], []],
    [{ rules: [good] }, [], []],
    [{ rules: [{}] }, ...both(['rules[0].verbs: Required value: verbs must contain at least one value', 'rules[0].apiGroups: Required value: resource rules must supply at least one api group', 'rules[0].resources: Required value: resource rules must supply at least one resource'])],
    [{ rules: [good, urls] }, ['rules[1].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs'], []],
    [{ rules: [{ ...urls, ...good }] }, [
      'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs',
      'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: rules cannot apply to both regular resources and non-resource URLs'],
    ['rules[0].nonResourceURLs: Invalid value: ["/healthz"]: rules cannot apply to both regular resources and non-resource URLs']],
  ];
  for (const [fields, inNamespace, inCluster] of table) {
    const what = JSON.stringify(fields);
    assert.deepEqual([role.errors(fields), clusterRole.errors(fields)], [inNamespace, inCluster], what);
    assert.deepEqual([role.update({}, fields), clusterRole.update({}, fields)], [inNamespace, inCluster], what);
  }
});

test('cluster roles: the selectors of an aggregation rule', () => {
  const rule = (...clusterRoleSelectors: Fields[]): Fields => ({ aggregationRule: { clusterRoleSelectors } });
  const expressions = (expression: Fields): Fields => rule({ matchLabels: { a: 'b' } }, { matchExpressions: [{ key: 'k', ...expression }] });
  const path = 'aggregationRule.clusterRoleSelectors';
  const at = `${path}[1].matchExpressions[0]`;
  const unreadable = `${path}[1]: Invalid value: null: invalid label selector.`;
  const badValue = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
  const table: [Fields, string[]][] = [
    [rule({ matchLabels: { a: 'b' } }), []],
    [rule(), [`${path}: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil`]],
    [expressions({ operator: 'Exists' }), []],
    [expressions({ operator: 'Exists', values: ['x'] }), [`${at}.values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`, unreadable]],
    [expressions({ operator: 'In' }), [`${at}.values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`, unreadable]],
    [expressions({ operator: 'Like' }), [`${at}.operator: Invalid value: "Like": not a valid selector operator`, unreadable]],
    [expressions({ operator: 'In', values: ['-'] }), [`${at}.values[0]: Invalid value: "-": ${badValue}`, unreadable]],
  ];
  for (const [fields, expected] of table) assert.deepEqual(clusterRole.errors(fields), expected, JSON.stringify(fields));
  const bad = expressions({ operator: 'In', values: ['-'] });
  assert.deepEqual(clusterRole.update(bad, bad), [unreadable]);
});

test('bindings: defaults', () => {
  const made = roleBinding.make({ roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'User', name: 'u' }, { kind: 'Group', name: 'g' }, { kind: 'ServiceAccount', name: 's' }, { kind: 'Robot', name: 'r' }] });
  assert.equal(made.roleRef.apiGroup, group);
  assert.deepEqual(made.subjects?.map(({ apiGroup }) => apiGroup), [group, group, undefined, undefined]);
  assert.deepEqual(clusterRoleBinding.make({ roleRef: undefined }).roleRef, { apiGroup: group });
});

test('bindings: the role they refer to', () => {
  const table: [Fields | undefined, string[], string[]][] = [
    [{ kind: 'Role', name: 'r' }, [], ['roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"']],
    [{ apiGroup: 'g', kind: 'Pod', name: 'a/b' },
      ['roleRef.apiGroup: Unsupported value: "g": supported values: "rbac.authorization.k8s.io"', 'roleRef.kind: Unsupported value: "Pod": supported values: "Role", "ClusterRole"', `roleRef.name: Invalid value: "a/b": may not contain '/'`],
      ['roleRef.apiGroup: Unsupported value: "g": supported values: "rbac.authorization.k8s.io"', 'roleRef.kind: Unsupported value: "Pod": supported values: "ClusterRole"', `roleRef.name: Invalid value: "a/b": may not contain '/'`]],
    [undefined, ['roleRef.kind: Unsupported value: "": supported values: "Role", "ClusterRole"', 'roleRef.name: Required value'], ['roleRef.kind: Unsupported value: "": supported values: "ClusterRole"', 'roleRef.name: Required value']],
  ];
  for (const [ref, inNamespace, inCluster] of table) {
    assert.deepEqual([roleBinding.errors({ roleRef: ref }), clusterRoleBinding.errors({ roleRef: ref })], [inNamespace, inCluster], JSON.stringify(ref));
  }
  const changed = `roleRef: Invalid value: {"APIGroup":"${group}","Kind":"ClusterRole","Name":"edit"}: cannot change roleRef`;
  for (const kind of [roleBinding, clusterRoleBinding]) {
    assert.deepEqual(kind.update({}, { roleRef: { ...roleRef, name: 'edit' } }), [changed]);
    assert.deepEqual(kind.update({}, { subjects: [{ kind: 'User' }] }), ['subjects[0].name: Required value']);
  }
});

test('bindings: subjects', () => {
  const subdomain = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
  const at = 'subjects[0]';
  const table: [Fields, string[], string[]?][] = [
    [{ kind: 'User', name: 'u' }, []],
    [{ kind: 'User', name: '' }, [`${at}.name: Required value`]],
    [{ kind: 'Group', name: 'g', apiGroup: 'x' }, [`${at}.apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io"`]],
    [{ kind: 'ServiceAccount', name: 's', namespace: 'n' }, []],
    [{ kind: 'ServiceAccount', name: 's' }, [], [`${at}.namespace: Required value`]],
    [{ kind: 'ServiceAccount', name: 'A', namespace: 'n', apiGroup: 'x' }, [`${at}.name: Invalid value: "A": ${subdomain}`, `${at}.apiGroup: Unsupported value: "x": supported values: ""`]],
    [{ name: 'x' }, [`${at}.kind: Unsupported value: "": supported values: "ServiceAccount", "User", "Group"`]],
  ];
  for (const [subject, inNamespace, inCluster = inNamespace] of table) {
    const subjects = [subject];
    assert.deepEqual([roleBinding.errors({ subjects }), clusterRoleBinding.errors({ subjects })], [inNamespace, inCluster], JSON.stringify(subject));
  }
});

test('bindings: columns', () => {
  const subjects = [{ kind: 'User', name: 'u' }, { kind: 'Group', name: 'g' }, { kind: 'User', name: 'v' }, { kind: 'ServiceAccount', name: 's', namespace: 'n' }];
  assert.deepEqual(roleBinding.cells({ subjects }), ['a', 'ClusterRole/view', '60m', 'u, v', 'g', 'n/s']);
});
