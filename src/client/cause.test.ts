import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deployments, nodes, pods } from '../api/resources.ts';
import { VirtualClock } from '../base/virtual-clock.ts';
import { causeOf, currentCause, joinCauses, namedCause, outsideText, reactingTo, tellOf } from './cause.ts';
import { createLocalClient } from './transports/local.ts';
import { MemoryEndpoint } from './testing/memory-endpoint.ts';
import { WorkQueue } from './work-queue/work-queue.ts';

const object = (name: string, resourceVersion: string, namespace?: string) => ({ metadata: { name, resourceVersion, ...(namespace !== undefined && { namespace }) } });

test('causes name an object at a revision; of many, the first and the latest are kept', () => {
  assert.equal(causeOf(deployments, object('web', '118', 'default')), 'deployments.apps/default/web@118');
  assert.equal(causeOf(nodes, object('node-1', '5')), 'nodes/node-1@5');
  assert.equal(causeOf(nodes, object('ä,b', '5')), '');
  assert.equal(['a@1', 'b@2', 'c@3', 'd@4', 'e@5', 'f@6'].reduce(joinCauses, ''), 'a@1,d@4,e@5,f@6');
  assert.equal(['a@1', 'b@2', 'b@22', 'b@2', 'a@1'].reduce(joinCauses, ''), 'a@1,b@2,b@22');
  assert.equal(joinCauses('a@1,b@2', 'b@2,c@3,d@4,e@5'), 'a@1,c@3,d@4,e@5');
  const long = (name: string): string => `${name.repeat(250)}@1`;
  assert.equal([long('a'), long('b'), long('c')].reduce(joinCauses, ''), `${long('a')},${long('c')}`);
});

test('what a reference names, and what is outside of the API', () => {
  assert.equal(namedCause({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'x', name: 'a', resourceVersion: '7' }), 'deployments.apps/x/a@7');
  assert.equal(namedCause({ kind: 'Node', name: 'node-1' }), '!machine');
  assert.equal(outsideText('!machine'), 'something had changed on the machine');
  assert.equal(outsideText('pods/x/a@7'), undefined);
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

test('work that reacts to something says so with all that it writes, also later, and with what it puts on queues', async () => {
  const endpoint = new MemoryEndpoint(new VirtualClock());
  const client = createLocalClient(endpoint, { user: { name: 'test', groups: [] } });
  const queue = new WorkQueue({ clock: new VirtualClock() });
  const work = async (name: string): Promise<void> => {
    await client.create(pods, { metadata: { namespace: 'x', name } });
    await client.delete(pods, { namespace: 'x', name });
    await client.because('!time').create(pods, { metadata: { namespace: 'x', name } });
    queue.add(name);
  };
  await Promise.all([reactingTo('pods/x/a@7', () => work('a')), reactingTo('pods/x/b@8', () => work('b')), reactingTo('', () => work('c'))]);
  const causes = (name: string) => endpoint.requests.filter(({ body, path }) => path.endsWith(`/${name}`) || (body as { readonly metadata?: { readonly name?: string } } | undefined)?.metadata?.name === name).map(({ cause }) => cause);
  assert.deepEqual([causes('a'), causes('b'), causes('c')], [['pods/x/a@7', 'pods/x/a@7', '!time'], ['pods/x/b@8', 'pods/x/b@8', '!time'], [undefined, undefined, '!time']]);
  for (let key = await queue.get(); key !== 'c'; key = await queue.get()) assert.equal(queue.causeOf(key!), `pods/x/${key}@${key === 'a' ? 7 : 8}`);
  assert.equal(queue.causeOf('c'), '');
});
