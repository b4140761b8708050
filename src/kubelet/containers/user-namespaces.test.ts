import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runtimeclasses } from '../../api/resources.ts';
import { TestNode } from '../testing/test-node.test.ts';

test('a pod that wants users of its own is told why it cannot have them, and does not start', async () => {
  await using node = await TestNode.start();
  await node.client.create(runtimeclasses, { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: 'own' }, handler: 'vm' });
  const refused = 'FailedCreatePodSandBox: Failed to create pod sandbox: can\'t set `spec.hostUsers: false`';
  await node.createPod('users', { hostUsers: false });
  await node.createPod('classed', { hostUsers: false, runtimeClassName: 'own' });
  await node.clock.advance(300);
  assert.ok(node.eventsOf('users').includes(`${refused}, runtime does not support user namespaces`), node.eventsOf('users').join('\n'));
  assert.ok(node.eventsOf('classed').includes(`${refused}, RuntimeClass handler "vm" does not support user namespaces`), node.eventsOf('classed').join('\n'));
  assert.deepEqual(await node.runtime.listPodSandboxes(), []);
});
