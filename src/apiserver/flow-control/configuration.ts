import type { FlowSchema, PriorityLevelConfiguration } from '../../api/types/flowcontrol/v1.ts';
import type { Clock } from '../../base/clock.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { RequestInfo } from '../request.ts';
import { allocate } from './allocation.ts';
import { catchAllName, exemptName } from '../../api/groups/flowcontrol/mandatory.ts';
import { mandatoryLevels, mandatorySchemas } from './bootstrap-objects.ts';
import type { FlowHeaders } from './flow-headers.ts';
import { FlowStats } from './flow-stats.ts';
import { levelSettings, PriorityLevel } from './priority-level.ts';
import type { Flow } from './queue-set.ts';
import { Classifier, inMatchingOrder } from './rules.ts';

/** Where requests that match one flow schema go. */
export interface FlowTarget {
  readonly level: PriorityLevel;
  readonly stats: FlowStats;
  readonly headers: FlowHeaders;
  readonly distinguish: 'ByUser' | 'ByNamespace' | undefined;
}

/** A flow schema whose `Dangling` condition does not say what is so. */
export interface DanglingChange {
  readonly schema: FlowSchema;
  readonly status: 'True' | 'False';
  readonly reason: 'Found' | 'NotFound';
  readonly message: string;
}

/** How often seats move between priority levels. */
export const adjustmentPeriodMs = 10_000;

/** The priority levels as they are now, and how a request finds its own. */
export class Configuration {
  readonly #clock: Clock;
  readonly #serverSeats: number;
  readonly #stats = new Map<string, FlowStats>();
  #levels: ReadonlyMap<string, PriorityLevel> = new Map();
  #classifier!: Classifier<FlowTarget>;
  #nominalSum = 0;
  #fairFraction = 0;
  /** When seats were moved last, and when they are to be moved next: while nobody asks for any, never. */
  #adjustedMs: number;
  #dueMs = Infinity;

  /** `serverSeats`: non-exempt requests that the server works on at a time, in all. Starts with the mandatory objects alone. */
  constructor(clock: Clock, serverSeats: number) {
    this.#clock = clock;
    this.#serverSeats = serverSeats;
    this.#adjustedMs = clock.monotonicMs();
    this.digest([], []);
  }

  get stats(): Iterable<FlowStats> {
    return this.#stats.values();
  }

  /** As they stand now. */
  get levels(): ReadonlyMap<string, PriorityLevel> {
    this.catchUp(this.#clock.monotonicMs());
    return this.#levels;
  }

  /** What each level was given of the seats that it could use beyond those that it needs, when seats were moved last. */
  get fairFraction(): number {
    this.catchUp(this.#clock.monotonicMs());
    return this.#fairFraction;
  }

  get serverSeats(): number {
    return this.#serverSeats;
  }

  classify(user: UserInfo, info: RequestInfo): FlowTarget {
    return this.#classifier.classify(user, info);
  }

  /** Takes the objects over as they stand; says which flow schemas' statuses are wrong. */
  digest(configurations: readonly PriorityLevelConfiguration[], schemas: readonly FlowSchema[]): DanglingChange[] {
    this.catchUp(this.#clock.monotonicMs());
    const levels = new Map<string, PriorityLevel>();
    for (const object of configurations) this.#adopt(levels, object);
    const referable = new Set(levels.keys());
    for (const [name, level] of this.#levels) {
      if (levels.has(name)) continue;
      const mandatory = name === exemptName || name === catchAllName;
      if (!mandatory && level.set.idle) continue;
      if (!mandatory) level.quiescing = true;
      levels.set(name, level);
    }
    for (const object of mandatoryLevels) if (!levels.has(object.metadata.name!)) this.#adopt(levels, object);
    const changes = schemas.flatMap((schema) => danglingChange(schema, referable) ?? []);

    const usable = inMatchingOrder(schemas.filter(({ spec }) => spec !== undefined && referable.has(spec.priorityLevelConfiguration.name)));
    const missing = (name: string): FlowSchema[] => (usable.some(({ metadata }) => metadata.name === name) ? [] : mandatorySchemas.filter(({ metadata }) => metadata.name === name));
    const ordered = [...missing(exemptName), ...usable, ...missing(catchAllName)];
    this.#levels = levels;
    this.#place();
    const entries = ordered.map((schema) => ({ schema, value: this.#target(schema) }));
    const used = new Set(entries.map(({ value }) => value.stats));
    for (const [key, stats] of this.#stats) if (!used.has(stats) && stats.executing === 0 && stats.waiting === 0) this.#stats.delete(key);
    this.#classifier = new Classifier(entries, entries.find(({ schema }) => schema.metadata.name === catchAllName)!.value);
    return changes;
  }

  #adopt(levels: Map<string, PriorityLevel>, object: PriorityLevelConfiguration): void {
    const settings = levelSettings(object);
    const { name = '', uid = '' } = object.metadata;
    if (settings === undefined) return;
    const level = this.#levels.get(name) ?? new PriorityLevel(name, settings, { clock: this.#clock, beforeChange: (nowMs) => this.catchUp(nowMs) });
    level.settings = settings;
    level.uid = uid;
    level.quiescing = false;
    levels.set(name, level);
  }

  #target({ metadata, spec }: FlowSchema): FlowTarget {
    const level = this.#levels.get(spec!.priorityLevelConfiguration.name)!;
    const key = `${level.name}/${metadata.name}`;
    let stats = this.#stats.get(key);
    if (stats === undefined) this.#stats.set(key, (stats = new FlowStats(level.name, metadata.name!)));
    const method = spec!.distinguisherMethod?.type;
    return {
      level,
      stats,
      headers: { schemaUid: metadata.uid ?? '', levelUid: level.uid },
      distinguish: method === 'ByUser' || method === 'ByNamespace' ? method : undefined,
    };
  }

  #place(): void {
    let shareSum = 0;
    for (const { settings } of this.#levels.values()) shareSum += settings.shares;
    this.#nominalSum = 0;
    for (const level of this.#levels.values()) {
      level.place(this.#serverSeats, shareSum);
      this.#nominalSum += level.nominal;
    }
    this.#adjust(this.#clock.monotonicMs());
  }

  /**
   * Somebody takes or wants a seat: from now on seats are moved each period, as long as somebody has one. Nothing is done
   * about it until somebody looks, or waits (see `waits`): seats that nobody waits for are as well moved later.
   */
  begin(): void {
    if (this.#dueMs !== Infinity) return;
    const nowMs = this.#clock.monotonicMs();
    const missed = Math.floor((nowMs - this.#adjustedMs) / adjustmentPeriodMs);
    if (missed > 0) {
      // Demand is forgotten as that many periods without any would have it.
      for (const { demand } of this.#levels.values()) demand.idle(missed);
      this.#adjust(nowMs);
    }
    this.#dueMs = nowMs + adjustmentPeriodMs;
  }

  /** Moves the seats for each period that has passed since. */
  catchUp(nowMs: number): void {
    while (nowMs >= this.#dueMs) {
      const dueMs = this.#dueMs;
      this.#dueMs = this.#busy ? dueMs + adjustmentPeriodMs : Infinity;
      this.#adjust(dueMs);
    }
  }

  /** When seats are moved next, monotonic milliseconds; whoever waits for one must then be seen to. */
  get dueMs(): number {
    return this.#dueMs;
  }

  /** Somebody waits for a seat. */
  get waits(): boolean {
    for (const { set } of this.#levels.values()) if (set.waiting > 0) return true;
    return false;
  }

  /** Somebody holds, or wants, a seat. */
  get #busy(): boolean {
    for (const { set } of this.#levels.values()) if (set.busy) return true;
    return false;
  }

  /** Moves seats from levels that do not need them to those that do (KEP-1040, "borrowing"). Ends a period of demand. */
  #adjust(nowMs: number): void {
    this.#adjustedMs = nowMs;
    const limited: PriorityLevel[] = [];
    let remaining = this.#nominalSum;
    let minSum = 0;
    let neededSum = 0;
    const needed = new Map<PriorityLevel, number>();
    for (const level of this.#levels.values()) {
      level.demand.close(nowMs);
      const { highWatermark } = level.demand;
      if (level.settings.exempt) {
        level.target = level.current = Math.max(level.min, highWatermark);
        remaining -= level.current;
        continue;
      }
      const least = Math.max(level.min, Math.min(level.nominal, highWatermark));
      needed.set(level, least);
      level.target = Math.max(least, level.demand.smoothed);
      limited.push(level);
      minSum += level.min;
      neededSum += least;
    }
    this.#fairFraction = 0;
    if (remaining <= minSum) for (const level of limited) level.current = level.min;
    else if (remaining <= neededSum) {
      const part = (remaining - minSum) / (neededSum - minSum);
      for (const level of limited) level.current = level.min + Math.round((needed.get(level)! - level.min) * part);
    } else {
      const found = allocate(this.#nominalSum, limited.map((level) => ({ target: level.target, lower: needed.get(level)!, upper: level.max })));
      if (found !== undefined) {
        this.#fairFraction = found.fairFraction;
        for (const [i, level] of limited.entries()) level.current = Math.round(found.shares[i]!);
      }
    }
    for (const level of this.#levels.values()) level.set.configure(level.settings.queuing, level.current, nowMs);
  }
}

/** The flow that a request belongs to. */
export function flowOf({ stats, distinguish }: FlowTarget, user: UserInfo, info: RequestInfo): Flow {
  return { stats, distinguisher: distinguish === 'ByUser' ? user.name : distinguish === 'ByNamespace' ? info.namespace : '' };
}

function danglingChange(schema: FlowSchema, levels: ReadonlySet<string>): DanglingChange | undefined {
  const name = schema.spec?.priorityLevelConfiguration.name ?? '';
  const found = levels.has(name);
  const start = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(name)}`;
  const wanted = found
    ? { status: 'False', reason: 'Found', message: `${start} and it exists` } as const
    : { status: 'True', reason: 'NotFound', message: `${start} but there is no such object` } as const;
  const condition = schema.status?.conditions?.find(({ type }) => type === 'Dangling');
  if (condition?.status === wanted.status && condition.reason === wanted.reason && condition.message === wanted.message) return undefined;
  return { schema, ...wanted };
}
