import type { Clock } from '../../base/clock.ts';
import type { RequestInfo } from '../request.ts';
import { labelled } from './histogram.ts';
import type { Gauge, Labels } from './registry.ts';
import { histogramFamily } from './registry.ts';
import { TimedRatio } from './timed-ratio.ts';

const readVerbs: ReadonlySet<string> = new Set(['get', 'list', 'watch', 'head', 'options']);
const ratioBounds = [0, 0.001, 0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1];

type Phase = 'executing' | 'waiting';
type Kind = 'mutating' | 'readOnly';

/** What a request is counted in. */
export interface Counted { change(by: 1 | -1, nowMs: number): void }

/** How many requests of a kind are in a phase, and how many were at most in the last second. */
class Count implements Counted {
  now = 0;
  #peak = 0;
  #peakBefore = 0;
  #second = 0;
  readonly ratio: TimedRatio;
  readonly #limit: number;

  constructor(limit: number, nowMs: number) {
    this.#limit = limit;
    this.ratio = new TimedRatio(ratioBounds, nowMs);
  }

  #turn(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second === this.#second) return;
    this.#peakBefore = second === this.#second + 1 ? this.#peak : this.now;
    this.#second = second;
    this.#peak = this.now;
  }

  change(by: 1 | -1, nowMs: number): void {
    this.#turn(nowMs);
    this.ratio.observe(this.now, this.#limit, nowMs);
    this.now += by;
    if (this.now > this.#peak) this.#peak = this.now;
  }

  peak(nowMs: number): number {
    this.#turn(nowMs);
    this.ratio.observe(this.now, this.#limit, nowMs);
    return Math.max(this.#peakBefore, this.#peak);
  }
}

/**
 * Requests that are worked on, or wait, at the same time. One that is answered at once was never in flight beside
 * another, and is not counted.
 */
export class InFlight {
  readonly #clock: Clock;
  readonly #counts: Readonly<Record<Phase, Readonly<Record<Kind, Count>>>>;

  constructor(clock: Clock, limits: Readonly<Record<Kind, number>>) {
    this.#clock = clock;
    const nowMs = clock.monotonicMs();
    const both = (): Record<Kind, Count> => ({ mutating: new Count(limits.mutating, nowMs), readOnly: new Count(limits.readOnly, nowMs) });
    this.#counts = { executing: both(), waiting: both() };
  }

  /** A request comes into a phase. Returns what it is counted in until it leaves. */
  enter(phase: Phase, info: RequestInfo): Counted {
    const count = this.#counts[phase][readVerbs.has(info.verb) ? 'readOnly' : 'mutating'];
    count.change(1, this.#clock.monotonicMs());
    return count;
  }

  leave(count: Counted): void {
    count.change(-1, this.#clock.monotonicMs());
  }

  get families(): readonly Gauge[] {
    const peaks = (phase: Phase) => (): (readonly [Labels, number])[] => (['mutating', 'readOnly'] as const).map((kind) => [{ request_kind: kind }, this.#counts[phase][kind].peak(this.#clock.monotonicMs())]);
    return [
      { name: 'apiserver_current_inflight_requests', help: '[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.', read: peaks('executing') },
      { name: 'apiserver_current_inqueue_requests', help: '[ALPHA] Maximal number of queued requests in this apiserver per request kind in last second.', read: peaks('waiting') },
      histogramFamily('apiserver_flowcontrol_read_vs_write_current_requests', '[ALPHA] Observations, at the end of every nanosecond, of the number of requests (as a fraction of the relevant limit) waiting or in regular stage of execution', () =>
        (['executing', 'waiting'] as const).flatMap((phase) => (['mutating', 'readOnly'] as const).map((kind) => {
          const count = this.#counts[phase][kind];
          count.peak(this.#clock.monotonicMs());
          return labelled({ phase, request_kind: kind }, count.ratio.histogram);
        }))),
    ];
  }
}
