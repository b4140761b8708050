import type { Clock, Timer } from '../../base/clock.ts';
import type { FlowStats } from './flow-stats.ts';
import { deal, hashFlow } from './hand.ts';
import { LevelUsage } from './level-usage.ts';
import type { SeatDemand } from './seat-demand.ts';
import type { WorkEstimate } from './work-estimate.ts';

/** What a request is expected to take while nothing better is known, as upstream assumes it. */
const estimatedServiceSeconds = 0.003;
/** Hands that are remembered; the flows of an ordinary cluster, and no more than a stranger can make us keep. */
const maxHands = 4096;

/** How requests without a seat wait; undefined for those that are refused instead. */
export interface Queuing {
  readonly queues: number;
  readonly handSize: number;
  readonly queueLengthLimit: number;
}

/** What requests are kept apart by: the flow schema that they match, and the user or namespace. */
export interface Flow {
  readonly stats: FlowStats;
  readonly distinguisher: string;
}

/** A request that has its seats. */
export interface Ticket {
  readonly flow: Flow;
  readonly estimate: WorkEstimate;
  readonly queue: Queue | undefined;
  readonly startedMs: number;
  /** Seats that are held while it runs and lingers. */
  readonly seats: number;
  /** For reports alone. */
  readonly arrivedMs: number;
}

interface Waiter {
  readonly flow: Flow;
  readonly estimate: WorkEstimate;
  readonly queue: Queue;
  readonly seats: number;
  /** Seat-seconds that it is charged for. */
  readonly work: number;
  readonly arrivedMs: number;
  /** The progress meter's reading when it came. */
  readonly arrivedR: number;
  resolve(ticket: Ticket | undefined): void;
}

/** Requests that are served one after the other, from flows that were dealt the same queue. */
export class Queue {
  index: number;
  readonly waiting = new Set<Waiter>();
  readonly executing = new Set<Ticket>();
  /** Sums over those that wait. */
  waitingWork = 0;
  waitingSeats = 0;
  seatsInUse = 0;
  /** The meter's reading at which the next request would leave, were time shared out evenly. */
  nextDispatchR: number;

  constructor(index: number, currentR: number) {
    this.index = index;
    this.nextDispatchR = currentR;
  }

  get active(): boolean {
    return this.waiting.size > 0 || this.executing.size > 0;
  }

  get oldest(): Waiter | undefined {
    for (const waiter of this.waiting) return waiter;
    return undefined;
  }
}

const workOf = ({ initialSeats, finalSeats, additionalSeconds }: WorkEstimate): number => initialSeats * estimatedServiceSeconds + finalSeats * additionalSeconds;

/**
 * The seats of one priority level, and who waits for them: fair queuing for server requests (KEP-1040). A progress meter
 * R counts the seat-seconds that each busy queue is entitled to; the queue whose oldest request would finish first by
 * that meter is served next. What a request really took is charged once it is known.
 */
export class QueueSet {
  readonly #clock: Clock;
  readonly #demand: SeatDemand;
  readonly #exempt: boolean;
  readonly #beforeChange: (nowMs: number) => void;
  #queuing: Queuing | undefined;
  #limit = 0;
  /** By their number, those that somebody waits in or has seats of; an idle queue has nothing to remember. */
  readonly queues = new Map<number, Queue>();
  /** Of the last queue that became idle, for the next one that does not: mostly there is one at a time. */
  #spare: Queue | undefined;
  /** By schema, then by what its flows are kept apart by. */
  readonly #hands = new Map<string, Map<string, readonly number[]>>();
  #dealt = 0;
  /** Requests that run without having been put into a queue. */
  readonly queueless = new Set<Ticket>();
  #currentR = 0;
  #lastMs: number;
  #activeQueues = 0;
  #queuedSeatsInUse = 0;
  /** The number of the queue that was served last. */
  #robin = -1;
  #enqueued = 0;
  #waiting = 0;
  #waitingSeats = 0;
  #executing = 0;
  #seatsInUse = 0;
  readonly #usage: LevelUsage;
  dispatched = 0;
  rejected = 0;
  cancelled = 0;
  /** The meter and the queues' own readings at the last dispatch, for metrics. */
  lastDispatch = { r: 0, s: 0, min: 0, max: 0, discountedMin: 0, discountedMax: 0 };

  /** `exempt`: everyone gets a seat. `beforeChange`: called before anything changes, also by itself in time. */
  constructor(clock: Clock, demand: SeatDemand, { exempt, beforeChange }: { readonly exempt: boolean; readonly beforeChange: (nowMs: number) => void }) {
    this.#clock = clock;
    this.#demand = demand;
    this.#exempt = exempt;
    this.#beforeChange = beforeChange;
    this.#lastMs = clock.monotonicMs();
    this.#usage = new LevelUsage(this.#lastMs);
  }

  get waiting(): number { return this.#waiting; }
  get waitingSeats(): number { return this.#waitingSeats; }
  get executing(): number { return this.#executing; }
  get seatsInUse(): number { return this.#seatsInUse; }
  get limit(): number { return this.#limit; }
  /** Requests that may wait, in all queues together. */
  get queueCapacity(): number { return this.#queuing === undefined ? 0 : this.#queuing.queues * this.#queuing.queueLengthLimit; }
  /** How full it has been until now. */
  get usage(): LevelUsage['histograms'] {
    this.#sync();
    return this.#usage.histograms;
  }
  get currentR(): number { return this.#currentR; }
  get idle(): boolean { return this.#waiting === 0 && this.#executing === 0; }
  /** Somebody is waiting, or was served with a seat that is still taken. */
  get busy(): boolean { return this.#waiting > 0 || this.#seatsInUse > 0; }

  /** Takes effect at `nowMs`, now by default: more seats go to those who wait; who waits in a queue that is one too many waits on there. */
  configure(queuing: Queuing | undefined, limit: number, nowMs = this.#clock.monotonicMs()): void {
    this.#moveTo(nowMs);
    if (queuing?.queues !== this.#queuing?.queues || queuing?.handSize !== this.#queuing?.handSize) this.#forgetHands();
    this.#queuing = queuing;
    this.#limit = limit;
    this.#dispatch(nowMs);
  }

  /** Whether a request could run now without passing by one that waits. */
  hasRoom(seats: number): boolean {
    if (this.#exempt) return true;
    if (this.#waiting > 0) return false;
    if (this.#queuing !== undefined && this.#seatsInUse >= this.#limit) return false;
    return this.#accommodates(seats);
  }

  #accommodates(seats: number): boolean {
    if (this.#exempt) return true;
    // One that is wider than the level runs alone.
    if (seats > this.#limit) return this.#executing === 0;
    return this.#seatsInUse + seats <= this.#limit;
  }

  /** Gives a request its seats at once; only after `hasRoom`. */
  occupy(flow: Flow, estimate: WorkEstimate): Ticket {
    const nowMs = this.#sync();
    const queue = this.#queuing === undefined ? undefined : this.#choose(flow, this.#queuing);
    if (queue !== undefined) {
      this.#activate(queue);
      queue.nextDispatchR += workOf(estimate);
    }
    return this.#start({ flow, estimate, queue, seats: Math.max(estimate.initialSeats, estimate.finalSeats), arrivedMs: nowMs, startedMs: nowMs });
  }

  /**
   * Waits for seats, at most `maxWaitMs`. Resolves with undefined when they did not come in time or the caller gave up;
   * returns undefined when there is no place to wait.
   */
  enqueue(flow: Flow, estimate: WorkEstimate, { maxWaitMs, signal }: { readonly maxWaitMs: number; readonly signal: AbortSignal }): Promise<Ticket | undefined> | undefined {
    const nowMs = this.#sync();
    const { stats } = flow;
    const queuing = this.#queuing;
    const queue = queuing === undefined ? undefined : this.#choose(flow, queuing);
    if (queue === undefined || (this.#seatsInUse >= this.#limit && queue.waiting.size >= queuing!.queueLengthLimit)) {
      this.rejected += 1;
      stats.rejected[queue === undefined ? 'concurrency-limit' : 'queue-full'] += 1;
      return undefined;
    }
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const waiter: Waiter = {
        flow, estimate, queue, seats: Math.max(estimate.initialSeats, estimate.finalSeats), work: workOf(estimate), arrivedMs: nowMs, arrivedR: this.#currentR,
        resolve: (ticket) => {
          timer?.cancel();
          signal.removeEventListener('abort', giveUp);
          (ticket === undefined ? stats.waitedInVain : stats.waitedToRun).observe((this.#clock.monotonicMs() - nowMs) / 1000);
          resolve(ticket);
        },
      };
      const giveUp = (): void => this.#eject(waiter);
      this.#add(waiter);
      stats.queueLength.observe(queue.waiting.size);
      this.#noteDemand(nowMs);
      this.#dispatch(nowMs);
      if (!queue.waiting.has(waiter)) return;
      timer = this.#clock.setTimer(maxWaitMs, giveUp, { unref: true });
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** A request has been answered: its seats are free, at once or after it has lingered. */
  finish(ticket: Ticket): void {
    const nowMs = this.#sync();
    const { queue, estimate, flow } = ticket;
    this.#executing -= 1;
    flow.stats.executing -= 1;
    const seconds = (nowMs - ticket.startedMs) / 1000;
    if (queue === undefined) this.queueless.delete(ticket);
    else {
      queue.executing.delete(ticket);
      if (!queue.active) this.#activeQueues -= 1;
      queue.nextDispatchR -= estimate.initialSeats * (estimatedServiceSeconds - seconds);
      bound(queue);
    }
    if (estimate.additionalSeconds <= 0) this.#release(ticket, nowMs);
    else this.#clock.setTimer(estimate.additionalSeconds * 1000, () => this.#release(ticket, this.#sync()), { unref: true });
  }

  #release({ queue, seats, flow }: Ticket, nowMs: number): void {
    this.#seatsInUse -= seats;
    flow.stats.executingSeats -= seats;
    if (queue !== undefined) {
      queue.seatsInUse -= seats;
      this.#queuedSeatsInUse -= seats;
      this.#forget(queue);
    }
    this.#noteDemand(nowMs);
    this.#dispatch(nowMs);
  }

  #activate(queue: Queue): void {
    if (queue.active) return;
    queue.nextDispatchR = this.#currentR;
    this.#activeQueues += 1;
    this.queues.set(queue.index, queue);
  }

  #forget(queue: Queue): void {
    if (queue.active || queue.seatsInUse > 0) return;
    this.queues.delete(queue.index);
    this.#spare = queue;
  }

  /** Moves the meter to now; before anything changes. */
  #sync(): number {
    const nowMs = this.#clock.monotonicMs();
    this.#beforeChange(nowMs);
    this.#moveTo(nowMs);
    return nowMs;
  }

  #moveTo(nowMs: number): void {
    if (this.#activeQueues > 0) this.#currentR += (Math.min(this.#queuedSeatsInUse + this.#waitingSeats, this.#limit) / this.#activeQueues) * ((nowMs - this.#lastMs) / 1000);
    this.#lastMs = nowMs;
    this.#usage.observe(this, nowMs);
  }

  #noteDemand(nowMs: number): void {
    this.#demand.set(this.#seatsInUse + this.#waitingSeats, nowMs);
  }

  /** Of the flow's hand, the queue with the least work; ties go round. */
  #choose({ stats, distinguisher }: Flow, { queues, handSize }: Queuing): Queue {
    const hand = this.#hands.get(stats.schema)?.get(distinguisher) ?? this.#deal(stats.schema, distinguisher, { queues, handSize });
    const offset = this.#enqueued++ % hand.length;
    let best = 0;
    let least = Infinity;
    for (let i = 0; i < hand.length; i++) {
      const index = hand[(offset + i) % hand.length]!;
      const work = this.queues.get(index)?.waitingWork ?? 0;
      if (work >= least) continue;
      least = work;
      best = index;
    }
    return this.queues.get(best) ?? this.#idleQueue(best);
  }

  /** One that is not among the queues; it is put there when it becomes active. */
  #idleQueue(index: number): Queue {
    const queue = this.#spare ?? new Queue(index, this.#currentR);
    this.#spare = undefined;
    queue.index = index;
    return queue;
  }

  #deal(schema: string, distinguisher: string, { queues, handSize }: Pick<Queuing, 'queues' | 'handSize'>): readonly number[] {
    if (this.#dealt >= maxHands) this.#forgetHands();
    let ofSchema = this.#hands.get(schema);
    if (ofSchema === undefined) this.#hands.set(schema, ofSchema = new Map());
    const hand = deal(hashFlow(schema, distinguisher), queues, handSize);
    ofSchema.set(distinguisher, hand);
    this.#dealt += 1;
    return hand;
  }

  #forgetHands(): void {
    this.#hands.clear();
    this.#dealt = 0;
  }

  #add(waiter: Waiter): void {
    const { queue, seats, flow: { stats } } = waiter;
    this.#activate(queue);
    queue.waiting.add(waiter);
    queue.waitingWork += waiter.work;
    queue.waitingSeats += seats;
    bound(queue);
    this.#waiting += 1;
    this.#waitingSeats += seats;
    stats.waiting += 1;
    stats.waitingSeats += seats;
  }

  /** Afterwards the queue may be inactive: the caller starts the waiter or settles that. */
  #remove(waiter: Waiter): void {
    const { queue, seats, flow: { stats } } = waiter;
    queue.waiting.delete(waiter);
    // Sums of fractions would drift.
    queue.waitingWork = queue.waiting.size === 0 ? 0 : queue.waitingWork - waiter.work;
    queue.waitingSeats -= seats;
    this.#waiting -= 1;
    this.#waitingSeats -= seats;
    stats.waiting -= 1;
    stats.waitingSeats -= seats;
  }

  #eject(waiter: Waiter): void {
    const nowMs = this.#sync();
    if (!waiter.queue.waiting.has(waiter)) return;
    this.#remove(waiter);
    if (!waiter.queue.active) this.#activeQueues -= 1;
    this.#forget(waiter.queue);
    bound(waiter.queue);
    this.rejected += 1;
    this.cancelled += 1;
    waiter.flow.stats.rejected['time-out'] += 1;
    this.#noteDemand(nowMs);
    waiter.resolve(undefined);
    // It may have been too wide for what was free, and others behind it are not.
    this.#dispatch(nowMs);
  }

  #dispatch(nowMs: number): void {
    while (this.#waiting > 0 && this.#seatsInUse < this.#limit && this.#dispatchNext(nowMs));
  }

  /** False when the request whose turn it is has to wait for more seats. */
  #dispatchNext(nowMs: number): boolean {
    let chosen: Waiter | undefined;
    let earliest = Infinity;
    let nearest = Infinity;
    const bounds = { min: Infinity, max: -Infinity, discountedMin: Infinity, discountedMax: -Infinity };
    for (const queue of this.queues.values()) {
      const { oldest, nextDispatchR } = queue;
      if (oldest === undefined) continue;
      const discounted = nextDispatchR - queue.seatsInUse * estimatedServiceSeconds;
      bounds.min = Math.min(bounds.min, nextDispatchR);
      bounds.max = Math.max(bounds.max, nextDispatchR);
      bounds.discountedMin = Math.min(bounds.discountedMin, discounted);
      bounds.discountedMax = Math.max(bounds.discountedMax, discounted);
      const finish = nextDispatchR + oldest.work;
      // Of those that would finish at the same time, the next one round from the last that was served.
      const distance = queue.index > this.#robin ? queue.index - this.#robin : queue.index - this.#robin + 2 ** 32;
      if (finish > earliest || (finish === earliest && distance > nearest)) continue;
      earliest = finish;
      nearest = distance;
      chosen = oldest;
    }
    if (chosen === undefined) return false;
    if (!this.#accommodates(chosen.seats)) {
      chosen.flow.stats.noAccommodation += 1;
      return false;
    }
    this.#robin = chosen.queue.index;
    const { queue, flow, seats, arrivedMs, resolve } = chosen;
    this.#remove(chosen);
    this.lastDispatch = { r: this.#currentR, s: queue.nextDispatchR, ...bounds };
    queue.nextDispatchR += chosen.work;
    bound(queue);
    // It has been counted as active and goes on being so.
    resolve(this.#start({ flow, estimate: fitted(chosen.estimate, this.#limit), queue, seats, arrivedMs, startedMs: nowMs }));
    return true;
  }

  #start(ticket: Ticket): Ticket {
    const { queue, seats, flow: { stats } } = ticket;
    if (queue === undefined) this.queueless.add(ticket);
    else {
      queue.executing.add(ticket);
      queue.seatsInUse += seats;
      this.#queuedSeatsInUse += seats;
    }
    this.#executing += 1;
    this.#seatsInUse += seats;
    this.dispatched += 1;
    stats.dispatched += 1;
    stats.executing += 1;
    stats.executingSeats += seats;
    this.#noteDemand(ticket.startedMs);
    return ticket;
  }
}

/** A queue that could not use its share has no claim to it later: nothing leaves, by the meter, before it came. */
function bound(queue: Queue): void {
  const { oldest } = queue;
  if (oldest !== undefined && queue.nextDispatchR < oldest.arrivedR) queue.nextDispatchR = oldest.arrivedR;
}

/** Work that lingers on more seats than there are lingers longer on all of them. */
function fitted(estimate: WorkEstimate, limit: number): WorkEstimate {
  const { finalSeats, additionalSeconds } = estimate;
  return finalSeats <= limit || limit <= 0 ? estimate : { ...estimate, finalSeats: limit, additionalSeconds: (finalSeats * additionalSeconds) / limit };
}
