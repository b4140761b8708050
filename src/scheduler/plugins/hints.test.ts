import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Node } from '../../api/types/core/v1.ts';
import { podInfoOf } from '../cache/pod-info.ts';
import { mayHelp, nodeChanges } from '../framework/events.ts';
import { node, place, pod, TestCluster } from '../testing/cluster.ts';

const { profile } = new TestCluster({ nodes: [] });
const taint = { key: 'k', value: 'v', effect: 'NoSchedule' };
const tainted = node('n', { spec: { taints: [taint] } });
const plain = node('n');
const labelled = node('n', { labels: { disk: 'ssd' } });
const cordoned = node('n', { spec: { unschedulable: true } });
const large = node('n', { cpu: '16' });
const port = (hostPort: number, hostIP?: string, protocol = 'TCP') => pod({ containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort, protocol, ...(hostIP !== undefined && { hostIP }) }] }] });
const hungry = pod({}, { cpu: '9' });
const tolerant = pod({ tolerations: [{ key: 'k', operator: 'Exists' }] });
const bears = pod({ tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] });

describe('what wakes pods that a plug-in refused', () => {
  for (const [plugin, title, waiting, event, expected] of [
    ['NodeResourcesFit', 'a pod is gone', hungry, { label: 'AssignedPodDelete', old: podInfoOf(pod()) }, true],
    ['NodeResourcesFit', 'a node that is large enough', hungry, { label: 'NodeAdd', object: large }, true],
    ['NodeResourcesFit', 'a node that is not', hungry, { label: 'NodeAdd', object: plain }, false],
    ['NodeResourcesFit', 'a node that has grown', hungry, { label: 'NodeUpdateAllocatable', old: plain, object: large }, true],
    ['NodeResourcesFit', 'a node that was large enough before', hungry, { label: 'NodeUpdateAllocatable', old: large, object: node('n', { cpu: '16', memory: '9Gi' }) }, false],
    ['NodeResourcesFit', 'a pod that takes less', hungry, { label: 'AssignedPodScaleDown', old: podInfoOf(pod({}, { cpu: '2' })), object: podInfoOf(pod({}, { cpu: '1' })) }, true],
    ['NodeResourcesFit', 'a pod that takes less of something else', hungry, { label: 'AssignedPodScaleDown', old: podInfoOf(pod({}, { memory: '2Gi' })), object: podInfoOf(pod({}, { memory: '1Gi' })) }, false],
    ['NodeResourcesFit', 'the pod asks for less', hungry, { label: 'UnscheduledPodScaleDown', old: podInfoOf(hungry), object: podInfoOf(pod({}, { cpu: '1' })) }, true],
    ['NodeResourcesFit', 'taints', hungry, { label: 'NodeUpdateTaint', old: tainted, object: plain }, false],
    ['NodePorts', 'its port is free', port(80), { label: 'AssignedPodDelete', old: podInfoOf(port(80)) }, true],
    ['NodePorts', 'its port is free on one address', port(80), { label: 'AssignedPodDelete', old: podInfoOf(port(80, '10.0.0.1')) }, true],
    ['NodePorts', 'another port is free', port(80), { label: 'AssignedPodDelete', old: podInfoOf(port(81)) }, false],
    ['NodePorts', 'the same of another protocol', port(80), { label: 'AssignedPodDelete', old: podInfoOf(port(80, undefined, 'UDP')) }, false],
    ['NodePorts', 'a new node', port(80), { label: 'NodeAdd', object: plain }, true],
    ['TaintToleration', 'a node without taints', pod(), { label: 'NodeAdd', object: plain }, true],
    ['TaintToleration', 'a node with taints', pod(), { label: 'NodeAdd', object: tainted }, false],
    ['TaintToleration', 'taints that it tolerates', tolerant, { label: 'NodeAdd', object: tainted }, true],
    ['TaintToleration', 'a taint is gone', pod(), { label: 'NodeUpdateTaint', old: tainted, object: plain }, true],
    ['TaintToleration', 'a taint was tolerated before', tolerant, { label: 'NodeUpdateTaint', old: tainted, object: plain }, false],
    ['TaintToleration', 'a new toleration', tolerant, { label: 'UnscheduledPodUpdateToleration', old: podInfoOf(pod()), object: podInfoOf(tolerant) }, true],
    ['NodeUnschedulable', 'a node is opened', pod(), { label: 'NodeUpdateTaint', old: cordoned, object: plain }, true],
    ['NodeUnschedulable', 'a node was open', pod(), { label: 'NodeUpdateTaint', old: plain, object: plain }, false],
    ['NodeUnschedulable', 'a closed node', pod(), { label: 'NodeAdd', object: cordoned }, false],
    ['NodeUnschedulable', 'the pod bears it now', bears, { label: 'UnscheduledPodUpdateToleration', old: podInfoOf(pod()), object: podInfoOf(bears) }, true],
    ['NodeAffinity', 'a node with the label', pod({ nodeSelector: { disk: 'ssd' } }), { label: 'NodeAdd', object: labelled }, true],
    ['NodeAffinity', 'a node without', pod({ nodeSelector: { disk: 'ssd' } }), { label: 'NodeAdd', object: plain }, false],
    ['NodeAffinity', 'a node got the label', pod({ nodeSelector: { disk: 'ssd' } }), { label: 'NodeUpdateLabel', old: plain, object: labelled }, true],
    ['NodeAffinity', 'a node had the label', pod({ nodeSelector: { disk: 'ssd' } }), { label: 'NodeUpdateLabel', old: labelled, object: labelled }, false],
    ['NodeName', 'a new node', pod(), { label: 'NodeAdd', object: plain }, true],
    ['NodeDeclaredFeatures', 'a kubelet says more', pod(), { label: 'NodeUpdateDeclaredFeature', old: plain, object: plain }, true],
  ] as const) it(`${plugin}: ${title}`, () => assert.equal(mayHelp(profile.byName.get(plugin)?.wakes, podInfoOf(waiting), event), expected));
});

describe('what is told of a node that changed', () => {
  const beat = (one: Node, time: string): Node => ({ ...one, status: { ...one.status, conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: time }] } });
  for (const [title, old, object, expected] of [
    ['nothing of heartbeats', beat(plain, '2026-01-01T00:00:00Z'), beat(plain, '2026-01-01T00:00:10Z'), []],
    ['its taints', tainted, plain, ['NodeUpdateTaint']],
    ['that it is open again', cordoned, plain, ['NodeUpdateTaint']],
    ['nothing when it is closed', plain, cordoned, []],
    ['its labels', plain, labelled, ['NodeUpdateLabel']],
    ['what it has', plain, large, ['NodeUpdateAllocatable']],
    ['what its kubelet can', plain, node('n', { declaredFeatures: ['A'] }), ['NodeUpdateDeclaredFeature']],
  ] as const) it(title, () => assert.deepEqual(nodeChanges(old, object).map(({ label }) => label), expected));
});

describe('single nodes', () => {
  const wants = (...matchExpressions: { key: string; operator: string; values?: string[] }[]) => pod({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } } } });
  const onNodes = (...names: string[][]) => pod({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: names.map((values) => ({ key: 'metadata.name', operator: 'In', values })) }] } } } });
  const no = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
  const cores = node('n', { labels: { cores: '8' } });
  for (const [title, waiting, on, expected] of [
    ['more than', wants({ key: 'cores', operator: 'Gt', values: ['7'] }), cores, 'n'],
    ['not more than', wants({ key: 'cores', operator: 'Gt', values: ['8'] }), cores, no],
    ['less than', wants({ key: 'cores', operator: 'Lt', values: ['9'] }), cores, 'n'],
    ['not in', wants({ key: 'cores', operator: 'NotIn', values: ['8'] }), cores, no],
    ['absent', wants({ key: 'gpu', operator: 'DoesNotExist' }), cores, 'n'],
    ['no term at all', pod({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{}] } } } }), cores, no],
    ['a node by name', onNodes(['n', 'm']), cores, 'n'],
    ['other nodes by name', onNodes(['m']), cores, "0/1 nodes are available: 1 node(s) didn't satisfy plugin(s) [NodeAffinity]."],
    ['names that exclude each other', onNodes(['n'], ['m']), cores, '0/1 nodes are available: pod affinity terms conflict.'],
    ['several resources at once', pod({}, { cpu: '9', memory: '99Gi', 'ephemeral-storage': '1Gi', 'example.com/foo': '1' }), cores, '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient ephemeral-storage, 1 Insufficient example.com/foo, 1 Insufficient memory.'],
    ['a sidecar counts beside the rest', pod({ initContainers: [{ name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '2' } } }] }, { cpu: '3' }), cores, '0/1 nodes are available: 1 Insufficient cpu.'],
    ['overhead counts', pod({ overhead: { cpu: '2' } }, { cpu: '3' }), cores, '0/1 nodes are available: 1 Insufficient cpu.'],
    ['a taint of no execution', pod(), node('n', { spec: { taints: [{ ...taint, effect: 'NoExecute' }] } }), '0/1 nodes are available: 1 node(s) had untolerated taint(s).'],
    ['a toleration of everything', pod({ tolerations: [{ operator: 'Exists' }] }), tainted, 'n'],
    ['a toleration of another value', pod({ tolerations: [{ key: 'k', value: 'w' }] }), tainted, '0/1 nodes are available: 1 node(s) had untolerated taint(s).'],
    ['a name that it must have', { ...pod({ nodeName: 'm' }) }, cores, "0/1 nodes are available: 1 node(s) didn't match the requested node name."],
    ['a feature of newer kubelets', pod({ hostNetwork: true, hostUsers: false }), cores, "0/1 nodes are available: 1 node(s) didn't match Pod's required features."],
    ['a kubelet that has it', pod({ hostNetwork: true, hostUsers: false }), node('n', { declaredFeatures: ['UserNamespacesHostNetworkSupport'] }), 'n'],
    ['a disk that is mounted', pod({ volumes: [{ name: 'd', awsElasticBlockStore: { volumeID: 'v' } }] }), cores, 'n'],
  ] as const) it(title, () => assert.equal(place(waiting, [on]), expected));

  it('a disk that is mounted already', () => {
    const disk = (readOnly: boolean) => pod({ volumes: [{ name: 'd', gcePersistentDisk: { pdName: 'p', readOnly } }] });
    assert.equal(place(disk(false), [cores], [[disk(false), 'n']]), '0/1 nodes are available: 1 node(s) had no available disk.');
    assert.equal(place(disk(true), [cores], [[disk(true), 'n']]), 'n');
  });

  it('a pod that is resized in place counts as the most of what it asks for, was promised and has', () => {
    const shrinking = { ...pod({}, { cpu: '1' }), status: { containerStatuses: [{ name: 'c', ready: true, restartCount: 0, image: '', imageID: '', allocatedResources: { cpu: '3' }, resources: { requests: { cpu: '2' } } }] } };
    assert.equal(podInfoOf(shrinking).requests['cpu'], 3000);
    assert.equal(podInfoOf({ ...shrinking, spec: pod({}, { cpu: '9' }).spec!, status: { ...shrinking.status, conditions: [{ type: 'PodResizePending', status: 'True', reason: 'Infeasible' }] } }).requests['cpu'], 3000);
  });

  for (const [title, spec, status, expected] of [
    ['what the pod as a whole has', { resources: { requests: { cpu: '1' } } }, { allocatedResources: { cpu: '3' }, resources: { requests: { cpu: '2' } } }, 3000],
    ['not what was promised and is not there', {}, { containerStatuses: [{ name: 'c', ready: true, restartCount: 0, image: '', imageID: '', allocatedResources: { cpu: '3' } }] }, 1000],
    ['what sidecars have', { initContainers: [{ name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '1' } } }] }, { initContainerStatuses: [{ name: 's', ready: true, restartCount: 0, image: '', imageID: '', resources: { requests: { cpu: '4' } } }] }, 5000],
    ['not what init containers had', { initContainers: [{ name: 's', resources: { requests: { cpu: '1' } } }] }, { initContainerStatuses: [{ name: 's', ready: true, restartCount: 0, image: '', imageID: '', resources: { requests: { cpu: '4' } } }] }, 1000],
  ] as const) it(`of a pod that is resized, counts ${title}`, () => assert.equal(podInfoOf({ ...pod(spec as never, { cpu: '1' }), status: status as never }).requests['cpu'], expected));

  it('of what a pod as a whole asks for, containers are assumed to add nothing', () => {
    const whole = (requests: Record<string, string>) => podInfoOf(pod({ resources: { requests } })).scoringRequests;
    assert.deepEqual([whole({ cpu: '1', memory: '1Gi' }), whole({ cpu: '1' })], [{ cpu: 1000, memory: 2 ** 30 }, { cpu: 1000, memory: 200 * 2 ** 20 }]);
  });
});
