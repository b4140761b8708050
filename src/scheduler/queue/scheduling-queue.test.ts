import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { podInfoOf } from '../cache/pod-info.ts';
import { node, pod, TestCluster } from '../testing/cluster.ts';
import { SchedulingQueue } from './scheduling-queue.ts';

const { profile } = new TestCluster({ nodes: [] });
const fit = new Set(['NodeResourcesFit']);

function make() {
  const clock = new VirtualClock();
  const queue = new SchedulingQueue({ clock });
  return { clock, queue, add: (one: ReturnType<typeof pod>) => queue.add(podInfoOf(one), profile) };
}

describe('the queue', () => {
  it('hands out the highest priority first, then who came first', () => {
    const { queue, add } = make();
    const [a, b, c] = [pod(), pod({ priority: 5 }), pod()];
    for (const one of [a, b, c]) add(one);
    assert.deepEqual([queue.take(), queue.take(), queue.take()].map((one) => one?.info.pod), [b, a, c]);
  });

  it('wakes a refused pod only for an event that helps; it backs off until nothing else is to do', () => {
    const { queue, add } = make();
    add(pod({}, { cpu: '9' }));
    queue.park(queue.take()!, fit);
    queue.notice({ label: 'NodeAdd', object: node('too-small') });
    queue.notice({ label: 'NodeUpdateTaint', old: node('large', { cpu: '16' }), object: node('large', { cpu: '16' }) });
    assert.equal(queue.sizes.unschedulable, 1);
    queue.notice({ label: 'NodeAdd', object: node('large', { cpu: '16' }) });
    assert.deepEqual(queue.sizes, { active: 0, backoff: 1, unschedulable: 0, gated: 0 });
    add(pod());
    assert.deepEqual([queue.take()?.attempts, queue.take()?.attempts, queue.take()], [1, 2, undefined]);
  });

  for (const [failures, seconds] of [[1, 1], [2, 2], [3, 4], [4, 8], [5, 10], [9, 10]] as const) {
    it(`keeps a pod back for ${seconds} s after ${failures} errors in a row`, async () => {
      const { clock, queue, add } = make();
      await clock.advance(500);
      add(pod());
      for (let i = 1; i < failures; i++) {
        queue.retry(queue.take()!);
        await clock.advance(12_000);
      }
      queue.retry(queue.take()!);
      assert.equal(queue.take(), undefined);
      await clock.advance(seconds * 1000 - 1);
      assert.equal(queue.sizes.active, 0);
      // Back-offs end with the second that they end in.
      await clock.advance(1000);
      assert.equal(queue.sizes.active, 1);
    });
  }

  it('tries a refused pod again after five minutes whatever happens', async () => {
    const { clock, queue, add } = make();
    add(pod());
    queue.park(queue.take()!, fit);
    await clock.advance(299_000);
    assert.equal(queue.sizes.active, 0);
    await clock.advance(2000);
    assert.equal(queue.take()?.flushed, true);
  });

  it('keeps a gated pod out until all of its gates are gone', () => {
    const { queue, add } = make();
    const gated = pod({ schedulingGates: [{ name: 'wait' }, { name: 'more' }] });
    add(gated);
    assert.deepEqual(queue.sizes, { active: 0, backoff: 0, unschedulable: 0, gated: 1 });
    const { schedulingGates: _, ...open } = gated.spec!;
    const less = { ...gated, spec: { ...open, schedulingGates: [{ name: 'more' }] } };
    queue.update(podInfoOf(gated), podInfoOf(less));
    assert.equal(queue.sizes.gated, 1);
    queue.update(podInfoOf(less), podInfoOf({ ...gated, spec: open }));
    assert.equal(queue.sizes.active, 1);
  });

  it('remembers what happened while a pod was tried', () => {
    const { queue, add } = make();
    add(pod({}, { cpu: '9' }));
    const queued = queue.take()!;
    queue.notice({ label: 'NodeAdd', object: node('large', { cpu: '16' }) });
    queue.park(queued, fit);
    assert.equal(queue.sizes.backoff, 1);
  });

  it('forgets a pod that was deleted while it was tried', () => {
    const { queue, add } = make();
    add(pod());
    const queued = queue.take()!;
    queue.delete(queued.info.uid);
    assert.equal(queue.park(queued, fit), false);
    assert.deepEqual(queue.sizes, { active: 0, backoff: 0, unschedulable: 0, gated: 0 });
  });

  it('tells nobody of higher priority that a nominated pod is gone', () => {
    const { queue, add } = make();
    for (const priority of [1, 9]) {
      add(pod({ priority }, { cpu: '9' }));
      queue.park(queue.take()!, fit);
    }
    queue.notice({ label: 'AssignedPodDelete', old: podInfoOf(pod({ priority: 5 })) }, { upToPriority: 5 });
    assert.deepEqual([queue.sizes.backoff, queue.sizes.unschedulable], [1, 1]);
  });
});
