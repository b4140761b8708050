import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventsV1 } from '../../api/resources.ts';
import type { Event } from '../../api/types/events/v1.ts';
import { silentLogger } from '../../base/logger.ts';
import { SeededRandom } from '../../base/random.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { MemoryEndpoint } from '../testing/memory-endpoint.ts';
import { createLocalClient } from '../transports/local.ts';
import type { ToldEvent } from './series-recorder.ts';
import { createSeriesRecorder } from './series-recorder.ts';

const minuteMs = 60_000;
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'default', name: 'web', uid: 'u1', resourceVersion: '7' } };
const told = (note: string, more: Partial<ToldEvent> = {}): ToldEvent => ({ type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', note, ...more });

function setup() {
  const clock = new VirtualClock();
  const endpoint = new MemoryEndpoint(clock);
  const client = createLocalClient(endpoint, { user: { name: 'test', groups: [] } });
  const recorder = createSeriesRecorder(client, { controller: 'default-scheduler', host: 'machine', clock, random: new SeededRandom(1), logger: silentLogger });
  const all = async (): Promise<readonly Event[]> => (await client.list(eventsV1)).items;
  /** `NOTE COUNT LAST` of each. */
  const counts = async (): Promise<string[]> => (await all()).map(({ note, series }) => `${note} ${series === undefined ? 'once' : `${series.count} ${series.lastObservedTime.slice(11, 16)}`}`);
  const say = async (...events: Parameters<typeof recorder.event>): Promise<void> => {
    recorder.event(...events);
    await recorder.flush();
  };
  return { clock, endpoint, client, recorder, all, counts, say };
}

describe('series recorder', () => {
  it('writes an event as upstream does', async () => {
    const { all, say } = setup();
    await say(pod, told('Preempted by pod u2 on node a', { type: 'Normal', reason: 'Preempted', action: 'Preempting', related: { ...pod, metadata: { ...pod.metadata, name: 'other', uid: 'u2' } } }));
    const [{ metadata, ...event }, ...others] = await all() as [Event];
    assert.equal(others.length, 0);
    assert.match(metadata.name!, /^web\.[0-9a-f]{16}$/);
    const reference = { kind: 'Pod', namespace: 'default', name: 'web', uid: 'u1', apiVersion: 'v1', resourceVersion: '7' };
    assert.deepEqual(event, {
      apiVersion: 'events.k8s.io/v1', kind: 'Event', eventTime: '2026-01-01T00:00:00.000000Z', reportingController: 'default-scheduler', reportingInstance: 'default-scheduler-machine',
      action: 'Preempting', reason: 'Preempted', regarding: reference, note: 'Preempted by pod u2 on node a', type: 'Normal', related: { ...reference, name: 'other', uid: 'u2' },
    });
  });

  it('makes a series of those that differ in their note alone: two are written, more when it is over', async () => {
    const { clock, counts, say } = setup();
    await say(pod, told('first'));
    await clock.advance(minuteMs);
    await say(pod, told('second'));
    assert.deepEqual(await counts(), ['first 2 00:01']);
    await clock.advance(minuteMs);
    await say(pod, told('third'));
    assert.deepEqual(await counts(), ['first 2 00:01']);
    await clock.advance(12 * minuteMs);
    assert.deepEqual(await counts(), ['first 3 00:02']);
    await say(pod, told('later'));
    assert.deepEqual(await counts(), ['first 3 00:02', 'later once']);
  });

  it('says nothing anew of a series that is over and was told of', async () => {
    const { clock, client, counts, say } = setup();
    await say(pod, told('x'));
    await say(pod, told('x'));
    await client.delete(eventsV1, { namespace: 'default', name: (await client.list(eventsV1)).items[0]!.metadata.name! });
    await clock.advance(60 * minuteMs);
    assert.deepEqual(await counts(), []);
  });

  it('takes for another what comes more than six minutes later, or after the object has changed, or is told otherwise', async () => {
    const { clock, counts, say } = setup();
    await say(pod, told('a'));
    await say({ ...pod, metadata: { ...pod.metadata, resourceVersion: '8' } }, told('b'));
    await say(pod, told('c', { action: 'Binding' }));
    await say(pod, told('d', { related: pod }));
    await clock.advance(6 * minuteMs + 1);
    await say(pod, told('e'));
    assert.deepEqual((await counts()).sort(), ['a once', 'b once', 'c once', 'd once', 'e once']);
  });

  it('tells each half an hour of a series that goes on', async () => {
    const { clock, counts, say } = setup();
    for (let minute = 0; minute < 29; minute++) {
      await say(pod, told('again'));
      await clock.advance(minuteMs);
    }
    assert.deepEqual(await counts(), ['again 2 00:01']);
    for (let minute = 29; minute < 32; minute++) {
      await say(pod, told('again'));
      await clock.advance(minuteMs);
    }
    assert.deepEqual(await counts(), ['again 31 00:30']);
  });

  it('starts a new object when the old one has expired', async () => {
    const { client, all, counts, say } = setup();
    await say(pod, told('x'));
    const { name } = (await all())[0]!.metadata;
    await client.delete(eventsV1, { namespace: 'default', name: name! });
    await say(pod, told('x'));
    assert.deepEqual(await counts(), ['x 2 00:00']);
    assert.equal((await all())[0]!.metadata.name, name);
  });

  it('outlives a lost connection, and counts on meanwhile', async () => {
    const { clock, endpoint, recorder, counts } = setup();
    endpoint.failNext(() => true, new Error('connection refused'));
    recorder.event(pod, told('x'));
    recorder.event(pod, told('x'));
    await clock.advance(20_000);
    assert.deepEqual(await counts(), ['x 2 00:00']);
  });

  it('remembers what was said of so many objects lately, not of all', async () => {
    const { recorder, all } = setup();
    const about = (index: number) => ({ ...pod, metadata: { ...pod.metadata, name: `web-${index}`, uid: `u${index}` } });
    for (let start = 0; start < 5000; start += 1000) {
      for (let index = start; index < start + 1000; index++) recorder.event(about(index), told('x'));
      await recorder.flush();
    }
    for (const index of [0, 4999]) recorder.event(about(index), told('x'));
    await recorder.flush();
    const ofSeries = (await all()).filter(({ series }) => series !== undefined).map(({ regarding }) => regarding!.name);
    assert.equal((await all()).length, 5001);
    assert.deepEqual(ofSeries, ['web-4999']);
  });
});
