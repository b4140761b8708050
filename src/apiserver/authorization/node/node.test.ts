import assert from 'node:assert/strict';
import { test } from 'node:test';
import { persistentvolumeclaims, persistentvolumes, pods } from '../../../api/resources.ts';
import type { Pod } from '../../../api/types/core/v1.ts';
import type { UserInfo } from '../../authentication/authenticator.ts';
import type { Attributes } from '../authorizer.ts';
import { FakeReader } from '../fake-reader.ts';
import { NodeAuthorizer } from './node.ts';

const node1: UserInfo = { name: 'system:node:node1', groups: ['system:nodes', 'system:authenticated'] };

const pod = (name: string, nodeName: string, spec: object, annotations: Record<string, string> = {}): Pod =>
  ({ metadata: { name, namespace: 'ns', annotations }, spec: { containers: [], nodeName, serviceAccountName: `sa-${name}`, ...spec } });

function world(): NodeAuthorizer {
  const reader = new FakeReader();
  const authorizer = new NodeAuthorizer(reader);
  reader.put(pods,
    pod('mine', 'node1', {
      imagePullSecrets: [{ name: 'pull' }],
      containers: [{ name: 'c', env: [{ name: 'E', valueFrom: { secretKeyRef: { name: 'env', key: 'k' } } }], envFrom: [{ configMapRef: { name: 'envmap' } }] }],
      volumes: [{ name: 'v', secret: { secretName: 'vol' } }, { name: 'd', persistentVolumeClaim: { claimName: 'data' } }, { name: 'p', projected: { sources: [{ configMap: { name: 'projmap' } }] } }],
    }),
    pod('theirs', 'node2', { volumes: [{ name: 'v', secret: { secretName: 'other' } }] }),
    pod('mirror', 'node1', { volumes: [{ name: 'v', secret: { secretName: 'mirrored' } }] }, { 'kubernetes.io/config.mirror': 'x' }));
  reader.put(persistentvolumeclaims, { metadata: { name: 'data', namespace: 'ns' }, spec: { volumeName: 'pv' } });
  reader.put(persistentvolumes, { metadata: { name: 'pv' }, spec: { claimRef: { namespace: 'ns', name: 'data' }, csi: { driver: 'd', volumeHandle: 'h', nodePublishSecretRef: { name: 'csi', namespace: 'sys' } } } });
  return authorizer;
}

const unrelated = "no relationship found between node 'node1' and this object";

const cases: readonly [string, string, string, string, string | true, string?][] = [
  // verb, resource, namespace, name, true or the reason, group
  ['get', 'secrets', 'ns', 'pull', true], ['get', 'secrets', 'ns', 'env', true], ['watch', 'secrets', 'ns', 'vol', true],
  ['get', 'secrets', 'sys', 'csi', true],
  ['get', 'secrets', 'ns', 'other', unrelated], ['get', 'secrets', 'ns', 'mirrored', unrelated], ['get', 'secrets', 'else', 'vol', unrelated],
  ['list', 'secrets', 'ns', '', 'No Object name found'], ['list', 'secrets', '', '', 'can only read namespaced object of this type'],
  ['update', 'secrets', 'ns', 'vol', 'can only read resources of this type'],
  ['get', 'configmaps', 'ns', 'envmap', true], ['get', 'configmaps', 'ns', 'projmap', true], ['get', 'configmaps', 'ns', 'no', unrelated],
  ['get', 'persistentvolumeclaims', 'ns', 'data', true], ['list', 'persistentvolumeclaims', 'ns', '', 'can only get individual resources of this type'],
  ['patch', 'persistentvolumeclaims/status', 'ns', 'data', true],
  ['get', 'persistentvolumes', '', 'pv', true], ['get', 'persistentvolumes', '', 'pv2', unrelated],
  ['create', 'serviceaccounts/token', 'ns', 'sa-mine', true], ['create', 'serviceaccounts/token', 'ns', 'sa-theirs', unrelated],
  ['get', 'serviceaccounts', 'ns', 'sa-mine', true], ['create', 'serviceaccounts', 'ns', 'x', 'can only create token subresource of serviceaccount'],
  ['get', 'pods', 'ns', 'mine', true], ['get', 'pods', 'ns', 'theirs', unrelated], ['list', 'pods', '', '', 'can only list/watch pods with spec.nodeName field selector'], ['watch', 'pods', 'ns', 'mine', true], ['update', 'pods', 'ns', 'mine', ''],
  ['patch', 'pods/status', 'ns', 'mine', true], ['create', 'pods/eviction', 'ns', 'mine', true],
  ['get', 'nodes', '', 'node1', true], ['get', 'nodes', '', 'node2', "node 'node1' cannot read 'node2', only its own Node object"],
  ['list', 'nodes', '', '', "node 'node1' cannot read all nodes, only its own Node object"], ['patch', 'nodes/status', '', 'node1', true], ['delete', 'nodes', '', 'node1', ''],
  ['update', 'leases', 'kube-node-lease', 'node1', true, 'coordination.k8s.io'], ['create', 'leases', 'kube-node-lease', '', true, 'coordination.k8s.io'],
  ['get', 'leases', 'kube-node-lease', 'node2', 'can only access node lease with the same name as the requesting node', 'coordination.k8s.io'],
  ['get', 'leases', 'ns', 'node1', 'can only access leases in the "kube-node-lease" system namespace', 'coordination.k8s.io'],
  ['watch', 'leases', 'kube-node-lease', 'node1', 'can only get, create, update, patch, or delete a node lease', 'coordination.k8s.io'],
  ['get', 'csinodes', '', 'node1', true, 'storage.k8s.io'], ['get', 'csinodes', '', 'node2', 'can only access CSINode with the same name as the requesting node', 'storage.k8s.io'],
  ['watch', 'services', '', '', true], ['create', 'services', 'ns', '', ''], ['create', 'events', 'ns', '', true], ['list', 'runtimeclasses', '', '', true, 'node.k8s.io'],
  ['create', 'certificatesigningrequests', '', '', true, 'certificates.k8s.io'],
];

test('a node sees what has to do with it', () => {
  const authorizer = world();
  for (const [verb, path, namespace, name, expected, apiGroup = ''] of cases) {
    const [resource = '', subresource = ''] = path.split('/');
    const decision = authorizer.authorize({ isResourceRequest: true, user: node1, verb, apiGroup, apiVersion: 'v1', resource, subresource, namespace, name });
    assert.deepEqual(decision, expected === true ? { verdict: 'allow', reason: '' } : { verdict: 'no-opinion', reason: expected }, `${verb} ${path} ${namespace}/${name}`);
  }
});

test('a node may list the pods that its selector narrows to itself', () => {
  const authorizer = world();
  const list = (fields: Record<string, string>): Attributes => ({ isResourceRequest: true, user: node1, verb: 'list', apiGroup: '', apiVersion: 'v1', resource: 'pods', subresource: '', namespace: '', name: '', selectors: { labels: [], fields: Object.entries(fields).map(([field, value]) => ({ field, operator: '=', value })) } });
  assert.equal(authorizer.authorize(list({ 'spec.nodeName': 'node1' })).verdict, 'allow');
  assert.deepEqual(authorizer.authorize(list({})), { verdict: 'no-opinion', reason: 'can only list/watch pods with spec.nodeName field selector' });
  assert.equal(authorizer.authorize(list({ 'spec.nodeName': 'node2' })).verdict, 'no-opinion');
});

test('others are not its business', () => {
  const authorizer = world();
  const ask = (user: UserInfo) => authorizer.authorize({ isResourceRequest: true, user, verb: 'get', apiGroup: '', apiVersion: 'v1', resource: 'nodes', subresource: '', namespace: '', name: 'node1' });
  assert.deepEqual(ask({ name: 'system:node:node1', groups: [] }), { verdict: 'no-opinion', reason: '' });
  assert.deepEqual(ask({ name: 'system:node:', groups: ['system:nodes'] }), { verdict: 'no-opinion', reason: 'unknown node for user "system:node:"' });
});
