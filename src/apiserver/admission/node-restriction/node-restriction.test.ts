import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configmaps, csinodes, leases, nodes, persistentvolumeclaims, pods, serviceaccounts } from '../../../api/resources.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import type { Node, Pod } from '../../../api/types/core/v1.ts';
import type { UserInfo } from '../../authentication/authenticator.ts';
import { FakeReader } from '../../authorization/fake-reader.ts';
import type { AdmissionAttributes } from '../admission.ts';
import { admitted, attributesFor } from '../attributes.ts';
import { forbiddenLabels } from './labels.ts';
import { nodeRestriction } from './node-restriction.ts';

const user: UserInfo = { name: 'system:node:n1', groups: ['system:nodes'] };
const reader = new FakeReader();
const bound = (name: string, nodeName: string): Pod => ({ metadata: { name, namespace: 'ns', uid: `${name}-uid` }, spec: { containers: [], nodeName } });
reader.put(nodes, { metadata: { name: 'n1', uid: 'n1-uid' } });
reader.put(pods, bound('mine', 'n1'), bound('theirs', 'n2'));
const plugin = nodeRestriction({ reader });

const mirror = (change: { owner?: object; annotations?: object; spec?: object } = {}): Pod => ({
  metadata: {
    name: 'static-n1', namespace: 'ns', annotations: { 'kubernetes.io/config.mirror': 'x', ...change.annotations },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'n1-uid', controller: true, ...change.owner }],
  },
  spec: { containers: [], nodeName: 'n1', ...change.spec },
});
const token = (boundObjectRef: object): KubeObject => ({ metadata: {}, spec: { boundObjectRef } } as KubeObject);
const node = (change: Partial<Node> = {}): Node => ({ ...change, metadata: { name: 'n1', ...change.metadata } });

test('a kubelet keeps to its own node and pods', async () => {
  const own = 'pods "static-n1" is forbidden: node "n1" can';
  const cases: readonly [AdmissionAttributes, string][] = [
    [attributesFor(configmaps, { object: { metadata: { name: 'x', namespace: 'ns' } } }), 'ok'],
    [attributesFor(pods, { object: mirror() }), 'ok'],
    [attributesFor(pods, { object: { ...mirror(), metadata: { name: 'static-n1', namespace: 'ns' } } }), 'pods "static-n1" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods'],
    [attributesFor(pods, { object: mirror({ spec: { nodeName: 'n2' } }) }), `${own} only create pods with spec.nodeName set to itself`],
    [attributesFor(pods, { object: mirror({ owner: { name: 'n2' } }) }), `${own} only create pods with an owner reference set to itself`],
    [attributesFor(pods, { object: mirror({ owner: { controller: false } }) }), `${own} only create pods with a controller owner reference set to itself`],
    [attributesFor(pods, { object: mirror({ owner: { uid: 'old' } }) }), 'pods "static-n1" is forbidden: node n1 UID mismatch: expected old got n1-uid'],
    [attributesFor(pods, { object: mirror({ spec: { volumes: [{ name: 'v', secret: { secretName: 's' } }] } }) }), `${own} not create pods that reference secrets`],
    [attributesFor(pods, { object: mirror({ spec: { serviceAccountName: 's' } }) }), `${own} not create pods that reference a service account`],
    [attributesFor(pods, { old: bound('mine', 'n1') }), 'ok'],
    [attributesFor(pods, { old: bound('theirs', 'n2') }), 'pods "theirs" is forbidden: node "n1" can only delete pods with spec.nodeName set to itself'],
    [attributesFor(pods, { old: bound('gone', 'n1') }), 'pods "gone" not found'],
    [attributesFor(pods, { object: bound('mine', 'n1'), old: bound('mine', 'n1') }), 'pods "mine" is forbidden: unexpected operation "UPDATE", node "n1" can only create and delete mirror pods'],
    [attributesFor(pods, { object: bound('mine', 'n1'), old: bound('mine', 'n1'), subresource: 'status' }), 'ok'],
    [attributesFor(pods, { object: bound('theirs', 'n2'), old: bound('theirs', 'n2'), subresource: 'status' }), 'pods "theirs" is forbidden: node "n1" can only update pod status for pods with spec.nodeName set to itself'],
    [attributesFor(pods, { object: bound('theirs', 'n2'), subresource: 'eviction' }), 'pods "theirs" is forbidden: node n1 can only evict pods with spec.nodeName set to itself'],
    [attributesFor(pods, { object: bound('mine', 'n1'), subresource: 'binding' }), "pods \"mine\" is forbidden: unexpected pod subresource \"binding\", only 'status' and 'eviction' are allowed"],
    [attributesFor(nodes, { object: node() }), 'ok'],
    [attributesFor(nodes, { object: { metadata: { name: 'n2' } } }), 'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"'],
    [attributesFor(nodes, { object: node({ metadata: { labels: { 'node-restriction.kubernetes.io/a': 'b', 'kubernetes.io/hostname': 'n1' } } }) }), 'nodes "n1" is forbidden: node "n1" is not allowed to set the following labels: node-restriction.kubernetes.io/a'],
    [attributesFor(nodes, { object: node(), old: node({ spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }) }), 'nodes "n1" is forbidden: node "n1" is not allowed to modify taints'],
    [attributesFor(nodes, { object: node({ metadata: { labels: { 'node-role.kubernetes.io/x': '' } } }), old: node() }), 'nodes "n1" is forbidden: is not allowed to modify labels: node-role.kubernetes.io/x'],
    [attributesFor(leases, { object: { metadata: { name: 'n1', namespace: 'kube-node-lease' } } }), 'ok'],
    [attributesFor(leases, { object: { metadata: { name: 'n2', namespace: 'kube-node-lease' } } }), 'leases.coordination.k8s.io "n2" is forbidden: can only access node lease with the same name as the requesting node'],
    [attributesFor(csinodes, { object: { metadata: { name: 'n2' }, spec: { drivers: [] } } }), 'csinodes.storage.k8s.io "n2" is forbidden: can only access CSINode with the same name as the requesting node'],
    [attributesFor(persistentvolumeclaims, { object: { metadata: { name: 'c', namespace: 'ns' } } }), 'persistentvolumeclaims "c" is forbidden: may only update PVC status'],
    [attributesFor(serviceaccounts, { object: token({ apiVersion: 'v1', kind: 'Pod', name: 'mine', uid: 'mine-uid' }), subresource: 'token', name: 'sa', namespace: 'ns' }), 'ok'],
    [attributesFor(serviceaccounts, { object: token({ apiVersion: 'v1', kind: 'Pod', name: 'theirs', uid: 'theirs-uid' }), subresource: 'token', name: 'sa', namespace: 'ns' }), 'serviceaccounts "sa" is forbidden: node requested token bound to a pod scheduled on a different node'],
    [attributesFor(serviceaccounts, { object: token({}), subresource: 'token', name: 'sa', namespace: 'ns' }), 'serviceaccounts "sa" is forbidden: node requested token not bound to a pod'],
  ];
  for (const [attributes, expected] of cases) assert.equal(await admitted(plugin, { ...attributes, user }), expected);
});

test('others are not its business', async () => {
  const attributes = attributesFor(nodes, { object: { metadata: { name: 'n2' } } });
  assert.equal(await admitted(plugin, { ...attributes, user: { name: 'admin', groups: ['system:masters'] } }), 'ok');
  assert.equal(await admitted(plugin, { ...attributes, user: { name: 'system:node:', groups: ['system:nodes'] } }), 'nodes "n2" is forbidden: could not determine node from user "system:node:"');
});

test('labels', () => {
  assert.deepEqual(forbiddenLabels({ a: '1', 'example.com/b': '2', 'kubernetes.io/os': 'linux', 'x.kubelet.kubernetes.io/a': '', 'node.kubernetes.io/b': '' }), []);
  assert.deepEqual(forbiddenLabels({ 'kubernetes.io/role': 'x', 'foo.k8s.io/x': '' }, { 'a.node-restriction.kubernetes.io/y': '' }), ['a.node-restriction.kubernetes.io/y', 'foo.k8s.io/x', 'kubernetes.io/role']);
});
