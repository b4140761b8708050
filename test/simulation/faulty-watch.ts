import type { KubeObject } from '../../src/api/meta/object.ts';
import { ApiError } from '../../src/api/status.ts';
import type { Clock, Timer } from '../../src/base/clock.ts';
import type { Chance } from '../fuzz/chance.ts';
import type { FaultRates } from './faults.ts';

type Type = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
type Listener = (type: Type, object: KubeObject) => void;

export interface FaultyWatchOptions {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly rates: () => FaultRates;
  readonly listener: Listener;
}

/** One watch whose events come late, or twice, in their order, and which may end at any time. */
export class FaultyWatch {
  readonly #options: FaultyWatchOptions;
  readonly #own = new AbortController();
  readonly #ended = Promise.withResolvers<void>();
  readonly #waiting: { readonly type: Type; readonly object: KubeObject }[] = [];
  readonly #lags: boolean;
  #delivery: Timer | undefined;
  #life: Timer | undefined;
  #over = false;

  constructor(options: FaultyWatchOptions) {
    this.#options = options;
    const { chance, rates } = options;
    this.#lags = chance.happens(rates().watchLags);
  }

  /** Resolves when the watch has ended, rejects when it could not be opened. */
  async run(open: (signal: AbortSignal, receive: Listener) => Promise<void>): Promise<void> {
    const { clock, chance, rates } = this.#options;
    const { watchLifeMs } = rates();
    if (watchLifeMs > 0) this.#life = clock.setTimer(1 + chance.int(2 * watchLifeMs), () => this.#end());
    open(this.#own.signal, (type, object) => this.#receive(type, object)).then(
      () => this.#serverEnded(),
      (error: unknown) => { this.#close(); this.#ended.reject(error); },
    );
    await this.#ended.promise;
  }

  /** Whoever watches is gone. */
  stop(): void {
    this.#close();
    this.#ended.resolve();
  }

  #receive(type: Type, object: KubeObject): void {
    if (this.#over) return;
    this.#waiting.push({ type, object });
    if (this.#delivery !== undefined) return;
    const delayMs = this.#delayMs();
    if (delayMs === 0) this.#deliver();
    else this.#delivery = this.#options.clock.setTimer(delayMs, () => this.#deliver());
  }

  #delayMs(): number {
    const { chance, rates } = this.#options;
    const { watchLagMs } = rates();
    return this.#lags && watchLagMs > 0 && chance.happens(0.5) ? 1 + chance.int(watchLagMs) : 0;
  }

  /** A burst of what waits, perhaps not all of it. */
  #deliver(): void {
    const { chance, rates, clock, listener } = this.#options;
    this.#delivery = undefined;
    while (this.#waiting.length > 0 && !this.#over) {
      const { type, object } = this.#waiting.shift()!;
      listener(type, object);
      const { watchRepeats } = rates();
      if (watchRepeats > 0 && type !== 'ERROR' && chance.happens(watchRepeats)) listener(type === 'ADDED' ? 'MODIFIED' : type, object);
      if (this.#waiting.length === 0) return;
      const delayMs = this.#delayMs();
      if (delayMs === 0) continue;
      this.#delivery = clock.setTimer(delayMs, () => this.#deliver());
      return;
    }
  }

  /** The server ends the watch in the middle: what waits is lost. */
  #end(): void {
    const { chance, rates, listener } = this.#options;
    const expired = chance.happens(rates().watchExpired);
    this.#close();
    if (expired) listener('ERROR', new ApiError('Expired', 'The resourceVersion for the provided watch is too old.').toStatus() as unknown as KubeObject);
    this.#ended.resolve();
  }

  /** What came before the end is delivered before it. */
  #serverEnded(): void {
    this.#delivery?.cancel();
    this.#delivery = undefined;
    const { listener } = this.#options;
    if (!this.#over) for (const { type, object } of this.#waiting.splice(0)) listener(type, object);
    this.#close();
    this.#ended.resolve();
  }

  #close(): void {
    this.#over = true;
    this.#waiting.length = 0;
    this.#delivery?.cancel();
    this.#life?.cancel();
    this.#own.abort();
  }
}
