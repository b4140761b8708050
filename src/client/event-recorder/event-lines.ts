import { ApiError, isReason } from '../../api/status.ts';
import type { ObjectReference } from '../../api/types/core/v1.ts';
import type { Clock } from '../../base/clock.ts';
import { Gate } from '../../base/gate.ts';
import type { Logger } from '../../base/logger.ts';
import type { Random } from '../../base/random.ts';
import type { Cause } from '../cause.ts';
import { currentCause, namedCause, reactingTo } from '../cause.ts';
import { objectKeyOf } from './reference.ts';

/** Events that wait to be written; more are dropped: upstream's broadcaster holds as many, and its sink as many again. */
const maxQueued = 2000;
/** Objects whose events are written at the same time; those of one object are written one after the other. */
const maxConcurrent = 8;
const maxAttempts = 12;
const maxNameLength = 253;

export interface EventLinesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal?: AbortSignal;
}

/** What a recorder makes of its events. */
export interface EventSink<E, W> {
  /** What is to be written when an event's turn has come; undefined: nothing. */
  decide(event: E, objectKey: string): W | undefined;
  /** One attempt at writing it. */
  send(write: W): Promise<void>;
  /** How long to wait after an attempt, the first of which is 1, that did not get to the server. */
  retryDelayMs(attempt: number): number;
}

/** An event that is to be written, and what it reacts to. */
interface Recorded<E> { readonly event: E; readonly cause: Cause }

/** What is still to be said of one object, after what is being written; `told` resolves when nothing is. */
interface Line<E> { readonly waiting: Recorded<E>[]; readonly told: Promise<void> }

/** Events of one recorder on their way to the server: those of an object in order, those of different objects at the same time. */
export class EventLines<E extends { readonly reason?: string }, W> {
  readonly #options: EventLinesOptions;
  readonly #sink: EventSink<E, W>;
  /** Of the objects of which something is being written. */
  readonly #lines = new Map<string, Line<E>>();
  readonly #gate = new Gate(maxConcurrent);
  #queued = 0;
  #lastStampNs = 0n;
  /** Where in the millisecond this recorder stands: two that speak of one object at once take different names. */
  readonly #withinMs: bigint;

  constructor(options: EventLinesOptions, sink: EventSink<E, W>) {
    this.#options = options;
    this.#sink = sink;
    this.#withinMs = BigInt(Math.floor(options.random.float() * 1_000_000));
  }

  /** The name of a new event: the object's, and nanoseconds; never the same twice, also when time stands still. */
  nameFor({ name = '' }: ObjectReference): string {
    const { clock, random } = this.#options;
    const nowNs = BigInt(Math.floor(clock.now())) * 1_000_000n + this.#withinMs;
    this.#lastStampNs = nowNs > this.#lastStampNs ? nowNs : this.#lastStampNs + 1n;
    const stamped = `${name}.${this.#lastStampNs.toString(16)}`;
    return stamped.length > maxNameLength ? random.uuid() : stamped;
  }

  /** Is there no room for one more? Says so. */
  isFull(reason: string): boolean {
    if (this.#queued < maxQueued) return false;
    this.#options.logger.warn('event dropped: too many wait to be written', { reason });
    return true;
  }

  /** Takes an event on what `reference` names. Never blocks, never throws. */
  add(reference: ObjectReference, event: E): void {
    const recorded: Recorded<E> = { event, cause: currentCause() || namedCause(reference) };
    this.#queued++;
    const objectKey = objectKeyOf(reference);
    const line = this.#lines.get(objectKey);
    if (line !== undefined) {
      line.waiting.push(recorded);
      return;
    }
    const waiting: Recorded<E>[] = [];
    this.#lines.set(objectKey, { waiting, told: this.#follow(objectKey, waiting, recorded) });
  }

  /** Resolves when everything so far has been written or given up. */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.#lines.values(), ({ told }) => told));
  }

  /** Writes what is said of an object, one after the other, until nothing is left. Never rejects. */
  async #follow(objectKey: string, waiting: Recorded<E>[], first: Recorded<E>): Promise<void> {
    for (let next: Recorded<E> | undefined = first; next !== undefined; next = waiting.shift()) {
      const { event, cause } = next;
      const turn = this.#gate.enter();
      if (turn !== undefined) await turn;
      await reactingTo(cause, () => this.#write(event, objectKey));
      this.#gate.leave();
      this.#queued--;
    }
    this.#lines.delete(objectKey);
  }

  /** Never rejects. */
  async #write(event: E, objectKey: string): Promise<void> {
    const { clock, logger, signal } = this.#options;
    const write = this.#sink.decide(event, objectKey);
    if (write === undefined) return;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#sink.send(write);
        return;
      } catch (error) {
        if (signal?.aborted === true) return;
        if (error instanceof ApiError) {
          // The server said no (often: the namespace is terminating); asking again would not help.
          if (!isReason(error, 'AlreadyExists')) logger.debug('event rejected', { reason: event.reason, error });
          return;
        }
        if (attempt >= maxAttempts) {
          logger.warn('event could not be written', { reason: event.reason, error });
          return;
        }
      }
      try {
        await clock.sleep(this.#sink.retryDelayMs(attempt), signal);
      } catch {
        return;
      }
    }
  }
}
