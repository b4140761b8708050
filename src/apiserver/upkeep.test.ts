import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryStore } from '../store/drivers/memory/memory-store.ts';
import { TestServer } from './testing/server.ts';

test('events that have lived long enough go, however many, and keep others waiting for no more than a hundred', async () => {
  const store = MemoryStore.open();
  const write = store.write.bind(store);
  let deleting = 0;
  let most = 0;
  store.write = async (change) => {
    if (change.type !== 'delete') return write(change);
    most = Math.max(most, ++deleting);
    try {
      return await write(change);
    } finally {
      deleting--;
    }
  };
  await using api = await TestServer.start({ store, eventTtlMs: 60_000 });
  for (let i = 0; i < 250; i++) await api.create('/api/v1/namespaces/default/events', { metadata: { name: `e-${i}` }, involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' }, reason: 'Test', type: 'Normal' });
  await api.clock.advance(30_000);
  await api.create('/api/v1/namespaces/default/events', { metadata: { name: 'young' }, involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' }, reason: 'Test', type: 'Normal' });
  await api.clock.advance(40_000);
  assert.deepEqual((await api.get('/api/v1/namespaces/default/events')).items.map(({ metadata }) => metadata.name), ['young']);
  assert.equal(most, 100);
});
