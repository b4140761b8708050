import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentLogger } from '../../base/logger.ts';
import { SeededRandom } from '../../base/random.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { MemoryEndpoint } from '../testing/memory-endpoint.ts';
import { createLocalClient } from '../transports/local.ts';
import { runLeaderElection } from './leader-election.ts';

describe('leader election', () => {
  it('has one leader; the next takes over at once after a release, and after the lease has aged otherwise', async () => {
    const clock = new VirtualClock();
    const endpoint = new MemoryEndpoint(clock);
    const client = createLocalClient(endpoint, { user: { name: 'test', groups: [] } });
    const leaders: string[] = [];
    const start = (identity: string) => {
      const stop = new AbortController();
      const finished = runLeaderElection({
        client, clock, random: new SeededRandom(1), logger: silentLogger, namespace: 'kube-system', name: 'scheduler', identity, signal: stop.signal,
        lead: async (signal) => {
          leaders.push(`+${identity}`);
          await new Promise<void>((resolve) => { signal.addEventListener('abort', () => resolve(), { once: true }); });
          leaders.push(`-${identity}`);
        },
      });
      return { stop, finished };
    };
    const a = start('a');
    await clock.settle();
    const b = start('b');
    await clock.advance(60_000);
    assert.deepEqual(leaders, ['+a']);
    a.stop.abort();
    await a.finished;
    await clock.advance(10_000);
    assert.deepEqual(leaders, ['+a', '-a', '+b']);
    // b cannot renew any more, and c takes over when the lease has aged.
    for (let i = 0; i < 30; i++) endpoint.failNext((request) => request.method === 'PUT' && JSON.stringify(request.body).includes('"holderIdentity":"b"'), new Error('broken'));
    endpoint.failNext((request) => request.method === 'PUT' && JSON.stringify(request.body).includes('"holderIdentity":""'), new Error('broken'));
    const c = start('c');
    await clock.advance(40_000);
    await b.finished;
    assert.deepEqual(leaders, ['+a', '-a', '+b', '-b', '+c']);
    c.stop.abort();
    await c.finished;
  });
});
