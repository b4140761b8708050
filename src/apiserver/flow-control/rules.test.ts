import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FlowSchema } from '../../api/types/flowcontrol/v1.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import { parseRequestInfo } from '../request-info.ts';
import { mandatorySchemas, suggestedSchemas } from './bootstrap-objects.ts';
import { Classifier, inMatchingOrder } from './rules.ts';

const classifierOf = (schemas: readonly FlowSchema[]): Classifier<string> =>
  new Classifier(inMatchingOrder(schemas).map((schema) => ({ schema, value: schema.metadata.name! })), 'fallback');
const ask = (classifier: Classifier<string>, user: UserInfo, method: string, url: string): string => {
  const [path, query] = url.split('?', 2) as [string, string?];
  return classifier.classify(user, parseRequestInfo(method, path, query === undefined ? undefined : new URLSearchParams(query)));
};

const authenticated = (name: string, ...groups: string[]): UserInfo => ({ name, groups: [...groups, 'system:authenticated'] });
const account = (namespace: string, name: string): UserInfo => authenticated(`system:serviceaccount:${namespace}:${name}`, 'system:serviceaccounts', `system:serviceaccounts:${namespace}`);
const admin = authenticated('admin', 'system:masters');
const node = authenticated('system:node:a', 'system:nodes');
const manager = authenticated('system:kube-controller-manager');
const scheduler = authenticated('system:kube-scheduler');
const person = authenticated('jane', 'dev');
const anonymous: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };
const lease = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x';

describe('the shipped flow schemas', () => {
  const classifier = classifierOf([...suggestedSchemas, ...mandatorySchemas]);
  for (const [user, method, url, expected] of [
    [admin, 'GET', '/api/v1/pods', 'exempt'],
    [admin, 'GET', '/healthz', 'exempt'],
    [anonymous, 'GET', '/healthz', 'probes'],
    [anonymous, 'GET', '/readyz/ping', 'probes'],
    [anonymous, 'GET', '/readyzz', 'global-default'],
    [anonymous, 'POST', '/healthz', 'global-default'],
    [person, 'GET', '/livez', 'probes'],
    [node, 'PATCH', '/api/v1/nodes/a/status', 'system-node-high'],
    [node, 'GET', '/api/v1/nodes/a', 'system-node-high'],
    [node, 'GET', '/api/v1/nodes/a/proxy', 'system-nodes'],
    [node, 'PUT', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/a', 'system-node-high'],
    [node, 'GET', '/apis/coordination.k8s.io/v1/leases', 'system-nodes'],
    [node, 'GET', '/api/v1/pods?watch=1', 'system-nodes'],
    [manager, 'PUT', lease, 'system-leader-election'],
    [manager, 'DELETE', lease, 'kube-controller-manager'],
    [scheduler, 'GET', lease, 'system-leader-election'],
    [scheduler, 'POST', '/api/v1/namespaces/a/pods/b/binding', 'kube-scheduler'],
    [account('kube-system', 'coredns'), 'GET', lease, 'system-leader-election'],
    [account('kube-system', 'coredns'), 'GET', '/api/v1/services', 'kube-system-service-accounts'],
    [account('kube-system-two', 'x'), 'GET', '/api/v1/services', 'service-accounts'],
    [account('default', 'app'), 'GET', '/version', 'service-accounts'],
    [person, 'GET', '/api/v1/pods', 'global-default'],
    [{ name: 'stray', groups: [] }, 'GET', '/api/v1/pods', 'fallback'],
  ] as const) test(`${user.name} ${method} ${url}: ${expected}`, () => assert.equal(ask(classifier, user, method, url), expected));
});

describe('rules', () => {
  const schema = (rules: NonNullable<FlowSchema['spec']>['rules']): Classifier<string> => classifierOf([{ metadata: { name: 'it' }, spec: { priorityLevelConfiguration: { name: 'x' }, ...(rules !== undefined && { rules }) } }]);
  const anybody = [{ kind: 'Group', group: { name: '*' } }];
  const pods = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', 'pods/log'], namespaces: ['a', 'b'] };
  for (const [name, classifier, method, url, expected] of [
    ['a namespace that is listed', schema([{ subjects: anybody, resourceRules: [pods] }]), 'GET', '/api/v1/namespaces/b/pods', 'it'],
    ['one that is not', schema([{ subjects: anybody, resourceRules: [pods] }]), 'GET', '/api/v1/namespaces/c/pods', 'fallback'],
    ['all namespaces count as the cluster', schema([{ subjects: anybody, resourceRules: [pods] }]), 'GET', '/api/v1/pods', 'fallback'],
    ['the cluster, when asked for', schema([{ subjects: anybody, resourceRules: [{ ...pods, clusterScope: true }] }]), 'GET', '/api/v1/pods', 'it'],
    ['another verb', schema([{ subjects: anybody, resourceRules: [pods] }]), 'POST', '/api/v1/namespaces/a/pods', 'fallback'],
    ['another subresource', schema([{ subjects: anybody, resourceRules: [pods] }]), 'GET', '/api/v1/namespaces/a/pods/x/status', 'fallback'],
    ['another group', schema([{ subjects: anybody, resourceRules: [pods] }]), 'GET', '/apis/metrics.k8s.io/v1/namespaces/a/pods', 'fallback'],
    ['a prefix of paths', schema([{ subjects: anybody, nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['/apis/*'] }] }]), 'GET', '/apis/apps', 'it'],
    ['the path itself below a star', schema([{ subjects: anybody, nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['/apis/*'] }] }]), 'GET', '/apis', 'fallback'],
    ['resource rules say nothing of paths', schema([{ subjects: anybody, resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }] }]), 'GET', '/version', 'fallback'],
    ['one service account', schema([{ subjects: [{ kind: 'ServiceAccount', serviceAccount: { namespace: 'a', name: 'b' } }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] }]), 'GET', '/version', 'fallback'],
    ['the user', schema([{ subjects: [{ kind: 'User', user: { name: 'jane' } }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] }]), 'GET', '/version', 'it'],
    ['a subject whose kind and content differ', schema([{ subjects: [{ kind: 'User', group: { name: '*' } }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] }]), 'GET', '/version', 'fallback'],
  ] as const) test(name, () => assert.equal(ask(classifier, person, method, url), expected));

  test('the lower precedence wins, then the name', () => {
    const rules = [{ subjects: anybody, nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] }];
    const made = (name: string, matchingPrecedence: number): FlowSchema => ({ metadata: { name }, spec: { priorityLevelConfiguration: { name: 'x' }, matchingPrecedence, rules } });
    assert.equal(ask(classifierOf([made('b', 5), made('c', 4), made('a', 5)]), person, 'GET', '/version'), 'c');
    assert.equal(ask(classifierOf([made('b', 5), made('a', 5)]), person, 'GET', '/version'), 'a');
  });
});
