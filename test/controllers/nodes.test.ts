import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { leases, nodes, pods } from '../../src/api/resources.ts';
import { isReason } from '../../src/api/status.ts';
import type { Node } from '../../src/api/types/core/v1.ts';
import { formatMicroTime, formatTime } from '../../src/base/clock.ts';
import { changeTaints } from '../../src/client/node-taints.ts';
import { startFixture } from './fixture.ts';
import type { Fixture } from './fixture.ts';

async function addNode({ client, clock }: Fixture, name: string): Promise<void> {
  const now = formatTime(clock.now());
  await client.create(nodes, { metadata: { name } });
  await client.patch(nodes, { name }, { type: 'merge', value: { status: { conditions: ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => ({ type, status: type === 'Ready' ? 'True' : 'False', reason: 'Kubelet', message: '', lastHeartbeatTime: now, lastTransitionTime: now })) } } }, { subresource: 'status' });
  await client.create(leases, { metadata: { namespace: 'kube-node-lease', name }, spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime: formatMicroTime(clock.now()) } });
}

async function beat({ client, clock }: Fixture, names: readonly string[], durationMs: number): Promise<void> {
  for (let passedMs = 0; passedMs < durationMs; passedMs += 10_000) {
    for (const name of names) await client.patch(leases, { namespace: 'kube-node-lease', name }, { type: 'merge', value: { spec: { renewTime: formatMicroTime(clock.now()) } } });
    await clock.advance(10_000);
  }
}

async function addPod({ client }: Fixture, name: string, nodeName: string, tolerations: readonly object[] = []): Promise<void> {
  await client.create(pods, { metadata: { namespace: 'default', name }, spec: { nodeName, containers: [{ name: 'c', image: 'x' }], terminationGracePeriodSeconds: 0, tolerations: tolerations as never } });
  await client.patch(pods, { namespace: 'default', name }, { type: 'merge', value: { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } } }, { subresource: 'status' });
}

const taints = (node: Node): string[] => (node.spec?.taints ?? []).map(({ key, effect }) => `${key.replace('node.kubernetes.io/', '')}:${effect}`).toSorted();

describe('taints of a node', () => {
  const noSchedule = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' } as const;
  it('are changed on the node as it is now, whoever has written it since it was read', async () => {
    await using fixture = await startFixture({ kubelet: false, controllers: ['-*'] });
    const { client } = fixture;
    const read = await client.create(nodes, { metadata: { name: 'new' }, spec: { taints: [noSchedule] } });
    await client.patch(nodes, { name: 'new' }, { type: 'merge', value: { spec: { taints: [noSchedule, { key: 'mine', effect: 'NoExecute' }] } } });
    const written = await changeTaints(client, read, { add: [{ key: 'added', effect: 'PreferNoSchedule' }], remove: [noSchedule] });
    assert.deepEqual(taints(written), ['added:PreferNoSchedule', 'mine:NoExecute']);
    assert.deepEqual(taints(await client.get(nodes, { name: 'new' })), taints(written));
  });

  it('are not changed on another node of that name', async () => {
    await using fixture = await startFixture({ kubelet: false, controllers: ['-*'] });
    const { client } = fixture;
    const read = await client.create(nodes, { metadata: { name: 'new' }, spec: { taints: [noSchedule] } });
    await client.delete(nodes, { name: 'new' });
    await client.create(nodes, { metadata: { name: 'new' }, spec: { taints: [noSchedule] } });
    await assert.rejects(changeTaints(client, read, { add: [], remove: [noSchedule] }), (error) => isReason(error, 'Conflict'));
  });
});

describe('node lifecycle', () => {
  it('a silent node becomes unknown, its pods not ready, and after their time they are evicted', async () => {
    await using fixture = await startFixture({ kubelet: false });
    const { client, clock } = fixture;
    await addNode(fixture, 'good');
    await addNode(fixture, 'bad');
    await addPod(fixture, 'plain', 'bad');
    await addPod(fixture, 'patient', 'bad', [{ key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 600 }]);
    await addPod(fixture, 'stoic', 'bad', [{ operator: 'Exists' }]);
    await beat(fixture, ['good', 'bad'], 30_000);
    assert.deepEqual(taints(await client.get(nodes, { name: 'bad' })), []);
    await beat(fixture, ['good'], 30_000);
    assert.deepEqual(taints(await client.get(nodes, { name: 'bad' })), []);
    await beat(fixture, ['good'], 30_000);
    const silent = await client.get(nodes, { name: 'bad' });
    assert.deepEqual(silent.status!.conditions!.map(({ type, status, reason, message }) => `${type} ${status} ${reason} ${message}`), ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => `${type} Unknown NodeStatusUnknown Kubelet stopped posting node status.`));
    assert.deepEqual(taints(silent), ['unreachable:NoExecute', 'unreachable:NoSchedule']);
    assert.deepEqual(await fixture.eventsOn('bad'), ['RegisteredNode Node bad event: Registered Node bad in Controller x1', 'NodeNotReady Node bad status is now: NodeNotReady x1']);
    assert.equal((await client.get(pods, { namespace: 'default', name: 'plain' })).status!.conditions!.find(({ type }) => type === 'Ready')!.status, 'False');
    const left = async () => (await client.list(pods, { namespace: 'default' })).items.map(({ metadata }) => metadata.name);
    assert.deepEqual(await left(), ['patient', 'plain', 'stoic']);
    await beat(fixture, ['good'], 320_000);
    assert.deepEqual(await left(), ['patient', 'stoic']);
    assert.ok((await fixture.eventsOn('plain')).includes('TaintManagerEviction Marking for deletion Pod default/plain x1'));
    // It comes back in time for the patient one.
    await client.patch(nodes, { name: 'bad' }, { type: 'strategic', value: { status: { conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status', lastHeartbeatTime: formatTime(clock.now()) }] } } }, { subresource: 'status' });
    await beat(fixture, ['good', 'bad'], 600_000);
    assert.deepEqual(taints(await client.get(nodes, { name: 'bad' })), []);
    assert.deepEqual(await left(), ['patient', 'stoic']);
    assert.ok((await fixture.eventsOn('patient')).includes('TaintManagerEviction Cancelling deletion of Pod default/patient x1'));
    assert.deepEqual(fixture.complaints, []);
  });

  it('what a node had begun goes on when the node is gone', async () => {
    await using fixture = await startFixture({ kubelet: false });
    const { client } = fixture;
    await addNode(fixture, 'good');
    const noExecute = { key: 'mine', effect: 'NoExecute' };
    await addNode(fixture, 'bad');
    await addPod(fixture, 'leaves', 'bad', [{ ...noExecute, operator: 'Exists', tolerationSeconds: 25 }]);
    await client.patch(nodes, { name: 'bad' }, { type: 'merge', value: { spec: { taints: [noExecute] } } });
    await beat(fixture, ['good', 'bad'], 10_000);
    await client.delete(nodes, { name: 'bad' });
    const left = async (): Promise<number> => (await client.list(pods, { namespace: 'default' })).items.length;
    await beat(fixture, ['good'], 10_000);
    assert.equal(await left(), 1);
    await beat(fixture, ['good'], 10_000);
    assert.equal(await left(), 0, 'before the garbage collector, which waits 40 seconds');
    assert.deepEqual(fixture.complaints, []);
  });

  it('evicts nobody when no node at all can be heard', async () => {
    await using fixture = await startFixture({ kubelet: false });
    const { client, clock } = fixture;
    await addNode(fixture, 'only');
    await addPod(fixture, 'plain', 'only');
    await clock.advance(900_000);
    assert.deepEqual(taints(await client.get(nodes, { name: 'only' })), ['unreachable:NoSchedule']);
    assert.equal((await client.list(pods, { namespace: 'default' })).items.length, 1);
  });

  it('evicts from one node each ten seconds, and from none in a small zone of which most is down', async () => {
    await using fixture = await startFixture({ kubelet: false });
    const { client, clock } = fixture;
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) await addNode(fixture, name);
    const evicting = async (): Promise<number> => (await client.list(nodes, {})).items.filter((node) => taints(node).includes('unreachable:NoExecute')).length;
    const well = ['a', 'b', 'c', 'd'];
    await beat(fixture, [...well, 'e', 'f', 'g', 'h'], 10_000);
    // Half of them is not most of them.
    await beat(fixture, well, 50_000);
    assert.equal(await evicting(), 1);
    await beat(fixture, well, 10_000);
    assert.equal(await evicting(), 2);
    // One more, and evictions stop.
    await client.patch(nodes, { name: 'a' }, { type: 'strategic', value: { status: { conditions: [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: '', lastHeartbeatTime: formatTime(clock.now()) }] } } }, { subresource: 'status' });
    await beat(fixture, well, 10_000);
    const stopped = await evicting();
    assert.ok(stopped < 4);
    await beat(fixture, well, 60_000);
    assert.equal(await evicting(), stopped);
    // Nodes that do not count leave the others a whole zone.
    for (const name of ['a', 'h']) await client.patch(nodes, { name }, { type: 'merge', value: { metadata: { labels: { 'node.kubernetes.io/exclude-disruption': '' } } } });
    await beat(fixture, well, 30_000);
    assert.equal(await evicting(), 4);
  });

  it('pods that come to a node that is not ready are not ready; old labels follow new ones', async () => {
    await using fixture = await startFixture({ kubelet: false });
    const { client, clock } = fixture;
    await addNode(fixture, 'good');
    await addNode(fixture, 'bad');
    await client.patch(nodes, { name: 'bad' }, { type: 'merge', value: { metadata: { labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'arm64', 'beta.kubernetes.io/arch': 'amd64' } } } });
    await beat(fixture, ['good'], 90_000);
    const { metadata: { labels } } = await client.get(nodes, { name: 'bad' });
    assert.partialDeepStrictEqual(labels, { 'beta.kubernetes.io/os': 'linux', 'beta.kubernetes.io/arch': 'arm64' });
    await client.create(pods, { metadata: { namespace: 'default', name: 'late' }, spec: { containers: [{ name: 'c', image: 'x' }], tolerations: [{ operator: 'Exists' }] } });
    await client.patch(pods, { namespace: 'default', name: 'late' }, { type: 'merge', value: { status: { conditions: [{ type: 'Ready', status: 'True' }] } } }, { subresource: 'status' });
    await client.createSubresource(pods, { namespace: 'default', name: 'late' }, 'binding', { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'late', namespace: 'default' }, target: { kind: 'Node', name: 'bad' } } as never);
    await clock.advance(2_000);
    assert.equal((await client.get(pods, { namespace: 'default', name: 'late' })).status!.conditions!.find(({ type }) => type === 'Ready')!.status, 'False');
    await client.delete(nodes, { name: 'bad' });
    await clock.advance(10_000);
    assert.ok((await fixture.eventsOn('bad')).includes('RemovingNode Node bad event: Removing Node bad from Controller x1'));
  });

  it('a node that never reported says so', async () => {
    await using fixture = await startFixture({ kubelet: false });
    const { client, clock } = fixture;
    await client.create(nodes, { metadata: { name: 'mute' } });
    await clock.advance(70_000);
    const { status } = await client.get(nodes, { name: 'mute' });
    assert.deepEqual(status!.conditions!.map(({ type, status: value, reason, message }) => `${type} ${value} ${reason} ${message}`)[0], 'Ready Unknown NodeStatusNeverUpdated Kubelet never posted node status.');
  });

  it('taints follow conditions and cordoning', async () => {
    await using fixture = await startFixture({ kubelet: false });
    const { client, clock } = fixture;
    await addNode(fixture, 'a');
    await client.patch(nodes, { name: 'a' }, { type: 'merge', value: { spec: { unschedulable: true } } });
    await client.patch(nodes, { name: 'a' }, { type: 'strategic', value: { status: { conditions: [{ type: 'DiskPressure', status: 'True' }] } } }, { subresource: 'status' });
    await clock.advance(100);
    assert.deepEqual(taints(await client.get(nodes, { name: 'a' })), ['disk-pressure:NoSchedule', 'unschedulable:NoSchedule']);
    await client.patch(nodes, { name: 'a' }, { type: 'merge', value: { spec: { unschedulable: null } } });
    await clock.advance(100);
    assert.deepEqual(taints(await client.get(nodes, { name: 'a' })), ['disk-pressure:NoSchedule']);
  });
});

describe('node address ranges', () => {
  it('are given once each and taken back', async () => {
    await using fixture = await startFixture({ kubelet: false, settings: { clusterCidrs: ['10.244.0.0/23', 'fd00:10:244::/56'] } });
    const { client, clock } = fixture;
    const range = async (name: string) => (await client.get(nodes, { name })).spec?.podCIDRs;
    await client.create(nodes, { metadata: { name: 'a' } });
    await client.create(nodes, { metadata: { name: 'b' } });
    await clock.advance(100);
    assert.deepEqual([await range('a'), await range('b')], [['10.244.0.0/24', 'fd00:10:244::/64'], ['10.244.1.0/24', 'fd00:10:244:1::/64']]);
    await client.create(nodes, { metadata: { name: 'c' } });
    await clock.advance(1000);
    assert.equal(await range('c'), undefined);
    assert.ok((await fixture.eventsOn('c'))[0]!.startsWith('CIDRNotAvailable Node c status is now: CIDRNotAvailable'));
    await client.delete(nodes, { name: 'a' });
    await clock.advance(60_000);
    assert.deepEqual((await range('c'))?.[0], '10.244.0.0/24');
  });
});

describe('pod garbage collector', () => {
  it('deletes pods of vanished nodes, and finished ones beyond a number', async () => {
    await using fixture = await startFixture({ kubelet: false, settings: { terminatedPodGcThreshold: 2 } });
    const { client, clock } = fixture;
    await addNode(fixture, 'a');
    await addPod(fixture, 'lost', 'gone');
    await addPod(fixture, 'fine', 'a');
    for (let i = 0; i < 4; i++) {
      await addPod(fixture, `done-${i}`, 'a');
      await client.patch(pods, { namespace: 'default', name: `done-${i}` }, { type: 'merge', value: { status: { phase: 'Succeeded' } } }, { subresource: 'status' });
      await clock.advance(1000);
    }
    await beat(fixture, ['a'], 100_000);
    await assert.rejects(client.get(pods, { namespace: 'default', name: 'lost' }), (error) => isReason(error, 'NotFound'));
    assert.deepEqual((await client.list(pods, { namespace: 'default' })).items.map(({ metadata }) => metadata.name), ['done-2', 'done-3', 'fine']);
    assert.deepEqual((await fixture.counted('pod_gc_collector_force_delete_pods_total')).toSorted(), ['default orphaned 1', 'default terminated 2']);
  });

  it('deletes at once what is on its way out of a node that is out of service', async () => {
    await using fixture = await startFixture({ kubelet: false, controllers: ['serviceaccount-controller', 'pod-garbage-collector-controller'] });
    const { client, clock } = fixture;
    await client.create(nodes, { metadata: { name: 'out' }, spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] } });
    await client.create(pods, { metadata: { namespace: 'default', name: 'stuck' }, spec: { nodeName: 'out', containers: [{ name: 'c', image: 'x' }] } });
    await clock.advance(30_000);
    await client.delete(pods, { namespace: 'default', name: 'stuck' }, { gracePeriodSeconds: 300 });
    await clock.advance(30_000);
    assert.deepEqual((await client.list(pods, { namespace: 'default' })).items, []);
    assert.deepEqual(await fixture.counted('pod_gc_collector_force_delete_pods_total'), ['default out-of-service 1']);
    assert.deepEqual(await fixture.counted('pod_gc_collector_force_delete_pod_errors_total'), []);
  });

  it('says of pods of vanished nodes why they failed, and of which generation that is said', async () => {
    await using fixture = await startFixture({ kubelet: false });
    const { client } = fixture;
    await addNode(fixture, 'a');
    await client.create(pods, { metadata: { namespace: 'default', name: 'lost', finalizers: ['example.com/kept'] }, spec: { nodeName: 'gone', containers: [{ name: 'c', image: 'x' }] } });
    await beat(fixture, ['a'], 100_000);
    const { metadata, status } = await client.get(pods, { namespace: 'default', name: 'lost' });
    assert.partialDeepStrictEqual(status, { phase: 'Failed', observedGeneration: 1 });
    assert.partialDeepStrictEqual(status?.conditions?.find(({ type }) => type === 'DisruptionTarget'), { status: 'True', reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists', observedGeneration: 1 });
    assert.notEqual(metadata.deletionTimestamp, undefined);
  });
});
