import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificatesigningrequests, configmaps, csidrivers, csinodes, leases, nodes, persistentvolumeclaims, persistentvolumes, pods, serviceaccounts } from '../../../api/resources.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import type { Node, Pod } from '../../../api/types/core/v1.ts';
import type { UserInfo } from '../../authentication/authenticator.ts';
import { FakeReader } from '../../authorization/fake-reader.ts';
import type { AdmissionAttributes } from '../admission.ts';
import { admitted, attributesFor } from '../attributes.ts';
import { forbiddenLabels } from './labels.ts';
import { nodeRestriction } from './node-restriction.ts';

/** A certificate request for a name, as far as its subject goes: nobody looks at the rest. */
function requestFor(commonName: string): string {
  const der = (tag: number, ...parts: (number[] | Buffer)[]): Buffer => {
    const content = Buffer.concat(parts.map((part) => Buffer.from(part)));
    return Buffer.concat([Buffer.from([tag, content.length]), content]);
  };
  const subject = der(0x30, der(0x31, der(0x30, der(0x06, [0x55, 0x04, 0x03]), der(0x0c, Buffer.from(commonName)))));
  const body = der(0x30, der(0x30, der(0x02, [0]), subject)).toString('base64');
  return Buffer.from(`-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----\n`).toString('base64');
}

const user: UserInfo = { name: 'system:node:n1', groups: ['system:nodes'] };
const reader = new FakeReader();
const token = (boundObjectRef: object, audiences: readonly string[] = []): KubeObject => ({ metadata: {}, spec: { boundObjectRef, audiences } } as KubeObject);
const bound = (name: string, nodeName: string): Pod => ({ metadata: { name, namespace: 'ns', uid: `${name}-uid` }, spec: { containers: [], nodeName } });
reader.put(nodes, { metadata: { name: 'n1', uid: 'n1-uid' } });
reader.put(pods, bound('mine', 'n1'), bound('theirs', 'n2'));
const tokenVolume = (audience?: string): object => ({ name: audience ?? 'default', projected: { sources: [{ serviceAccountToken: { path: 'token', ...(audience !== undefined && { audience }) } }] } });
const asking = (name: string, ...volumes: object[]): Pod => {
  const pod = bound(name, 'n1');
  return { ...pod, spec: { ...pod.spec!, volumes: volumes as never } };
};
reader.put(pods, asking('tokens', tokenVolume(), tokenVolume('vault')), asking('driver', { name: 'v', csi: { driver: 'd' } }), asking('claim', { name: 'v', persistentVolumeClaim: { claimName: 'c' } }), asking('lost', { name: 'v', persistentVolumeClaim: { claimName: 'gone' } }));
reader.put(csidrivers, { metadata: { name: 'd' }, spec: { tokenRequests: [{ audience: 'driver' }] } });
reader.put(persistentvolumeclaims, { metadata: { name: 'c', namespace: 'ns' }, spec: { volumeName: 'pv' } });
reader.put(persistentvolumes, { metadata: { name: 'pv' }, spec: { csi: { driver: 'd', volumeHandle: 'h' } } });
const plugin = nodeRestriction({ reader, authorize: (attributes) => ({ verdict: attributes.verb === 'request-serviceaccounts-token-audience' && attributes.isResourceRequest && attributes.resource === 'trusted' && attributes.name === 'sa' ? 'allow' : 'no-opinion', reason: '' }) });
const tokenFor = (name: string, ...audiences: string[]): AdmissionAttributes => attributesFor(serviceaccounts, { object: token({ apiVersion: 'v1', kind: 'Pod', name, uid: `${name}-uid` }, audiences), subresource: 'token', name: 'sa', namespace: 'ns' });
const csr = (request: string, signerName = 'kubernetes.io/kubelet-serving'): AdmissionAttributes => attributesFor(certificatesigningrequests, { object: { metadata: { name: 'csr' }, spec: { request, signerName, usages: [] } } });
const vague = 'audience "vault" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience';

const mirror = (change: { owner?: object; annotations?: object; spec?: object } = {}): Pod => ({
  metadata: {
    name: 'static-n1', namespace: 'ns', annotations: { 'kubernetes.io/config.mirror': 'x', ...change.annotations },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'n1-uid', controller: true, ...change.owner }],
  },
  spec: { containers: [], nodeName: 'n1', ...change.spec },
});
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
    [attributesFor(pods, { object: mirror({ spec: { serviceAccountName: 's' } }) }), `${own} not create pods that reference serviceaccounts`],
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
    [tokenFor('tokens'), 'ok'],
    [tokenFor('tokens', 'vault'), 'ok'],
    [tokenFor('tokens', 'trusted'), 'ok'],
    [tokenFor('tokens', 'vault', 'b'), 'serviceaccounts "sa" is forbidden: node may only request 0 or 1 audiences'],
    [tokenFor('mine', 'vault'), `serviceaccounts "sa" is forbidden: ${vague}`],
    [tokenFor('driver', 'driver'), 'ok'],
    [tokenFor('claim', 'driver'), 'ok'],
    [tokenFor('claim', 'vault'), `serviceaccounts "sa" is forbidden: ${vague}`],
    [tokenFor('lost', 'vault'), 'serviceaccounts "sa" is forbidden: error validating audience "vault": persistentvolumeclaim "gone" not found'],
    [csr(requestFor('system:node:n1')), 'ok'],
    [csr(requestFor('system:node:n2')), 'certificatesigningrequests.certificates.k8s.io "csr" is forbidden: can only create a node CSR with CN=system:node:n1'],
    [csr(requestFor('system:node:n2'), 'example.com/other'), 'ok'],
    [csr('eA=='), 'certificatesigningrequests.certificates.k8s.io "csr" is forbidden: unable to parse csr: PEM block type must be CERTIFICATE REQUEST'],
    [attributesFor(nodes, { object: node({ metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }] } }), old: node() }), 'nodes "n1" is forbidden: node "n1" is not allowed to modify ownerReferences'],
    [attributesFor(pods, { object: { ...bound('mine', 'n1'), status: { extendedResourceClaimStatus: { resourceClaimName: 'c', requestMappings: [] } } }, old: bound('mine', 'n1'), subresource: 'status' }), 'pods "mine" is forbidden: node "n1" cannot update extended resource claim status'],
    [attributesFor(pods, { object: mirror({ spec: { volumes: [tokenVolume()] } }) }), `${own} not create pods that reference serviceaccounts (via projected volumes)`],
    [attributesFor(pods, { object: mirror({ spec: { volumes: [{ name: 'v', ephemeral: {} }] } }) }), `${own} not create pods that reference persistentvolumeclaims (via ephemeral volumes)`],
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
