import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiError } from '../../api/status.ts';
import { silentLogger } from '../../base/logger.ts';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { runController } from '../controller.ts';
import { bucketLimiter, exponentialFailureLimiter } from './rate-limiter.ts';
import { QueueMetrics, queueMetricsOf } from './queue-metrics.ts';
import { WorkQueue } from './work-queue.ts';

describe('work queue', () => {
  it('holds a key once, and hands it out again when it was added while worked on', async () => {
    const queue = new WorkQueue({ clock: new VirtualClock() });
    queue.add('a');
    queue.add('a');
    queue.add('b');
    assert.equal(queue.length, 2);
    assert.equal(await queue.get(), 'a');
    queue.add('a');
    assert.equal(queue.length, 1);
    queue.done('a');
    assert.deepEqual([await queue.get(), await queue.get()], ['b', 'a']);
  });

  it('adds after a delay; the earliest counts', async () => {
    const clock = new VirtualClock();
    const queue = new WorkQueue({ clock });
    queue.addAfter('a', 1000);
    queue.addAfter('a', 100);
    queue.addAfter('a', 5000);
    await clock.advance(99);
    assert.equal(queue.length, 0);
    await clock.advance(1);
    assert.equal(queue.length, 1);
    await clock.advance(10_000);
    assert.equal(queue.length, 1);
  });

  it('ends every get at shutdown', async () => {
    const queue = new WorkQueue({ clock: new VirtualClock() });
    const waiting = queue.get();
    queue.addAfter('a', 10);
    queue.shutDown();
    assert.deepEqual([await waiting, await queue.get()], [undefined, undefined]);
  });

  it('limits rates as client-go does', () => {
    const failures = exponentialFailureLimiter(5, 1_000_000);
    assert.deepEqual(Array.from({ length: 4 }, () => failures.delayMs('a')), [5, 10, 20, 40]);
    for (let i = 0; i < 40; i++) failures.delayMs('a');
    assert.equal(failures.delayMs('a'), 1_000_000);
    failures.forget('a');
    assert.equal(failures.delayMs('a'), 5);
    const bucket = bucketLimiter(new VirtualClock(), 10, 2);
    assert.deepEqual(Array.from({ length: 4 }, () => bucket.delayMs('a')), [0, 0, 100, 200]);
  });
});

describe('controller', () => {
  it('waits for informers, retries failures, requeues, and stops with its signal', async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    const synced = Promise.withResolvers<void>();
    const calls: string[] = [];
    const controller = runController({
      name: 'test', clock, logger: silentLogger, informers: [{ synced: () => synced.promise }], workers: 1, signal: stop.signal,
      reconcile: async (key) => {
        calls.push(`${clock.monotonicMs()} ${key}`);
        if (calls.length === 1) throw new ApiError('Conflict', 'modified');
        if (calls.length === 2) throw new Error('broken');
        return calls.length === 3 ? { requeueAfterMs: 1000 } : undefined;
      },
    });
    controller.queue.add('a');
    await clock.advance(1);
    assert.deepEqual(calls, []);
    synced.resolve();
    await clock.advance(5000);
    assert.deepEqual(calls, ['1 a', '6 a', '16 a', '1016 a']);
    stop.abort();
    await controller.finished;
  });
});

describe('what is counted of work queues', () => {
  it('is how many keys were added and tried again, how long they waited and were worked on', async () => {
    const clock = new VirtualClock();
    const metrics = new QueueMetrics(clock);
    const queue = new WorkQueue({ clock });
    queue.add('early');
    const stats = metrics.of('q');
    queue.measure(stats);
    queue.add('a');
    queue.add('a');
    await clock.advance(2000);
    assert.deepEqual([stats.added, stats.depth, await queue.get()], [2, 2, 'early']);
    await clock.advance(3000);
    queue.add('early');
    assert.deepEqual([stats.depth, stats.underWay], [2, [3]]);
    queue.done('early');
    queue.addRateLimited('b');
    assert.deepEqual([stats.retried, stats.waited.sum, stats.worked.sum, stats.underWay], [1, 2, 3, []]);
    const rows = (name: string): unknown => [...(metrics.families.find((family) => family.name === name)!.read() as Iterable<unknown>)];
    assert.deepEqual(rows('workqueue_adds_total'), [[{ name: 'q' }, 3]]);
    assert.deepEqual(rows('workqueue_depth'), [[{ name: 'q' }, 2]]);
    queue.shutDown();
    assert.equal(stats.depth, 0);
  });

  it('is told apart by cluster: by the clock', () => {
    const clock = new VirtualClock();
    assert.equal(queueMetricsOf(clock), queueMetricsOf(clock));
    assert.notEqual(queueMetricsOf(clock), queueMetricsOf(new VirtualClock()));
  });
});
