import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../api/types/core/v1.ts';
import { TestNode } from '../testing/test-node.test.ts';
import { graceOf, graceOfPeriods, groupPods } from './shutdown-groups.ts';

const critical = 2_000_000_000;
const pod = (name: string, priority?: number, terminationGracePeriodSeconds?: number): Pod => ({ metadata: { name }, spec: { containers: [], ...(priority !== undefined && { priority }), ...(terminationGracePeriodSeconds !== undefined && { terminationGracePeriodSeconds }) } });

test('pods are grouped by the priorities that they reach', () => {
  const grace = [{ priority: 10, graceSeconds: 2 }, { priority: 0, graceSeconds: 3 }, { priority: 100, graceSeconds: 1 }];
  const groups = groupPods(grace, [pod('none'), pod('below', -5), pod('nine', 9), pod('ten', 10), pod('fifty', 50), pod('above', critical)]);
  assert.deepEqual(groups.map(({ group, pods }) => [group.priority, pods.map(({ metadata }) => metadata.name)]), [[0, ['none', 'below', 'nine']], [10, ['ten', 'fifty']], [100, ['above']]]);
  assert.deepEqual(graceOfPeriods({ wholeMs: 30_000, criticalMs: 10_000 }), [{ priority: 0, graceSeconds: 20 }, { priority: critical, graceSeconds: 10 }]);
  assert.deepEqual(graceOfPeriods({ wholeMs: 0, criticalMs: 0 }), []);
  assert.equal(graceOf(pod('quick', 0, 5), { priority: 0, graceSeconds: 20 }), 5);
  assert.equal(graceOf(pod('slow', 0, 500), { priority: 0, graceSeconds: 20 }), 20);
});

test('a node that is shut down says so and ends its pods, the critical ones last', async () => {
  await using node = await TestNode.start({ kubelet: { shutdownGrace: graceOfPeriods({ wholeMs: 30_000, criticalMs: 10_000 }) } });
  await node.createPod('usual');
  await node.createPod('stubborn', { terminationGracePeriodSeconds: 300 }, { 'coxswain.io/ignore-sigterm': 'true' });
  await node.createPod('critical', { priority: critical });
  await node.clock.advance(2000);
  const down = node.kubelet.shutDownNode();
  await node.clock.advance(2000);
  const ready = node.node().status?.conditions?.find(({ type }) => type === 'Ready');
  assert.deepEqual([ready?.status, ready?.reason, ready?.message], ['False', 'KubeletNotReady', 'node is shutting down']);
  const { phase, reason, message } = node.pod('usual').status ?? {};
  assert.deepEqual({ phase, reason, message }, { phase: 'Failed', reason: 'Terminated', message: 'Pod was terminated in response to imminent node shutdown.' });
  const disruption = node.condition('usual', 'DisruptionTarget');
  assert.deepEqual([disruption?.status, disruption?.reason, disruption?.message], ['True', 'TerminationByKubelet', message]);
  assert.equal(node.pod('critical').status?.phase, 'Running');
  assert.ok(node.eventsOf('node-1').includes('NodeShutdown: Shutdown manager detected shutdown event'));

  await node.createPod('late');
  await node.clock.advance(1000);
  const late = node.pod('late').status;
  assert.deepEqual([late?.phase, late?.reason, late?.message], ['Failed', 'NodeShutdown', 'Pod was rejected: Pod was rejected as the node is shutting down.']);

  await node.clock.advance(15_000);
  assert.equal(node.pod('critical').status?.phase, 'Running', 'twenty seconds are not over for those before it');
  await node.clock.advance(5000);
  await down;
  assert.equal(node.pod('critical').status?.reason, 'Terminated');
  assert.deepEqual((await node.runtime.listContainers()).filter(({ state }) => state === 'running'), []);
});

test('without a grace for it, a shutdown leaves the pods running', async () => {
  await using node = await TestNode.start();
  await node.createPod('usual');
  await node.clock.advance(2000);
  await node.kubelet.shutDownNode();
  await node.clock.advance(2000);
  assert.equal(node.pod('usual').status?.phase, 'Running');
});
