import assert from 'node:assert/strict';
import test from 'node:test';
import { TestServer } from './testing/server.ts';

const pods = '/api/v1/namespaces/default/pods';
const pod = (name: string, nodeName: string): unknown => ({ metadata: { name }, spec: { nodeName, containers: [{ name: 'c', image: 'busybox' }] } });

test('after a restart, field selectors and watches find what the store held: a kubelet that sees no pods ends them all', async () => {
  const before = await TestServer.start();
  await before.create('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } }).catch(() => undefined);
  for (const [name, node] of [['a', 'one'], ['b', 'two'], ['c', 'one']] as const) await before.create(pods, pod(name, node));
  await before.server[Symbol.asyncDispose]();

  await using after = await TestServer.start({ store: before.store });
  for (const query of ['', '&resourceVersion=0', '&limit=500']) {
    const list = await after.get(`/api/v1/pods?fieldSelector=spec.nodeName%3Done${query}`);
    assert.deepEqual(list.items.map(({ metadata }) => metadata.name), ['a', 'c'], query);
  }
  const watch = after.watch('/api/v1/pods?fieldSelector=spec.nodeName%3Done&watch=1');
  await after.patch(`${pods}/c`, { metadata: { labels: { changed: 'yes' } } });
  await after.patch(`${pods}/b`, { metadata: { labels: { changed: 'yes' } } });
  watch.stop();
  await watch.ended.catch(() => undefined);
  assert.deepEqual(watch.events.map(({ type, object }) => `${type} ${object.metadata.name}`), ['ADDED a', 'ADDED c', 'MODIFIED c']);
});
