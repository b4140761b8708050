import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { events, nodes, persistentvolumeclaims, persistentvolumes, podgroups, pods, storageclasses } from '../../src/api/resources.ts';
import { isReason } from '../../src/api/status.ts';
import type { Event, PodSpec } from '../../src/api/types/core/v1.ts';
import type { Client } from '../../src/client/client.ts';
import type { SchedulerSettings } from '../../src/scheduler/config/settings.ts';
import { usualProfile, usualSettings } from '../../src/scheduler/config/settings.ts';
import type { Extender } from '../../src/scheduler/framework/extender.ts';
import { Scene } from './scene.ts';

describe('the scheduler', () => {
  it('binds, and says so', async () => {
    await using scene = await Scene.start();
    await scene.node('a');
    await scene.pod('p');
    assert.equal(await scene.told('p'), 'a');
    assert.deepEqual(await scene.eventsOn('p'), ['Normal Scheduled default-scheduler: Successfully assigned default/p to a']);
  });

  it('writes its events through the newer API, and counts what it says again as a series', async () => {
    await using scene = await Scene.start();
    await scene.pod('p');
    await scene.server.clock.settle();
    const { metadata: { name, uid, resourceVersion } } = await scene.get('p');
    const [{ metadata, involvedObject, ...event }] = (await scene.client.list(events)).items as [Event];
    assert.match(metadata.name!, /^p\.[0-9a-f]{16}$/);
    assert.equal(metadata.managedFields![0]!.apiVersion, 'events.k8s.io/v1');
    assert.deepEqual({ ...involvedObject, resourceVersion }, { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name, uid, resourceVersion });
    // No count, no source, no first and last time.
    assert.deepEqual(event, {
      apiVersion: 'v1', kind: 'Event', eventTime: '2026-01-01T00:00:00.000000Z', reportingComponent: 'default-scheduler', reportingInstance: 'default-scheduler-localhost',
      action: 'Scheduling', reason: 'FailedScheduling', type: 'Warning', message: 'no nodes available to schedule pods',
    });
    // Pods that wait are tried again each five minutes. The first event is about the pod as it was before its status told of it.
    await scene.server.clock.advance(660_000);
    assert.deepEqual((await scene.client.list(events)).items.map(({ series }) => series?.count), [undefined, 2]);
  });

  it('says that there are no nodes, and tries again', async () => {
    await using scene = await Scene.start();
    await scene.pod('p');
    assert.equal(await scene.told('p'), 'Unschedulable: no nodes available to schedule pods');
    await scene.node('a');
    await scene.server.clock.advance(3000);
    assert.equal(await scene.told('p'), 'a');
  });

  it('tells why, once; wakes for what may help, and for nothing else', async () => {
    await using scene = await Scene.start();
    await scene.node('small', { cpu: '1' });
    const waiting = await scene.pod('p', {}, '6');
    const message = '0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.';
    assert.equal(await scene.told('p'), `Unschedulable: ${message}`);
    assert.deepEqual(await scene.eventsOn('p'), [`Warning FailedScheduling default-scheduler: ${message}`]);
    const before = (await scene.get('p')).metadata.resourceVersion;
    await scene.client.patch(nodes, { name: 'small' }, { type: 'merge', value: { metadata: { labels: { other: '1' } } } });
    await scene.server.clock.advance(20_000);
    assert.equal((await scene.get('p')).metadata.resourceVersion, before);
    const diagnosis = scene.scheduler.diagnosisOf(waiting.metadata.uid!);
    assert.deepEqual(diagnosis?.nodes.map(({ name, slot }) => [name, diagnosis.at(slot)?.plugin, diagnosis.at(slot)?.refusal.reasons]), [['small', 'NodeResourcesFit', ['Insufficient cpu']]]);
    await scene.node('large', { cpu: '16' });
    assert.equal(await scene.told('p'), 'large');
    assert.equal(scene.scheduler.diagnosisOf(waiting.metadata.uid!), undefined);
  });

  it('lets gated pods in when their gates are gone', async () => {
    await using scene = await Scene.start();
    await scene.node('a');
    await scene.pod('p', { schedulingGates: [{ name: 'example.com/wait' }] });
    assert.equal((await scene.get('p')).spec?.nodeName, undefined);
    assert.equal(scene.scheduler.pending.gated, 1);
    await scene.client.patch(pods, { namespace: 'default', name: 'p' }, { type: 'json', operations: [{ op: 'remove', path: '/spec/schedulingGates' }] });
    assert.equal(await scene.told('p'), 'a');
  });

  it('is several schedulers, each in its way, and leaves the pods of others alone', async () => {
    const settings: SchedulerSettings = { ...usualSettings, profiles: [usualProfile('default-scheduler'), { ...usualProfile('packer'), args: { NodeResourcesFit: { scoringStrategy: { type: 'MostAllocated', resources: [{ name: 'cpu', weight: 1 }] } } } }] };
    await using scene = await Scene.start({ settings });
    for (const name of ['a', 'b']) await scene.node(name);
    await scene.pod('first', { nodeName: 'a' }, '2');
    await scene.pod('spread');
    await scene.pod('packed', { schedulerName: 'packer' });
    await scene.pod('foreign', { schedulerName: 'somebody-else' });
    assert.deepEqual([await scene.told('spread'), await scene.told('packed'), await scene.told('foreign')], ['b', 'a', undefined]);
    assert.deepEqual(await scene.eventsOn('packed'), ['Normal Scheduled packer: Successfully assigned default/packed to a']);
  });

  it('tries again when a binding fails, and gives the room back meanwhile', async () => {
    let failures = 2;
    const wrap = (client: Client): Client => new Proxy(client, {
      get(target, property): unknown {
        const value = Reflect.get(target, property) as unknown;
        // Who says why it writes still has the same network.
        if (property === 'because') return (...given: Parameters<Client['because']>) => wrap(target.because(...given));
        if (property !== 'createSubresource') return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        return (...given: Parameters<Client['createSubresource']>) => (failures-- > 0 ? Promise.reject(new Error('the network is down')) : target.createSubresource(...given));
      },
    });
    await using scene = await Scene.start({ wrap });
    await scene.node('a', { cpu: '1' });
    await scene.pod('p', {}, '900m');
    assert.equal(await scene.told('p'), 'SchedulerError: running Bind plugin "DefaultBinder": the network is down');
    await scene.server.clock.advance(10_000);
    assert.equal(await scene.told('p'), 'a');
    assert.deepEqual((await scene.eventsOn('p')).at(-1), 'Normal Scheduled default-scheduler: Successfully assigned default/p to a');
  });

  it('asks extenders, who may bind', async () => {
    const bound: string[] = [];
    const extender: Extender = {
      name: 'x', ignorable: false, weight: 1,
      isInterested: () => true,
      filter: (_pod, all) => Promise.resolve({ nodes: all.filter(({ name }) => name === 'b'), failed: new Map([['a', 'not that one']]), unresolvable: new Map() }),
      bind: (pod, nodeName) => {
        bound.push(`${pod.metadata.name} ${nodeName}`);
        return Promise.resolve();
      },
    };
    await using scene = await Scene.start({ extenders: [extender] });
    for (const name of ['a', 'b']) await scene.node(name);
    await scene.pod('p');
    await scene.get('p');
    assert.deepEqual(bound, ['p b']);
  });

  it('cuts what it tells to the bytes that an event holds', async () => {
    const extender: Extender = { name: 'talkative', ignorable: false, weight: 1, isInterested: () => true, filter: () => Promise.reject(new Error('ä'.repeat(900))) };
    await using scene = await Scene.start({ extenders: [extender] });
    await scene.node('a');
    await scene.pod('p');
    const [told = ''] = await scene.eventsOn('p');
    assert.match(told, /^Warning FailedScheduling default-scheduler: .*ä{400,} \.\.\.$/);
  });

  it('looks at all nodes when an extender refuses the nominated one', async () => {
    const extender: Extender = { name: 'picky', ignorable: false, weight: 1, isInterested: () => true, filter: (_pod, all) => Promise.resolve({ nodes: all.filter(({ name }) => name === 'b'), failed: new Map([['a', 'not that one']]), unresolvable: new Map() }) };
    await using scene = await Scene.start({ extenders: [extender] });
    for (const name of ['a', 'b']) await scene.node(name);
    const ref = { namespace: 'default', name: 'p' };
    await scene.pod('p', { schedulingGates: [{ name: 'example.com/wait' }] });
    await scene.client.patch(pods, ref, { type: 'merge', value: { status: { nominatedNodeName: 'a' } } }, { subresource: 'status' });
    await scene.client.patch(pods, ref, { type: 'json', operations: [{ op: 'remove', path: '/spec/schedulingGates' }] });
    assert.equal(await scene.told('p'), 'b');
  });

  it('counts under upstream\'s names', async () => {
    await using scene = await Scene.start();
    await scene.node('a', { cpu: '1' });
    await scene.pod('p');
    await scene.pod('q', {}, '9');
    await scene.get('p');
    const families = new Map(scene.scheduler.metrics().map((gauge) => [gauge.name, gauge]));
    const rows = async (name: string): Promise<readonly (readonly [unknown, number])[]> => [...await families.get(name)!.read()];
    assert.deepEqual(await rows('scheduler_schedule_attempts_total'), [[{ result: 'scheduled', profile: 'default-scheduler' }, 1], [{ result: 'unschedulable', profile: 'default-scheduler' }, 1]]);
    assert.deepEqual(await rows('scheduler_pending_pods'), [[{ queue: 'active' }, 0], [{ queue: 'backoff' }, 0], [{ queue: 'unschedulable' }, 1], [{ queue: 'gated' }, 0]]);
    assert.deepEqual(await rows('scheduler_unschedulable_pods'), [[{ plugin: 'NodeResourcesFit', profile: 'default-scheduler' }, 1]]);
    assert.deepEqual((await rows('scheduler_cache_size')).map(([, value]) => value), [1, 1, 0]);
    assert.equal([...families.get('scheduler_pod_scheduling_sli_duration_seconds')!.histograms!()][0]?.total, 1);
  });
});

describe('volumes that wait for the first consumer', () => {
  const claimed: Partial<PodSpec> = { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] };
  const ref = { namespace: 'default', name: 'data' };

  async function withClaim(scene: Scene, provisioner: string): Promise<void> {
    for (const [name, zone] of [['a', 'x'], ['b', 'y']] as const) await scene.node(name, { labels: { zone } });
    await scene.client.create(storageclasses, { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'late' }, provisioner, volumeBindingMode: 'WaitForFirstConsumer' });
    await scene.client.create(persistentvolumeclaims, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: ref, spec: { storageClassName: 'late', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } });
  }
  /** As the volume controller does it. */
  async function bind(scene: Scene, volumeName: string): Promise<void> {
    await scene.client.patch(persistentvolumeclaims, ref, { type: 'merge', value: { metadata: { annotations: { 'pv.kubernetes.io/bind-completed': 'yes' } }, spec: { volumeName } } });
  }

  it('are bound where they are, and the pod after them', async () => {
    await using scene = await Scene.start();
    await withClaim(scene, 'kubernetes.io/no-provisioner');
    await scene.client.create(persistentvolumes, { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'v' }, spec: { storageClassName: 'late', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/v' }, nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['y'] }] }] } } } });
    await scene.client.patch(persistentvolumes, { name: 'v' }, { type: 'merge', value: { status: { phase: 'Available' } } }, { subresource: 'status' });
    await scene.pod('p', claimed);
    const waiting = await scene.get('p');
    assert.deepEqual([waiting.spec?.nodeName, waiting.status?.nominatedNodeName], [undefined, 'b']);
    assert.equal((await scene.client.get(persistentvolumes, { name: 'v' })).spec?.claimRef?.name, 'data');
    await bind(scene, 'v');
    await scene.server.clock.advance(2000);
    assert.equal(await scene.told('p'), 'b');
    assert.equal((await scene.get('p')).status?.nominatedNodeName, undefined);
    // What else could be asked of the API was not looked at: pods that ask for devices do not wait for what is not served.
    await scene.pod('q', { containers: [{ name: 'c', image: 'i', resources: { limits: { 'example.com/device': '1' } } }] });
    assert.match(await scene.told('q') ?? '', /Insufficient example\.com\/device/);
  });

  it('are made where the pod is going to run; a provisioner may refuse', async () => {
    await using scene = await Scene.start();
    await withClaim(scene, 'csi.example.com');
    await scene.pod('p', claimed);
    await scene.get('p');
    const chosen = (await scene.client.get(persistentvolumeclaims, ref)).metadata.annotations?.['volume.kubernetes.io/selected-node'];
    assert.match(chosen ?? '', /^[ab]$/);
    await scene.client.patch(persistentvolumeclaims, ref, { type: 'merge', value: { metadata: { annotations: { 'volume.kubernetes.io/selected-node': null, more: '1' } } } });
    await scene.server.clock.advance(1500);
    assert.match((await scene.eventsOn('p')).at(-1) ?? '', /FailedScheduling .*running PreBind plugin "VolumeBinding": binding volumes: provisioning failed for PVC "data"/);
    await scene.server.clock.advance(5000);
    assert.match((await scene.client.get(persistentvolumeclaims, ref)).metadata.annotations?.['volume.kubernetes.io/selected-node'] ?? '', /^[ab]$/);
  });
});

it('volumes that are not bound in their time are given up, and the pod is tried again', async () => {
  const profiles = [{ ...usualProfile('default-scheduler'), args: { VolumeBinding: { bindTimeoutSeconds: 5 } } }];
  await using scene = await Scene.start({ settings: { ...usualSettings, profiles } });
  await scene.node('a');
  await scene.client.create(storageclasses, { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name: 'late' }, provisioner: 'csi.example.com', volumeBindingMode: 'WaitForFirstConsumer' });
  await scene.client.create(persistentvolumeclaims, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { namespace: 'default', name: 'data' }, spec: { storageClassName: 'late', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } });
  await scene.pod('p', { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] });
  await scene.server.clock.advance(4000);
  assert.equal((await scene.get('p')).status?.conditions, undefined);
  await scene.server.clock.advance(2000);
  assert.match(await scene.told('p') ?? '', /^SchedulerError: running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded/);
});

it('pods of a group are scheduled each alone: groups are alpha, and not served', async () => {
  await using scene = await Scene.start();
  await scene.node('a');
  const made = await scene.pod('p', { schedulingGroup: { podGroupName: 'gang' } });
  assert.equal(made.spec?.schedulingGroup, undefined);
  assert.equal(await scene.told('p'), 'a');
  await assert.rejects(scene.client.list(podgroups), (error) => isReason(error, 'NotFound'));
});

it('what is refused before claims are looked at is told in upstream\'s words, the odd ones too', async () => {
  await using scene = await Scene.start();
  await scene.node('a');
  await scene.pod('p', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'none' } }] });
  assert.equal(await scene.told('p'), 'Unschedulable: 0/1 nodes are available: persistentvolumeclaim "none" not found. not found');
});
