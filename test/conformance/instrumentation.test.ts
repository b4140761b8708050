import assert from 'node:assert/strict';
import test from 'node:test';
import { nameOf } from '../../src/api/meta/object.ts';
import { events, eventsV1 } from '../../src/api/resources.ts';
import type { Event as EventV1 } from '../../src/api/types/events/v1.ts';
import { World } from './world.ts';

const ns = 'default';
const ref = (name: string) => ({ namespace: ns, name });
const coreEvent = (name: string, labels: Record<string, string>) => ({ apiVersion: 'v1', kind: 'Event', metadata: { namespace: ns, name, labels }, message: 'This is a test event', reason: 'Test', type: 'Normal', count: 1, involvedObject: { namespace: ns }, source: { component: 'e2e' } });
const newEvent = (name: string, label: string): EventV1 => ({
  apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { namespace: ns, name, labels: { [label]: 'true' } }, regarding: { namespace: ns }, eventTime: '2017-09-19T13:49:16.000000Z',
  note: `This is ${name}`, action: 'Do', reason: 'Test', type: 'Normal', reportingController: 'test-controller', reportingInstance: 'test-node',
});

test('[sig-instrumentation] Events should manage the lifecycle of an event [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  const created = await client.create(events, coreEvent('event-test', { 'testevent-constant': 'true' }));
  assert.equal((await client.list(events, {}, { labelSelector: 'testevent-constant=true' })).items.length, 1);
  await client.patch(events, ref('event-test'), { type: 'strategic', value: { message: 'This is a test event - patched' } });
  const patched = await client.get(events, ref('event-test'));
  assert.equal(patched.message, 'This is a test event - patched');
  const series = { count: 100, lastObservedTime: '2017-09-19T13:49:16.000000Z' };
  const updated = await client.update(events, { ...patched, series });
  assert.deepEqual(updated.series, series);
  assert.equal(updated.metadata.uid, created.metadata.uid);
  await client.delete(events, ref('event-test'));
  assert.equal((await client.list(events, {}, { labelSelector: 'testevent-constant=true' })).items.length, 0);
});

test('[sig-instrumentation] Events should delete a collection of events [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  for (const name of ['test-event-1', 'test-event-2', 'test-event-3']) await world.client.create(events, coreEvent(name, { 'testevent-set': 'true' }));
  assert.equal((await world.client.list(events, { namespace: ns }, { labelSelector: 'testevent-set=true' })).items.length, 3);
  await world.client.deleteCollection(events, { namespace: ns }, { labelSelector: 'testevent-set=true' });
  assert.equal((await world.client.list(events, { namespace: ns }, { labelSelector: 'testevent-set=true' })).items.length, 0);
});

test('[sig-instrumentation] Events API should ensure that an event can be fetched, patched, deleted, and listed [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  const { client } = world;
  await client.create(eventsV1, newEvent('event-test', 'testevent-constant'));
  assert.equal((await client.list(eventsV1)).items.some((event) => nameOf(event) === 'event-test'), true);
  assert.deepEqual((await client.list(events, { namespace: ns }, { fieldSelector: 'source=test-controller' })).items.map(nameOf), ['event-test']);
  assert.deepEqual((await client.list(eventsV1, { namespace: ns }, { fieldSelector: 'reportingController=test-controller' })).items.map(nameOf), ['event-test']);
  const before = await client.get(eventsV1, ref('event-test'));
  const without = ({ metadata: { resourceVersion: _r, managedFields: _m, ...metadata }, ...rest }: EventV1) => ({ ...rest, metadata });
  await client.patch(eventsV1, ref('event-test'), { type: 'strategic', value: { note: 'This is a test event - patched' } });
  const patched = await client.get(eventsV1, ref('event-test'));
  assert.deepEqual(without(patched), without({ ...before, note: 'This is a test event - patched' }));
  // Updated without a resource version, as the test does after it has cleared it.
  const { resourceVersion: _v, ...metadata } = patched.metadata;
  const series = { count: 100, lastObservedTime: '2017-09-19T13:49:16.000000Z' };
  await client.update(eventsV1, { ...patched, metadata, series });
  assert.deepEqual(without(await client.get(eventsV1, ref('event-test'))), without({ ...patched, series }));
  await client.delete(eventsV1, ref('event-test'));
  assert.equal((await client.list(eventsV1)).items.some((event) => nameOf(event) === 'event-test'), false);
});

test('[sig-instrumentation] Events API should delete a collection of events [Conformance]', async () => {
  await using world = await World.start({ controllers: false });
  for (const name of ['test-event-1', 'test-event-2', 'test-event-3']) await world.client.create(eventsV1, newEvent(name, 'testevent-set'));
  assert.equal((await world.client.list(eventsV1, { namespace: ns }, { labelSelector: 'testevent-set=true' })).items.length, 3);
  await world.client.deleteCollection(eventsV1, { namespace: ns }, { labelSelector: 'testevent-set=true' });
  assert.equal((await world.client.list(eventsV1, { namespace: ns }, { labelSelector: 'testevent-set=true' })).items.length, 0);
});
