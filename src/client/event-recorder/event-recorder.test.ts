import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { events } from '../../api/resources.ts';
import type { Event } from '../../api/types/core/v1.ts';
import { silentLogger } from '../../base/logger.ts';
import { SeededRandom } from '../../base/random.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { MemoryEndpoint } from '../testing/memory-endpoint.ts';
import { createLocalClient } from '../transports/local.ts';
import { createEventRecorder } from './event-recorder.ts';

function setup() {
  const clock = new VirtualClock();
  const endpoint = new MemoryEndpoint(clock);
  const client = createLocalClient(endpoint, { user: { name: 'test', groups: [] } });
  const recorder = createEventRecorder(client, { component: 'kubelet', host: 'node-1', clock, random: new SeededRandom(1), logger: silentLogger });
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'default', name: 'web', uid: 'u1', resourceVersion: '7' } };
  const all = async (): Promise<readonly Event[]> => (await client.list(events)).items;
  return { clock, endpoint, client, recorder, pod, all };
}

describe('event recorder', () => {
  it('writes an event as upstream does, and counts equal ones', async () => {
    const { clock, recorder, pod, all } = setup();
    recorder.event(pod, 'Normal', 'Pulled', 'Container image already present');
    await recorder.flush();
    await clock.advance(5000);
    recorder.event(pod, 'Normal', 'Pulled', 'Container image already present');
    await recorder.flush();
    const [event, ...others] = await all();
    assert.equal(others.length, 0);
    assert.match(event!.metadata.name!, /^web\.[0-9a-f]{16}$/);
    assert.deepEqual(event!.involvedObject, { kind: 'Pod', namespace: 'default', name: 'web', uid: 'u1', apiVersion: 'v1', resourceVersion: '7' });
    assert.deepEqual(event!.source, { component: 'kubelet', host: 'node-1' });
    assert.equal(event!.count, 2);
    assert.equal(event!.firstTimestamp, '2026-01-01T00:00:00Z');
    assert.equal(event!.lastTimestamp, '2026-01-01T00:00:05Z');
  });

  it('combines similar events after nine, and stops spam after 25', async () => {
    const { recorder, pod, all } = setup();
    for (let i = 0; i < 40; i++) recorder.event(pod, 'Warning', 'Failed', `attempt ${i}`);
    await recorder.flush();
    const written = await all();
    assert.equal(written.length, 10);
    const combined = written.at(-1)!;
    assert.equal(combined.message, '(combined from similar events): attempt 24');
    assert.equal(combined.count, 16);
  });

  it('takes other names than another recorder that speaks of the same object in the same instant', async () => {
    const { client, clock, recorder, pod, all } = setup();
    const other = createEventRecorder(client, { component: 'scheduler', clock, random: new SeededRandom(2), logger: silentLogger });
    recorder.event(pod, 'Warning', 'FailedMount', 'no such volume');
    other.event(pod, 'Normal', 'Scheduled', 'assigned');
    await Promise.all([recorder.flush(), other.flush()]);
    assert.deepEqual((await all()).map(({ reason, message }) => `${reason}: ${message}`).sort(), ['FailedMount: no such volume', 'Scheduled: assigned']);
  });

  it('starts a new object when the old one has expired', async () => {
    const { client, recorder, pod, all } = setup();
    recorder.event(pod, 'Normal', 'Pulled', 'x');
    await recorder.flush();
    await client.delete(events, { namespace: 'default', name: (await all())[0]!.metadata.name! });
    recorder.event(pod, 'Normal', 'Pulled', 'x');
    await recorder.flush();
    assert.deepEqual((await all()).map(({ count }) => count), [2]);
  });

  it('outlives a lost connection', async () => {
    const { clock, endpoint, recorder, pod, all } = setup();
    endpoint.failNext(() => true, new Error('connection refused'));
    recorder.event(pod, 'Normal', 'Pulled', 'x');
    await clock.advance(20_000);
    assert.equal((await all()).length, 1);
  });
});
