import type { PriorityLevelConfiguration } from '../../api/types/flowcontrol/v1.ts';
import type { Clock } from '../../base/clock.ts';
import { exemptName } from '../../api/groups/flowcontrol/mandatory.ts';
import { entropyBits } from './hand.ts';
import type { Queuing } from './queue-set.ts';
import { QueueSet } from './queue-set.ts';
import { RetryAfter } from './retry-after.ts';
import { SeatDemand } from './seat-demand.ts';

const maxEntropyBits = 60;
const maxQueues = 2 ** 26;

/** What a priority level's object says, checked and made ready. Percentages of the level's own nominal seats. */
export interface LevelSettings {
  readonly exempt: boolean;
  readonly queuing: Queuing | undefined;
  readonly shares: number;
  readonly lendablePercent: number;
  /** Undefined: as much as there is. */
  readonly borrowingPercent: number | undefined;
}

/** Undefined for an object that contradicts itself: it counts as if it were not there, as upstream has it. */
export function levelSettings({ metadata, spec }: PriorityLevelConfiguration): LevelSettings | undefined {
  const limited = spec?.limited;
  const exempt = spec?.exempt;
  if (spec === undefined || (spec.type === 'Limited') !== (limited !== undefined) || (spec.type === 'Exempt') !== (exempt !== undefined)) return undefined;
  if ((spec.type === 'Exempt') !== (metadata.name === exemptName)) return undefined;
  if (exempt !== undefined) return { exempt: true, queuing: undefined, shares: exempt.nominalConcurrencyShares ?? 0, lendablePercent: exempt.lendablePercent ?? 0, borrowingPercent: undefined };
  if (limited === undefined) return undefined;
  const response = limited.limitResponse;
  if ((response?.type === 'Queue') !== (response?.queuing !== undefined)) return undefined;
  const { queues = 64, handSize = 8, queueLengthLimit = 50 } = response?.queuing ?? {};
  if (queues <= 0 || handSize <= 0 || handSize > queues || queues > maxQueues || entropyBits(queues, handSize) > maxEntropyBits) return undefined;
  return {
    exempt: false,
    queuing: response?.queuing === undefined ? undefined : { queues, handSize, queueLengthLimit },
    shares: limited.nominalConcurrencyShares ?? 30,
    lendablePercent: limited.lendablePercent ?? 0,
    borrowingPercent: limited.borrowingLimitPercent,
  };
}

/** One priority level: its share of the server's seats, which moves with what it and others need. */
export class PriorityLevel {
  readonly name: string;
  readonly demand: SeatDemand;
  readonly set: QueueSet;
  readonly retryAfter = new RetryAfter();
  uid = '';
  settings: LevelSettings;
  /** No object speaks for it any more: it goes once nobody is in it. */
  quiescing = false;
  /** Seats: by configuration, the least, the most, and what it has now. */
  nominal = 0;
  min = 0;
  max = 0;
  current = 0;
  /** What one request may take at most; 0: no limit of the level's own. */
  maxSeats = 0;
  /** What the last adjustment aimed at. */
  target = 0;
  #placed = false;

  /** `beforeChange`: as `QueueSet` has it. */
  constructor(name: string, settings: LevelSettings, { clock, beforeChange }: { readonly clock: Clock; readonly beforeChange: (nowMs: number) => void }) {
    this.name = name;
    this.settings = settings;
    this.demand = new SeatDemand(clock.monotonicMs());
    this.set = new QueueSet(clock, this.demand, { exempt: settings.exempt, beforeChange });
  }

  /** Takes its part of `serverSeats`, of which there are `shareSum` shares. */
  place(serverSeats: number, shareSum: number): void {
    const { shares, lendablePercent, borrowingPercent, queuing } = this.settings;
    this.nominal = shareSum === 0 ? 0 : Math.ceil((serverSeats * shares) / shareSum);
    const lendable = Math.round((this.nominal * lendablePercent) / 100);
    this.min = this.nominal - lendable;
    this.max = this.nominal + (borrowingPercent === undefined ? serverSeats : Math.round((this.nominal * borrowingPercent) / 100));
    this.maxSeats = queuing === undefined ? 0 : Math.max(1, Math.min(Math.ceil(this.nominal * 0.15), Math.floor(this.nominal / queuing.handSize)));
    if (!this.#placed) this.current = this.nominal - Math.trunc(lendable / 2);
    this.#placed = true;
  }
}
