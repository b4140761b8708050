import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods } from '../../api/resources.ts';
import { TestNode } from '../testing/test-node.test.ts';

const app = (cpu: string) => ({ name: 'app', image: 'nginx:1', resources: { requests: { cpu }, limits: { cpu: '8' } } });

test('a resize that does not fit waits until another pod goes, and survives a restart of the kubelet meanwhile', async () => {
  await using node = await TestNode.start();
  await node.createPod('other', { containers: [app('4')] });
  await node.createPod('grows', { containers: [app('2')] });
  await node.clock.advance(1000);
  const resize = (cpu: string) => node.client.patch(pods, { namespace: 'default', name: 'grows' }, { type: 'strategic', value: { spec: { containers: [{ name: 'app', resources: { requests: { cpu } } }] } } }, { subresource: 'resize' });
  const container = () => node.pod('grows').status?.containerStatuses?.[0];
  await resize('5');
  await node.clock.advance(1000);
  const pending = node.condition('grows', 'PodResizePending');
  assert.deepEqual([pending?.status, pending?.reason, pending?.observedGeneration], ['True', 'Deferred', 2]);
  assert.equal(pending?.message, "Node didn't have enough resource: cpu, requested: 5000, used: 4000, capacity: 8000");
  assert.equal(container()?.allocatedResources?.['cpu'], '2');
  assert.match(node.eventsOf('grows').at(-1) ?? '', /^ResizeDeferred: Pod resize Deferred: \{"containers":\[\{"name":"app","resources":\{.*"cpu":"5".*"generation":2,"error":"Node didn't have enough/);

  await node.kubelet[Symbol.asyncDispose]();
  await node.startKubelet();
  await node.clock.advance(1000);
  assert.equal(container()?.allocatedResources?.['cpu'], '2', 'what was granted is known from the status');
  assert.equal(node.condition('grows', 'PodResizePending')?.reason, 'Deferred');

  await node.client.delete(pods, { namespace: 'default', name: 'other' });
  await node.clock.advance(3000);
  assert.equal(node.condition('grows', 'PodResizePending'), undefined);
  assert.equal(node.condition('grows', 'PodResizeInProgress'), undefined);
  assert.equal(container()?.allocatedResources?.['cpu'], '5');
  assert.equal(container()?.resources?.requests?.['cpu'], '5');
  assert.equal(container()?.restartCount, 0);
  assert.deepEqual(node.eventsOf('grows').slice(-2).map((event) => event.split(':')[0]), ['ResizeStarted', 'ResizeCompleted']);
});
