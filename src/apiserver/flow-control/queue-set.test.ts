import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { VirtualClock } from '../../base/virtual-clock.ts';
import { FlowStats } from './flow-stats.ts';
import { deal, hashFlow } from './hand.ts';
import type { Flow, Queuing, Ticket } from './queue-set.ts';
import { QueueSet } from './queue-set.ts';
import { SeatDemand } from './seat-demand.ts';
import type { WorkEstimate } from './work-estimate.ts';
import { oneSeat } from './work-estimate.ts';

const never = new AbortController().signal;
const wait = { maxWaitMs: 15_000, signal: never };

class Bench {
  readonly clock = new VirtualClock();
  readonly set = new QueueSet(this.clock, new SeatDemand(0), { exempt: false, beforeChange: () => {} });
  readonly stats = new FlowStats('level', 'schema');
  readonly served = new Map<string, number>();
  shed = 0;

  constructor(limit: number, queuing?: Queuing) {
    this.set.configure(queuing, limit);
  }

  flow(distinguisher: string): Flow {
    return { stats: this.stats, distinguisher };
  }

  /** Runs as soon as it may, for that long; counted under the flow's name when it has begun. */
  async run(name: string, durationMs: number, estimate: WorkEstimate = oneSeat): Promise<boolean> {
    const flow = this.flow(name);
    const ticket: Ticket | undefined = this.set.hasRoom(Math.max(estimate.initialSeats, estimate.finalSeats)) ? this.set.occupy(flow, estimate) : await this.set.enqueue(flow, estimate, wait);
    if (ticket === undefined) {
      this.shed += 1;
      return false;
    }
    this.served.set(name, (this.served.get(name) ?? 0) + 1);
    await this.clock.sleep(durationMs);
    this.set.finish(ticket);
    return true;
  }
}

const queuing: Queuing = { queues: 64, handSize: 6, queueLengthLimit: 50 };

describe('hands', () => {
  test('are complete, different cards, and the same ones every time', () => {
    for (let i = 0; i < 500; i++) {
      const hand = deal(hashFlow('schema', `user-${i}`), 64, 6);
      assert.equal(new Set(hand).size, 6);
      assert.ok(hand.every((card) => card >= 0 && card < 64));
      assert.deepEqual(deal(hashFlow('schema', `user-${i}`), 64, 6), hand);
    }
  });

  test('every card is dealt about as often, and hardly anybody shares a whole hand', () => {
    const counts = Array.from({ length: 64 }, () => 0);
    const hands = new Set<string>();
    for (let i = 0; i < 20_000; i++) {
      const hand = deal(hashFlow('global-default', `user-${i}`), 64, 6);
      for (const card of hand) counts[card]! += 1;
      hands.add([...hand].sort((a, b) => a - b).join());
    }
    const expected = (20_000 * 6) / 64;
    assert.ok(counts.every((count) => Math.abs(count - expected) < expected * 0.15), counts.join());
    assert.ok(hands.size > 19_990, String(hands.size));
  });
});

describe('without queues', () => {
  test('what finds no seat is refused at once', async () => {
    const bench = new Bench(2);
    const running = [bench.run('a', 100), bench.run('a', 100)];
    assert.equal(bench.set.hasRoom(1), false);
    assert.equal(bench.set.enqueue(bench.flow('a'), oneSeat, wait), undefined);
    assert.equal(bench.stats.rejected['concurrency-limit'], 1);
    await bench.clock.advance(100);
    assert.deepEqual(await Promise.all(running), [true, true]);
    assert.equal(bench.set.hasRoom(2), true);
  });

  test('one that is wider than the level runs alone', () => {
    const bench = new Bench(2);
    assert.equal(bench.set.hasRoom(5), true);
    bench.set.occupy(bench.flow('a'), { ...oneSeat, initialSeats: 5 });
    assert.equal(bench.set.hasRoom(1), false);
  });
});

describe('with queues', () => {
  test('a flow that floods does not drown another', async () => {
    const bench = new Bench(4, queuing);
    const all: Promise<boolean>[] = [];
    for (let i = 0; i < 300; i++) all.push(bench.run('elephant', 100));
    for (let i = 0; i < 10; i++) all.push(bench.run('mouse', 100));
    await bench.clock.advance(1000);
    assert.equal(bench.served.get('mouse'), 10, 'the mouse was served within a second');
    assert.ok(bench.served.get('elephant')! < 40);
    await bench.clock.advance(60_000);
    await Promise.all(all);
  });

  test('two busy flows get the same seat time, however long their requests take', async () => {
    const bench = new Bench(4, queuing);
    const stop = new AbortController();
    const keepBusy = async (name: string, durationMs: number): Promise<void> => {
      while (!stop.signal.aborted) await bench.run(name, durationMs);
    };
    const loops = [...Array.from({ length: 20 }, () => keepBusy('long', 400)), ...Array.from({ length: 20 }, () => keepBusy('short', 100))];
    await bench.clock.advance(60_000);
    const ratio = bench.served.get('short')! / bench.served.get('long')!;
    assert.ok(ratio > 2.8 && ratio < 5.2, `short ran ${ratio} times as often`);
    stop.abort();
    await bench.clock.advance(60_000);
    await Promise.all(loops);
  });

  test('a queue that is full sheds; a flow fills its own hand only', () => {
    const bench = new Bench(1, { queues: 16, handSize: 2, queueLengthLimit: 3 });
    bench.set.occupy(bench.flow('a'), oneSeat);
    const outcomes = Array.from({ length: 10 }, () => bench.set.enqueue(bench.flow('a'), oneSeat, wait));
    assert.equal(outcomes.filter((one) => one === undefined).length, 4, 'two queues of three');
    assert.equal(bench.stats.rejected['queue-full'], 4);
    assert.notEqual(bench.set.enqueue(bench.flow('somebody else'), oneSeat, wait), undefined);
  });

  test('who waited too long, or went away, leaves its place', async () => {
    const bench = new Bench(1, queuing);
    bench.set.occupy(bench.flow('a'), oneSeat);
    const gone = new AbortController();
    const impatient = bench.set.enqueue(bench.flow('a'), oneSeat, { maxWaitMs: 1000, signal: never })!;
    const leaving = bench.set.enqueue(bench.flow('a'), oneSeat, { maxWaitMs: 60_000, signal: gone.signal })!;
    gone.abort();
    assert.equal(await leaving, undefined);
    await bench.clock.advance(999);
    assert.equal(bench.set.waiting, 1);
    await bench.clock.advance(1);
    assert.equal(await impatient, undefined);
    assert.equal(bench.set.waiting, 0);
    assert.equal(bench.stats.rejected['time-out'], 2);
    assert.equal(bench.stats.waitedInVain.total, 2);
  });

  test('more seats are given out at once', async () => {
    const bench = new Bench(0, queuing);
    const waiting = [bench.run('a', 10), bench.run('b', 10)];
    await bench.clock.settle();
    assert.equal(bench.set.executing, 0, 'no seats, nobody runs');
    bench.set.configure(queuing, 2);
    assert.equal(bench.set.executing, 2);
    await bench.clock.advance(10);
    assert.deepEqual(await Promise.all(waiting), [true, true]);
    assert.equal(bench.set.queues.size, 0, 'nothing is kept of idle queues');
  });

  test('a wide request waits for all of its seats, and nobody passes it by', async () => {
    const bench = new Bench(4, queuing);
    const narrow = bench.run('narrow', 100);
    const wide = bench.run('wide', 100, { ...oneSeat, initialSeats: 4 });
    const late = bench.run('late', 100, { ...oneSeat, initialSeats: 4 });
    await bench.clock.settle();
    assert.equal(bench.set.seatsInUse, 1);
    assert.ok(bench.stats.noAccommodation > 0);
    await bench.clock.advance(300);
    assert.deepEqual(await Promise.all([narrow, wide, late]), [true, true, true]);
  });

  test('seats for telling watchers stay taken after the answer', async () => {
    const bench = new Bench(10, queuing);
    const ticket = bench.set.occupy(bench.flow('a'), { initialSeats: 1, finalSeats: 4, additionalSeconds: 0.02 });
    assert.equal(bench.set.seatsInUse, 4);
    bench.set.finish(ticket);
    assert.deepEqual([bench.set.executing, bench.set.seatsInUse], [0, 4]);
    await bench.clock.advance(20);
    assert.equal(bench.set.seatsInUse, 0);
  });

  test('those who wait are served when queues go away', async () => {
    const bench = new Bench(1, queuing);
    const all = Array.from({ length: 8 }, (_, i) => bench.run(`user-${i}`, 10));
    await bench.clock.settle();
    bench.set.configure(undefined, 1);
    await bench.clock.advance(1000);
    assert.deepEqual(new Set(await Promise.all(all)), new Set([true]));
  });
});
