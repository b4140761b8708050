import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { configmaps } from '../../api/resources.ts';
import { ApiError } from '../../api/status.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { MemoryEndpoint } from '../testing/memory-endpoint.ts';
import { createLocalClient } from './local.ts';

const user = { name: 'test', groups: [] };

describe('local client', () => {
  it('hands over copies without undefined members, and who asks', async () => {
    const endpoint = new MemoryEndpoint(new VirtualClock());
    const client = createLocalClient(endpoint, { user, userAgent: 'kubelet/v1' });
    const labels = Object.freeze({ a: 'b' });
    const object = { metadata: { namespace: 'x', name: 'a', labels }, data: undefined as unknown as Record<string, string> };
    const made = await client.create(configmaps, object);
    assert.equal(Object.isFrozen(made.metadata), true);
    const sent = endpoint.requests[0]!;
    assert.deepEqual([sent.user, sent.userAgent], [user, 'kubelet/v1']);
    assert.deepEqual(sent.body, { metadata: { namespace: 'x', name: 'a', labels: { a: 'b' } } });
    assert.notEqual((sent.body as typeof object).metadata.labels, labels);
  });

  it('waits when the server is too busy', async () => {
    const clock = new VirtualClock();
    const endpoint = new MemoryEndpoint(clock);
    const client = createLocalClient(endpoint, { user, clock });
    endpoint.failNext(() => true, new ApiError('TooManyRequests', 'too many requests, please try again later', { details: { retryAfterSeconds: 2 } }));
    const asked = client.list(configmaps);
    await clock.advance(1999);
    assert.equal(endpoint.requests.length, 1);
    await clock.advance(1);
    assert.deepEqual((await asked).items, []);
  });

  it('lets through a number of requests at a time', async () => {
    let under = 0;
    let most = 0;
    const release: (() => void)[] = [];
    const client = createLocalClient({
      async request() {
        most = Math.max(most, ++under);
        await new Promise<void>((resolve) => { release.push(resolve); });
        under--;
        return { metadata: {}, items: [] };
      },
      watch: () => Promise.resolve(),
    }, { user, maxInFlight: 3 });
    const clock = new VirtualClock();
    const all = Promise.all(Array.from({ length: 10 }, () => client.list(configmaps)));
    for (let i = 0; i < 10; i++) {
      await clock.settle();
      release.shift()?.();
    }
    await all;
    assert.equal(most, 3);
  });
});
