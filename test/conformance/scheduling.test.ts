import assert from 'node:assert/strict';
import test from 'node:test';
import { events, nodes, pods, priorityclasses } from '../../src/api/resources.ts';
import { nameOf } from '../../src/api/meta/object.ts';
import type { Pod } from '../../src/api/types/core/v1.ts';
import { container, podOf, World } from './world.ts';

const isScheduled = (pod: Pod): boolean => pod.status?.conditions?.some(({ type, status }) => type === 'PodScheduled' && status === 'True') ?? false;
const why = (pod: Pod): string => pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')?.message ?? '';

test('[sig-scheduling] SchedulerPredicates [Serial] validates resource limits of pods that are allowed to run [Conformance]', async () => {
  await using world = await World.start({ capacity: { cpu: '2', memory: '4Gi', 'ephemeral-storage': '100Gi', pods: '110' } });
  // Fill each node with one pod of 70% of its CPU, then ask for more than half of a node.
  for (const node of (await world.client.list(nodes)).items) {
    const name = nameOf(node);
    assert.equal(node.status?.allocatable?.['cpu'], '2');
    await world.runningPod(podOf('default', `filler-pod-${name}`, { spec: { nodeSelector: { 'kubernetes.io/hostname': name }, containers: [container({ resources: { requests: { cpu: '1400m' }, limits: { cpu: '1400m' } } })] } }));
  }
  await world.client.create(pods, podOf('default', 'additional-pod', { spec: { containers: [container({ resources: { requests: { cpu: '1' }, limits: { cpu: '1' } } })] } }));
  const refused = await world.untilPod('default', 'additional-pod', (pod) => why(pod) !== '');
  assert.equal(refused.spec?.nodeName, undefined);
  assert.match(why(refused), /^0\/2 nodes are available: 2 Insufficient cpu\./);
  const event = await world.until('the event', async () => (await world.client.list(events, { namespace: 'default' }, { fieldSelector: 'involvedObject.name=additional-pod' })).items[0]);
  assert.equal(event.reason, 'FailedScheduling');
});

test('[sig-scheduling] SchedulerPredicates [Serial] validates that NodeSelector is respected if not matching [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(pods, podOf('default', 'restricted-pod', { spec: { nodeSelector: { label: 'nonempty' } } }));
  const refused = await world.untilPod('default', 'restricted-pod', (pod) => why(pod) !== '');
  assert.match(why(refused), /2 node\(s\) didn't match Pod's node affinity\/selector/);
  const event = await world.until('the event', async () => (await world.client.list(events, { namespace: 'default' })).items.find(({ involvedObject, reason }) => involvedObject.name === 'restricted-pod' && reason === 'FailedScheduling'));
  assert.equal(event.type, 'Warning');
});

test('[sig-scheduling] SchedulerPredicates [Serial] validates that NodeSelector is respected if matching [Conformance]', async () => {
  await using world = await World.start();
  await world.client.create(pods, podOf('default', 'with-labels', { spec: { nodeSelector: { 'kubernetes.io/e2e-1': '42' } } }));
  await world.untilPod('default', 'with-labels', (pod) => why(pod) !== '');
  await world.client.patch(nodes, { name: 'node-2' }, { type: 'strategic', value: { metadata: { labels: { 'kubernetes.io/e2e-1': '42' } } } });
  const placed = await world.untilPod('default', 'with-labels', isScheduled);
  assert.equal(placed.spec?.nodeName, 'node-2');
  assert.equal(why(placed), '', 'nothing is left of why it could not be scheduled');
});

test('[sig-scheduling] SchedulerPredicates [Serial] validates that there exists conflict between pods with same hostPort and protocol but one using 0.0.0.0 hostIP [Conformance]', async () => {
  await using world = await World.start();
  const withPort = (name: string, port: number, hostIP: string, protocol = 'TCP') => podOf('default', name, { spec: { nodeSelector: { 'kubernetes.io/hostname': 'node-1' }, containers: [container({ ports: [{ containerPort: 8080, hostPort: port, protocol, ...(hostIP !== '' && { hostIP }) }] })] } });
  await world.runningPod(withPort('pod4', 54322, ''));
  await world.client.create(pods, withPort('pod5', 54322, '127.0.0.1'));
  const refused = await world.untilPod('default', 'pod5', (pod) => why(pod) !== '');
  assert.equal(isScheduled(refused), false);
  assert.match(why(refused), /1 node\(s\) didn't have free ports for the requested pod ports/);
  // Another protocol, or another port, is no conflict.
  await world.runningPod(withPort('udp', 54322, '127.0.0.1', 'UDP'));
  await world.runningPod(withPort('other', 54323, '127.0.0.1'));
  await world.clock.advance(10_000);
  assert.equal(isScheduled(await world.client.get(pods, { namespace: 'default', name: 'pod5' })), false);
});

test('[sig-scheduling] SchedulerPreemption [Serial] PriorityClass endpoints verify PriorityClass endpoints can be operated with different HTTP methods [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  for (const [name, value] of [['p1', 1], ['p2', 2]] as const) await client.create(priorityclasses, { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value });
  // Values are for ever.
  await assert.rejects(client.update(priorityclasses, { ...await client.get(priorityclasses, { name: 'p1' }), value: 3 }), (error: Error) => error.message.includes('value: Forbidden: may not be changed in an update.'));
  await assert.rejects(client.patch(priorityclasses, { name: 'p1' }, { type: 'json', operations: [{ op: 'replace', path: '/value', value: 3 }] }), (error: Error) => error.message.includes('may not be changed in an update.'));
  for (const name of ['p1', 'p2']) {
    const patched = await client.patch(priorityclasses, { name }, { type: 'merge', value: { description: 'patched' } });
    assert.equal(patched.description, 'patched');
    const updated = await client.update(priorityclasses, { ...patched, description: 'updated', metadata: { ...patched.metadata, labels: { e2e: 'true' } } });
    assert.equal(updated.description, 'updated');
    assert.equal((await client.get(priorityclasses, { name })).value, name === 'p1' ? 1 : 2);
  }
  assert.ok((await client.list(priorityclasses)).items.length >= 4);
  await client.deleteCollection(priorityclasses, {}, { labelSelector: 'e2e=true' });
  assert.deepEqual((await client.list(priorityclasses)).items.map(nameOf), ['system-cluster-critical', 'system-node-critical']);
});
