import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments, nodes, pods } from '../api/resources.ts';
import { VirtualClock } from '../base/virtual-clock.ts';
import { causeOf, currentCause, joinCauses, tellOf } from './cause.ts';
import { createLocalClient } from './transports/local.ts';
import { MemoryEndpoint } from './testing/memory-endpoint.ts';
import { WorkQueue } from './work-queue/work-queue.ts';

const object = (name: string, resourceVersion: string, namespace?: string) => ({ metadata: { name, resourceVersion, ...(namespace !== undefined && { namespace }) } });

test('causes name an object at a revision; of many, the first and the latest are kept', () => {
  assert.equal(causeOf(deployments, object('web', '118', 'default')), 'deployments.apps/default/web@118');
  assert.equal(causeOf(nodes, object('node-1', '5')), 'nodes/node-1@5');
  assert.equal(causeOf(nodes, object('ä,b', '5')), '');
  assert.equal(['a@1', 'b@2', 'c@3', 'd@4', 'e@5', 'f@6'].reduce(joinCauses, ''), 'a@1,d@4,e@5,f@6');
});

test('the event that put a key on a queue comes out of it with the key, also when it is retried', async () => {
  const clock = new VirtualClock();
  const queue = new WorkQueue({ clock });
  tellOf(pods, object('a', '7', 'x'), () => queue.add('key'));
  tellOf(pods, object('b', '8', 'x'), () => queue.add('key'));
  assert.equal(currentCause(), '');
  assert.equal(await queue.get(), 'key');
  assert.equal(queue.causeOf('key'), 'pods/x/a@7,pods/x/b@8');
  queue.addAfter('key', 1000, queue.causeOf('key'));
  queue.done('key');
  assert.equal(queue.causeOf('key'), '');
  await clock.advance(1000);
  assert.equal(await queue.get(), 'key');
  assert.equal(queue.causeOf('key'), 'pods/x/a@7,pods/x/b@8');
});

test('a client says with its requests why it writes', async () => {
  const endpoint = new MemoryEndpoint(new VirtualClock());
  const client = createLocalClient(endpoint, { user: { name: 'test', groups: [] } });
  await client.because('pods/x/a@7').create(pods, { metadata: { namespace: 'x', name: 'b' } });
  await client.create(pods, { metadata: { namespace: 'x', name: 'c' } });
  assert.deepEqual(endpoint.requests.map(({ cause }) => cause), ['pods/x/a@7', undefined]);
});
