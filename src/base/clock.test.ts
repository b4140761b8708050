import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatMicroTime, formatTime, timeoutSignal } from './clock.ts';
import { RealClock } from './real-clock.ts';
import { SeededRandom } from './random.ts';
import { outside } from './outside-work.ts';
import { VirtualClock } from './virtual-clock.ts';

describe('times', () => {
  it('are written as Kubernetes writes them', () => {
    assert.equal(formatTime(Date.UTC(2026, 0, 2, 3, 4, 5, 678)), '2026-01-02T03:04:05Z');
    assert.equal(formatMicroTime(Date.UTC(2026, 0, 2, 3, 4, 5, 678)), '2026-01-02T03:04:05.678000Z');
  });
});

describe('VirtualClock', () => {
  it('fires timers in the order of their time, then of their setting, and only when time passes', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.setTimer(20, () => seen.push('b'));
    clock.setTimer(10, () => seen.push('a'));
    clock.setTimer(20, () => seen.push('c'));
    clock.setTimer(30, () => seen.push('never')).cancel();
    await clock.settle();
    assert.deepEqual(seen, []);
    await clock.advance(40);
    assert.deepEqual(seen, ['a', 'b', 'c']);
  });

  it('lets what a timer caused happen before the next one fires', async () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    const work = async (): Promise<void> => {
      await clock.sleep(10);
      seen.push(`woke at ${clock.monotonicMs()}`);
      await clock.sleep(5);
      seen.push(`woke at ${clock.monotonicMs()}`);
    };
    void work();
    clock.setTimer(15, () => seen.push('timer'));
    await clock.advance(20);
    assert.deepEqual(seen, ['woke at 10', 'timer', 'woke at 15']);
    assert.equal(clock.monotonicMs(), 20);
  });

  it('stands still while there is work outside the event loop', async () => {
    const clock = new VirtualClock();
    const order: string[] = [];
    clock.setTimer(1000, () => order.push('timer'));
    void outside(globalThis.crypto.subtle.digest('SHA-256', new Uint8Array(50_000_000))).then(() => order.push('digest'));
    await clock.advance(2000);
    assert.deepEqual(order, ['digest', 'timer']);
  });

  it('fires timers without delay when it settles', async () => {
    const clock = new VirtualClock();
    let fired = false;
    clock.setTimer(0, () => { fired = true; });
    assert.equal(fired, false);
    await clock.settle();
    assert.equal(fired, true);
  });

  it('ends a sleep with the reason of its signal', async () => {
    const clock = new VirtualClock();
    const { signal, cancel } = timeoutSignal(clock, 10);
    const sleeping = assert.rejects(clock.sleep(100, signal), { name: 'TimeoutError' });
    await clock.advance(10);
    await sleeping;
    cancel();
    assert.equal(clock.nextTimerMs, undefined);
  });
});

describe('RealClock', () => {
  it('fires what has no delay, but not synchronously', async () => {
    const clock = new RealClock();
    let fired = false;
    const done = new Promise<void>((resolve) => clock.setTimer(-5, () => { fired = true; resolve(); }));
    assert.equal(fired, false);
    await done;
    assert.ok(clock.monotonicMs() > 0);
  });
});

describe('SeededRandom', () => {
  it('repeats itself for the same seed', () => {
    const a = new SeededRandom(7);
    const b = new SeededRandom(7);
    assert.equal(a.uuid(), b.uuid());
    assert.equal(a.suffix(5), b.suffix(5));
    assert.match(a.uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.match(a.suffix(5), /^[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });
});
