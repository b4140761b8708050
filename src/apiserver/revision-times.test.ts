import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RevisionTimes } from './revision-times.ts';
import { TestServer, refusal } from './testing/server.ts';

test('a time means the revision that held at it', () => {
  const times = new RevisionTimes({ atMs: 1000, revision: 5 });
  for (const [atMs, revision] of [[2000, 6], [2000, 7], [3000, 8], [3000, 8]] as const) times.note({ atMs, revision });
  assert.deepEqual([999, 1000, 1999, 2000, 2999, 3000, 9000].map((ms) => times.at(ms)?.revision), [undefined, 5, 5, 7, 7, 8, 8]);
  assert.deepEqual([5, 6, 7, 8, 9].map((revision) => times.writtenBy(revision)), [undefined, 2000, 2000, 3000, undefined]);
  times.forget(7);
  assert.deepEqual([times.sinceMs, times.at(2999), times.at(3000)?.revision], [3000, undefined, 8]);
});

test('what is remembered has a limit, and is finer the younger it is', () => {
  const times = new RevisionTimes({ atMs: 0, revision: 1 });
  for (let i = 1; i <= 100_000; i++) times.note({ atMs: i * 10, revision: i + 1 });
  const errors = [1_000_000, 970_000, 500_000, 10].map((ms) => ms / 10 + 1 - times.at(ms)!.revision);
  assert.deepEqual(errors.slice(0, 2), [0, 0]);
  assert.ok(errors.every((error) => error < 60_000), String(errors));
  assert.equal(times.sinceMs, 0);
});

test('a list at a time is asked for by those who may list, and the past ends where the store forgets it', async () => {
  await using server = await TestServer.start();
  const { clock, store } = server;
  const at = (ms: number): string => `/why/api/v1/namespaces/default/configmaps?at=${new Date(ms).toISOString()}`;
  const startMs = clock.now();
  await clock.advance(1000);
  const { metadata } = await server.create('/api/v1/namespaces/default/configmaps', { metadata: { name: 'a' }, data: { k: '1' } });
  await clock.advance(1000);
  await server.patch('/api/v1/namespaces/default/configmaps/a', { data: { k: '2' } });
  const { revision } = await server.get(at(startMs + 1500)) as unknown as { readonly revision: string };
  assert.equal(revision, metadata.resourceVersion);
  const then = await server.get(`/api/v1/namespaces/default/configmaps?resourceVersion=${revision}&resourceVersionMatch=Exact&fieldSelector=metadata.name=a`);
  assert.deepEqual(then.items.map(({ data }) => data), [{ k: '1' }]);
  await assert.rejects(server.get(at(startMs + 10_000)), refusal('BadRequest', /is in the future/));
  await assert.rejects(server.get('/why/api/v1/namespaces/default/configmaps?at=noon'), refusal('BadRequest', /"noon" is not a time/));
  await assert.rejects(server.get(at(startMs - 10_000)), refusal('Expired', /is not known any more/));
  await store.compact(Number(revision));
  await assert.rejects(server.get(at(startMs + 1500)), refusal('Expired', /is not known any more/));
});
