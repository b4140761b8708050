import { Histogram } from '../metrics/histogram.ts';

const durationBounds = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
const lengthBounds = [0, 10, 25, 50, 100, 250, 500, 1000];
const seatBounds = [1, 2, 4, 8, 16, 32, 64, 100];
const watchBounds = [0, 1, 10, 100, 1000, 10_000];

export type RejectReason = 'concurrency-limit' | 'queue-full' | 'time-out';

/** What became of the requests of one flow schema in one priority level. */
export class FlowStats {
  readonly level: string;
  readonly schema: string;
  /** Requests that were answered at once, which neither waited nor held a seat. */
  immediate = 0;
  /** Of those, watches. */
  immediateWatches = 0;
  /** Requests that ran with a seat. */
  dispatched = 0;
  noAccommodation = 0;
  waiting = 0;
  waitingSeats = 0;
  executing = 0;
  executingSeats = 0;
  readonly rejected: Record<RejectReason, number> = { 'concurrency-limit': 0, 'queue-full': 0, 'time-out': 0 };
  readonly waitedToRun = new Histogram(durationBounds);
  readonly waitedInVain = new Histogram(durationBounds);
  readonly execution = new Histogram(durationBounds);
  readonly watchExecution = new Histogram(durationBounds);
  readonly queueLength = new Histogram(lengthBounds);
  /** Of requests that asked for more than one seat, or held one. */
  readonly seats = new Histogram(seatBounds);
  readonly watchers = new Histogram(watchBounds);

  constructor(level: string, schema: string) {
    this.level = level;
    this.schema = schema;
  }
}
