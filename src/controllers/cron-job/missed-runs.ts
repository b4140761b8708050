import { parseTime } from '../../api/meta/time.ts';
import type { CronJob } from '../../api/types/batch/v1.ts';
import type { RunTimes } from './next-run.ts';

/** Runs that were missed are worth a word when they are more than this. */
const manyMissed = 100;
/** Clocks may differ a little: the next run is looked at so much later. */
const nextRunDelayMs = 100;

/** What is due, of runs that are not too late. */
export interface DueRun {
  /** The last run that has not been started, epoch milliseconds; undefined when there is none. */
  readonly dueMs?: number;
  /** From where on runs are looked for. */
  readonly sinceMs: number;
  readonly missed: 'none' | 'few' | 'many';
}

/** What tells which runs are due. */
type Counted = Pick<CronJob, 'metadata' | 'spec' | 'status'>;

/** A schedule that reads well and never comes, like the 31st of February. The message is upstream's. */
export class InvalidScheduleError extends Error {
  constructor() {
    super('time difference between two schedules is less than 1 second');
    this.name = 'InvalidScheduleError';
  }
}

/**
 * The last run before now that should have been started, and roughly how many were missed. Counts from the last run, or
 * the creation, and with `withinDeadline` not from before the starting deadline. Throws InvalidScheduleError.
 */
export function dueRun({ metadata, spec, status }: Counted, times: RunTimes, nowMs: number, { withinDeadline }: { readonly withinDeadline: boolean }): DueRun {
  let sinceMs = parseTime(status?.lastScheduleTime ?? metadata.creationTimestamp ?? '') ?? 0;
  if (withinDeadline && spec.startingDeadlineSeconds !== undefined) sinceMs = Math.max(sinceMs, nowMs - spec.startingDeadlineSeconds * 1000);
  const firstMs = times.next(sinceMs);
  const secondMs = firstMs === undefined ? undefined : times.next(firstMs);
  if (firstMs === undefined || secondMs === undefined) throw new InvalidScheduleError();
  if (nowMs < firstMs) return { sinceMs, missed: 'none' };
  if (nowMs < secondMs) return { sinceMs, dueMs: firstMs, missed: 'none' };
  const intervalMs = Math.round((secondMs - firstMs) / 1000) * 1000;
  if (intervalMs < 1000) throw new InvalidScheduleError();
  const count = Math.floor((nowMs - firstMs) / intervalMs) + 1;
  // One interval before the last run as it would be if all were equal; the schedule itself finds it from there.
  let dueMs: number | undefined;
  for (let atMs = times.next(firstMs + (count - 2) * intervalMs); atMs !== undefined && atMs <= nowMs; atMs = times.next(atMs)) dueMs = atMs;
  return { sinceMs, missed: count > manyMissed ? 'many' : 'few', ...(dueMs !== undefined && { dueMs }) };
}

/** Milliseconds until the next run is to be looked at; undefined when none ever comes. */
export function nextRunInMs(cronJob: Counted, times: RunTimes, nowMs: number): number | undefined {
  const nextMs = times.next(lastRunMs(cronJob, times, nowMs));
  return nextMs === undefined ? undefined : nextMs + nextRunDelayMs - nowMs;
}

function lastRunMs(cronJob: Counted, times: RunTimes, nowMs: number): number {
  try {
    const { dueMs, missed, sinceMs } = dueRun(cronJob, times, nowMs, { withinDeadline: false });
    return dueMs ?? (missed === 'none' ? sinceMs : nowMs);
  } catch (error) {
    if (!(error instanceof InvalidScheduleError)) throw error;
    return nowMs;
  }
}
