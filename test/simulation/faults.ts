import { Chance } from '../fuzz/chance.ts';

/** How often each thing goes wrong in one run: probabilities of each request or event, unless the name has a unit. */
export interface FaultRates {
  /** A request is refused before it is carried out: 429, 500, 503, 504, or no connection. */
  readonly refused: number;
  /** A request is carried out, and its answer lost. */
  readonly answerLost: number;
  /** A write is refused as in conflict, though it is not. */
  readonly conflict: number;
  /** A request, or its answer, takes long. */
  readonly slow: number;
  readonly slowMs: number;
  /** Watches are ended by the server after so long, on average; 0: never. */
  readonly watchLifeMs: number;
  /** An ended watch cannot be resumed: its revision has expired. */
  readonly watchExpired: number;
  /** A watch lags behind: its events come late, in their order. */
  readonly watchLags: number;
  readonly watchLagMs: number;
  /** An event comes twice. */
  readonly watchRepeats: number;
  /** Whoever sends a request dies of it, before or after it is carried out. */
  readonly crash: number;
  /** Something larger happens so often, on average: a machine lost, a component restarted, the store stalled. 0: never. */
  readonly disasterMs: number;
  readonly disasters: readonly Disaster[];
}

export const disasters = ['controllers restart', 'scheduler restarts', 'API server restarts', 'kubelet restarts', 'machine is lost', 'node is cut off', 'store stalls', 'store refuses', 'clock jumps'] as const;
export type Disaster = typeof disasters[number];

const none: FaultRates = { refused: 0, answerLost: 0, conflict: 0, slow: 0, slowMs: 0, watchLifeMs: 0, watchExpired: 0, watchLags: 0, watchLagMs: 0, watchRepeats: 0, crash: 0, disasterMs: 0, disasters: [] };

/**
 * What goes wrong in the run of a seed. Each run has some kinds of faults and not others: with all of them at all times,
 * nothing would ever get as far as where the rarer mistakes are.
 */
export function faultsOf(seed: number): FaultRates {
  const chance = new Chance(seed ^ 0x0fa0175);
  const sometimes = (most: number): number => (chance.happens(0.5) ? most * (0.1 + 0.9 * chance.int(100) / 100) : 0);
  const gentle = isGentle(seed);
  const chosen = disasters.filter((disaster) => chance.happens(0.45) && (!gentle || disaster === 'controllers restart' || disaster === 'scheduler restarts'));
  return {
    refused: sometimes(0.08),
    answerLost: sometimes(0.05),
    conflict: sometimes(0.08),
    slow: sometimes(0.3),
    slowMs: chance.pick([20, 300, 5000]),
    watchLifeMs: chance.pick([0, 0, 20_000, 120_000]),
    watchExpired: chance.pick([0, 0.3, 1]),
    watchLags: sometimes(0.4),
    watchLagMs: chance.pick([50, 1000, 15_000]),
    watchRepeats: sometimes(0.1),
    crash: gentle ? 0 : sometimes(0.002),
    disasterMs: chosen.length === 0 ? 0 : chance.pick([15_000, 60_000, 180_000]),
    disasters: chosen,
  };
}

/** Whether machines, kubelets and the store are well in this run, so that only controllers can take down what is up. */
export const isGentle = (seed: number): boolean => seed % 3 === 0;

/** Nothing goes wrong. */
export const calm: FaultRates = none;

/** The faults of a run as one line: those that it has. */
export function describeFaults(rates: FaultRates): string {
  return Object.entries(rates).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value !== 0)).map(([name, value]) => `${name}=${Array.isArray(value) ? `[${value.join(', ')}]` : Number(value.toPrecision(2))}`).join(' ') || 'none';
}
