import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pods } from '../../api/resources.ts';
import { ApiError } from '../../api/status.ts';
import { silentLogger } from '../../base/logger.ts';
import type { Client } from '../../client/client.ts';
import { TestNode } from '../testing/test-node.test.ts';
import { StatusManager } from './status-manager.ts';

/** The status manager of another node, whose first patches go wrong: before they are carried out, or after. */
async function withFailingPatches(failures: readonly { readonly error: Error; readonly executed: boolean }[]): Promise<{ readonly node: TestNode; readonly statuses: StatusManager }> {
  const node = await TestNode.start();
  const left = [...failures];
  const client: Client = {
    ...node.client,
    async patch(type, ref, patch, options) {
      const failure = left.shift();
      if (failure === undefined || failure.executed) {
        const patched = await node.client.patch(type, ref, patch, options);
        if (failure === undefined) return patched;
      }
      throw failure.error;
    },
  };
  return { node, statuses: new StatusManager({ client, clock: node.clock, logger: silentLogger }) };
}

test('regression: a patch that is refused as a conflict is tried again while the pod is the same', async () => {
  const { node, statuses } = await withFailingPatches([{ error: new ApiError('Conflict', 'others were faster'), executed: false }]);
  await using _ = node;
  const pod = await node.createPod('web', { nodeName: 'node-2' });
  statuses.set(pod, { phase: 'Running' });
  await node.clock.advance(1500);
  assert.equal(node.pod('web').status?.phase, 'Running');
});

test('regression: the status of a pod whose name is another\'s by now is not tried to be written for ever', async () => {
  const { node, statuses } = await withFailingPatches([]);
  await using _ = node;
  const old = await node.createPod('web', { nodeName: 'node-2' });
  await node.client.delete(pods, { namespace: 'default', name: 'web' }, { gracePeriodSeconds: 0 });
  await node.createPod('web', { nodeName: 'node-2' });
  statuses.set(old, { phase: 'Running' });
  let flushed = false;
  void statuses.flush(old).then(() => { flushed = true; });
  await node.clock.advance(5000);
  assert.ok(flushed);
  assert.equal(node.pod('web').status?.phase, 'Pending');
});

test('regression: flushing ends when what was to be written turns out to be there already', async () => {
  const { node, statuses } = await withFailingPatches([{ error: new Error('read ECONNRESET'), executed: true }]);
  await using _ = node;
  const pod = await node.createPod('web', { nodeName: 'node-2' });
  statuses.set(pod, { phase: 'Running' });
  await node.clock.settle();
  assert.equal(node.pod('web').status?.phase, 'Running', 'the answer was lost, not the write');
  statuses.observe(node.pod('web'));
  let flushed = false;
  void statuses.flush(pod).then(() => { flushed = true; });
  await node.clock.advance(5000);
  assert.ok(flushed);
});
