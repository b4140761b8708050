import assert from 'node:assert/strict';
import test from 'node:test';
import { refusal, TestServer } from './testing/server.ts';
import type { Shown } from './testing/server.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const make = (api: TestServer, name: string, labels: Record<string, string> = {}): Promise<Shown> => api.create(configMaps, { metadata: { name, labels }, data: {} });
const names = (list: Shown): string[] => list.items.map((item) => item.metadata.name!);
const seen = (events: readonly { type: string; object: Shown }[]): string[] => events.map(({ type, object }) => `${type} ${object.metadata.name}`);

test('pages are consistent with the first, whatever happens in between', async () => {
  await using api = await TestServer.start();
  for (let i = 0; i < 7; i++) await make(api, `c${i}`);
  const first = await api.get(`${configMaps}?limit=3`);
  assert.deepEqual(names(first), ['c0', 'c1', 'c2']);
  assert.equal(first.metadata.remainingItemCount, 4);
  await make(api, 'c3a');
  await api.delete(`${configMaps}/c4`);
  const second = await api.get(`${configMaps}?limit=3&continue=${first.metadata.continue}`);
  assert.deepEqual(names(second), ['c3', 'c4', 'c5']);
  assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion);
  const third = await api.get(`${configMaps}?limit=3&continue=${second.metadata.continue}`);
  assert.deepEqual(names(third), ['c6']);
  assert.equal('continue' in third.metadata, false);
  await assert.rejects(api.get(`${configMaps}?continue=nonsense`), refusal('BadRequest', /^invalid continue token: continue key is not valid: /));
});

test('an expired page says how to go on', async () => {
  await using api = await TestServer.start();
  for (let i = 0; i < 4; i++) await make(api, `c${i}`);
  const first = await api.get(`${configMaps}?limit=2`);
  await make(api, 'c9');
  await api.store.compact(api.store.revision - 1);
  const error = await api.get(`${configMaps}?limit=2&continue=${first.metadata.continue}`).then(() => assert.fail(), (thrown: unknown) => thrown as { code: number; toStatus(): { metadata: { continue: string } } });
  assert.equal(error.code, 410);
  const rest = await api.get(`${configMaps}?continue=${error.toStatus().metadata.continue}`);
  assert.deepEqual(names(rest), ['c2', 'c3', 'c9']);
});

test('limits count what the selector chooses', async () => {
  await using api = await TestServer.start();
  for (let i = 0; i < 6; i++) await make(api, `c${i}`, { odd: String(i % 2) });
  const first = await api.get(`${configMaps}?limit=2&labelSelector=odd%3D1`);
  assert.deepEqual(names(first), ['c1', 'c3']);
  assert.equal('remainingItemCount' in first.metadata, false);
  assert.deepEqual(names(await api.get(`${configMaps}?limit=2&labelSelector=odd%3D1&continue=${first.metadata.continue}`)), ['c5']);
  assert.deepEqual(names(await api.get(`${configMaps}?fieldSelector=metadata.name%3Dc2`)), ['c2']);
  await assert.rejects(api.get(`${configMaps}?fieldSelector=spec.x%3D1`), refusal('BadRequest', '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"'));
  await assert.rejects(api.get(`${configMaps}?labelSelector=a%3D%3D%3Db`), refusal('BadRequest'));
});

test('resource versions: exact, not older than, and what means nothing', async () => {
  await using api = await TestServer.start();
  const a = await make(api, 'a');
  await make(api, 'b');
  assert.deepEqual(names(await api.get(`${configMaps}?resourceVersion=${a.metadata.resourceVersion}&resourceVersionMatch=Exact`)), ['a']);
  assert.deepEqual(names(await api.get(`${configMaps}?resourceVersion=${a.metadata.resourceVersion}`)), ['a', 'b']);
  await assert.rejects(api.get(`${configMaps}?resourceVersionMatch=Exact`), refusal('Invalid', 'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided'));
  await assert.rejects(api.get(`${configMaps}?resourceVersion=abc`), refusal('BadRequest', /invalid resource version/));
  const future = assert.rejects(api.get(`${configMaps}?resourceVersion=9999`), refusal('Timeout', /Too large resource version: 9999, current: \d+/));
  await api.clock.advance(3000);
  await future;
});

test('a watch tells what is, then what happens', async () => {
  await using api = await TestServer.start();
  await make(api, 'a');
  const { events, stop, ended } = api.watch(`${configMaps}?watch=1`);
  await make(api, 'b');
  await api.patch(`${configMaps}/a`, { data: { x: '1' } });
  await api.delete(`${configMaps}/b`);
  assert.deepEqual(seen(events), ['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED b']);
  assert.equal(events[3]!.object.metadata.resourceVersion, String(api.store.revision));
  stop();
  await ended;
  await make(api, 'c');
  assert.equal(events.length, 4);
});

test('a watch goes on from where a list was', async () => {
  await using api = await TestServer.start();
  await make(api, 'a');
  const listed = await api.get(configMaps);
  await make(api, 'b');
  const { events } = api.watch(`${configMaps}?watch=1&resourceVersion=${listed.metadata.resourceVersion}`);
  await make(api, 'c');
  assert.deepEqual(seen(events), ['ADDED b', 'ADDED c']);
});

test('what comes into a selection is added, what leaves it is deleted', async () => {
  await using api = await TestServer.start();
  const { events } = api.watch(`${configMaps}?watch=1&labelSelector=app%3Dx`);
  const one = api.watch(`${configMaps}?watch=1&fieldSelector=metadata.name%3Da`);
  await make(api, 'a', { app: 'x' });
  await make(api, 'b');
  await api.patch(`${configMaps}/b`, { metadata: { labels: { app: 'x' } } });
  const left = await api.patch(`${configMaps}/a`, { metadata: { labels: { app: 'y' } } });
  await api.delete(`${configMaps}/a`);
  assert.deepEqual(seen(events), ['ADDED a', 'ADDED b', 'DELETED a']);
  assert.deepEqual(events[2]!.object.metadata.labels, { app: 'x' });
  assert.equal(events[2]!.object.metadata.resourceVersion, left.metadata.resourceVersion);
  assert.deepEqual(seen(one.events), ['ADDED a', 'MODIFIED a', 'DELETED a']);
});

test('initial events end with a bookmark; bookmarks come every minute and at the end', async () => {
  await using api = await TestServer.start();
  await make(api, 'a');
  const { events, ended } = api.watch(`${configMaps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=90`);
  await api.clock.settle();
  assert.deepEqual(events.map(({ type }) => type), ['ADDED', 'BOOKMARK']);
  assert.equal(events[1]!.object.metadata.annotations!['k8s.io/initial-events-end'], 'true');
  await api.clock.advance(60_000);
  assert.deepEqual(events.map(({ type }) => type), ['ADDED', 'BOOKMARK', 'BOOKMARK']);
  await api.clock.advance(28_000);
  assert.equal(events.length, 4, 'two seconds before the end');
  await api.clock.advance(2000);
  await ended;
  assert.deepEqual(events.map(({ type }) => type), ['ADDED', 'BOOKMARK', 'BOOKMARK', 'BOOKMARK']);
  await assert.rejects(api.watch(`${configMaps}?watch=1&sendInitialEvents=true`).ended, refusal('Invalid', /sendInitialEvents requires setting resourceVersionMatch to NotOlderThan/));
});

test('a watch from before the server knows is expired', async () => {
  await using first = await TestServer.start();
  await make(first, 'a');
  const forked = first.store.fork();
  await using second = await TestServer.start({ store: forked });
  const { events, ended } = second.watch(`${configMaps}?watch=1&resourceVersion=2`);
  await ended;
  assert.deepEqual(events.map(({ type, object }) => [type, object.kind, (object as unknown as { code: number }).code]), [['ERROR', 'Status', 410]]);
  assert.match(events[0]!.object.message, /^too old resource version: 2 \(\d+\)$/);
});

test('a new server over the same store serves what is there', async () => {
  await using first = await TestServer.start();
  const a = await make(first, 'a');
  await using second = await TestServer.start({ store: first.store.fork() });
  assert.deepEqual(await second.get(`${configMaps}/a`), a);
  assert.deepEqual(names(await second.get('/api/v1/namespaces')), ['default', 'kube-node-lease', 'kube-public', 'kube-system']);
});

test('events of both groups are the same objects', async () => {
  await using api = await TestServer.start();
  await api.create('/apis/events.k8s.io/v1/namespaces/default/events', {
    metadata: { name: 'e' }, regarding: { kind: 'Pod', name: 'p', namespace: 'default' }, note: 'hello', reason: 'R', type: 'Normal', action: 'A', reportingController: 'c.io/x', reportingInstance: 'i', eventTime: '2026-01-01T00:00:00.000000Z',
  });
  const core = await api.get('/api/v1/namespaces/default/events/e');
  assert.equal(core.message, 'hello');
  assert.equal(core.involvedObject.name, 'p');
  const { events } = api.watch('/apis/events.k8s.io/v1/events?watch=1&fieldSelector=reason%3DR');
  assert.equal(events.length, 0);
  await api.clock.settle();
  assert.equal(events[0]!.object.note, 'hello');
  assert.equal(events[0]!.object.apiVersion, 'events.k8s.io/v1');
});

test('events are forgotten an hour after their last write', async () => {
  await using api = await TestServer.start();
  await api.create('/api/v1/namespaces/default/events', { metadata: { name: 'e' }, involvedObject: { namespace: 'default' }, lastTimestamp: '2026-01-01T00:00:00Z' });
  await api.clock.advance(59 * 60_000);
  await api.get('/api/v1/namespaces/default/events/e');
  await api.clock.advance(2 * 60_000);
  await assert.rejects(api.get('/api/v1/namespaces/default/events/e'), refusal('NotFound'));
});
