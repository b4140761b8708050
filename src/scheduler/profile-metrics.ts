import type { Clock } from '../base/clock.ts';
import type { Counter, Vector } from '../base/metric-vector.ts';
import type { Histogram } from '../base/metrics.ts';
import type { Plugin } from './framework/plugin.ts';
import type { Profile } from './framework/profile.ts';
import type { Refusal } from './framework/verdict.ts';

/** Upstream's name of an extension point. */
export type Point = 'PreEnqueue' | 'PreFilter' | 'Filter' | 'PostFilter' | 'PreScore' | 'Score' | 'Reserve' | 'Unreserve' | 'Permit' | 'PreBindPreFlight' | 'PreBind' | 'Bind' | 'PostBind';
/** Upstream's name of what an extension point answered. */
export type Code = 'Success' | 'Error' | 'Unschedulable' | 'UnschedulableAndUnresolvable' | 'Wait' | 'Skip';

/** What a refusal is called. */
export const codeOf = ({ retry }: Pick<Refusal, 'retry'>): Code => (retry ? 'Unschedulable' : 'UnschedulableAndUnresolvable');

/** What is counted of the pods of one profile. Whoever asks plug-ins counts it here, in series that are looked up before. */
export class ProfileMetrics {
  /** How often each plug-in was asked, in the order of the profile's lists; of nodes once for each node. */
  readonly prepared: readonly Counter[];
  readonly filtered: readonly Counter[];
  readonly scorePrepared: readonly Counter[];
  readonly scored: readonly Counter[];
  readonly #clock: Clock;
  readonly #name: string;
  readonly #durations: Vector<Histogram>;

  constructor({ schedulerName, prepare, filter, score }: Profile, { clock, evaluations, durations }: { readonly clock: Clock; readonly evaluations: Vector<Counter>; readonly durations: Vector<Histogram> }) {
    const counters = (point: Point, plugins: readonly Plugin[]): Counter[] => plugins.map(({ name }) => evaluations.with(name, point, schedulerName));
    this.prepared = counters('PreFilter', prepare);
    this.filtered = counters('Filter', filter);
    const scoring = score.map(({ plugin }) => plugin);
    // Those that do not look before they score are not told of; counting them costs nothing.
    this.scorePrepared = scoring.map((plugin) => (plugin.prepareScore === undefined ? unseen : evaluations.with(plugin.name, 'PreScore', schedulerName)));
    this.scored = counters('Score', scoring);
    this.#clock = clock;
    this.#name = schedulerName;
    this.#durations = durations;
  }

  now(): number {
    return this.#clock.monotonicMs();
  }

  /** An extension point was passed, from a time of `now` on. Returns the time that it is now: the next one's beginning. */
  passed(point: Point, code: Code, sinceMs: number): number {
    const nowMs = this.#clock.monotonicMs();
    this.#durations.with(point, code, this.#name).observe((nowMs - sinceMs) / 1000);
    return nowMs;
  }
}

const unseen: Counter = { value: 0 };
