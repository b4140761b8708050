import type { CronInterval, CronSchedule } from '../../api/groups/batch/cron-schedule.ts';
import type { Zone } from './zoned-time.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;
/** A schedule that matches nothing for so long matches nothing. */
const maxYears = 5;

/** When a schedule is due. */
export interface RunTimes {
  /** The first time after a moment, epoch milliseconds; undefined when there is none within five years. */
  next(afterMs: number): number | undefined;
}

/**
 * The times of a schedule in a zone, as robfig/cron computes them: in an hour that is skipped in spring nothing is due,
 * and what falls into an hour that is shown twice in autumn is due twice if it is due each hour.
 */
export function runTimes(schedule: CronSchedule | CronInterval, zone: Zone): RunTimes {
  if ('everyMs' in schedule) return { next: (afterMs) => afterMs - (((afterMs % 1000) + 1000) % 1000) + schedule.everyMs };
  let [last, before]: (Answer | undefined)[] = [];
  return {
    next(afterMs) {
      const known = last?.afterMs === afterMs ? last : before?.afterMs === afterMs ? before : undefined;
      if (known !== undefined) return known.nextMs;
      const nextMs = nextMatch(schedule, zone, afterMs);
      [last, before] = [{ afterMs, nextMs }, last];
      return nextMs;
    },
  };
}

/**
 * Each sync asks about the same two moments: the last run and the one after it. Nothing follows for moments between
 * them: where clocks are set back by half an hour, what is due next depends on where it is counted from.
 */
interface Answer { readonly afterMs: number; readonly nextMs: number | undefined }

/**
 * Looks at month, day, hour and minute in turn. When one does not match it is counted up, with all below it at their
 * start; when that carries over into the one above, everything is looked at again.
 */
function nextMatch(schedule: CronSchedule, zone: Zone, afterMs: number): number | undefined {
  // The upcoming second.
  const startMs = Math.floor(afterMs / 1000) * 1000 + 1000;
  const lastYear = zone.read(startMs).year + maxYears;
  const search: Search = { schedule, zone, atMs: startMs, moved: false };
  while (zone.read(search.atMs).year <= lastYear) {
    if (findMonth(search) && findDay(search) && findHour(search) && findMinute(search) && findSecond(search)) return search.atMs;
  }
  return undefined;
}

interface Search {
  readonly schedule: CronSchedule;
  readonly zone: Zone;
  atMs: number;
  /** Has something been counted up? Then all below is at its start. */
  moved: boolean;
}

/** Each of these answers false when it carried over. */
function findMonth(search: Search): boolean {
  const { schedule, zone } = search;
  for (let now = zone.read(search.atMs); !schedule.months.has(now.month); now = zone.read(search.atMs)) {
    if (!search.moved) now = zone.read(zone.at(now.year, now.month, 1));
    search.moved = true;
    search.atMs = zone.at(now.year, now.month + 1, now.day, now.hour, now.minute, now.second);
    if (zone.read(search.atMs).month === 1) return false;
  }
  return true;
}

function dayMatches({ daysOfMonth, daysOfWeek, anyDayOfMonth, anyDayOfWeek }: CronSchedule, day: number, weekday: number): boolean {
  const [inMonth, inWeek] = [daysOfMonth.has(day), daysOfWeek.has(weekday)];
  return anyDayOfMonth || anyDayOfWeek ? inMonth && inWeek : inMonth || inWeek;
}

function findDay(search: Search): boolean {
  const { schedule, zone } = search;
  for (let now = zone.read(search.atMs); !dayMatches(schedule, now.day, now.weekday); now = zone.read(search.atMs)) {
    if (!search.moved) now = zone.read(zone.at(now.year, now.month, now.day));
    search.moved = true;
    search.atMs = zone.at(now.year, now.month, now.day + 1, now.hour, now.minute, now.second);
    // There are zones where midnight is skipped on some days.
    const { hour: shown } = zone.read(search.atMs);
    if (shown !== 0) search.atMs += (shown > 12 ? 24 - shown : -shown) * hourMs;
    if (zone.read(search.atMs).day === 1) return false;
  }
  return true;
}

function findHour(search: Search): boolean {
  const { schedule, zone } = search;
  for (let now = zone.read(search.atMs); !schedule.hours.has(now.hour); now = zone.read(search.atMs)) {
    if (!search.moved) search.atMs = zone.at(now.year, now.month, now.day, now.hour);
    search.moved = true;
    search.atMs += hourMs;
    if (zone.read(search.atMs).hour === 0) return false;
  }
  return true;
}

function findMinute(search: Search): boolean {
  const { schedule, zone } = search;
  for (let now = zone.read(search.atMs); !schedule.minutes.has(now.minute); now = zone.read(search.atMs)) {
    if (!search.moved) search.atMs = Math.floor(search.atMs / minuteMs) * minuteMs;
    search.moved = true;
    // The next minute of the hour that matches, else the end of the hour.
    let minute = now.minute + 1;
    while (minute < 60 && !schedule.minutes.has(minute)) minute++;
    search.atMs += (minute - now.minute) * minuteMs;
    if (zone.read(search.atMs).minute === 0) return false;
  }
  return true;
}

/** Schedules are due in whole minutes. */
function findSecond(search: Search): boolean {
  if (search.atMs % minuteMs === 0) return true;
  search.moved = true;
  search.atMs = Math.ceil(search.atMs / minuteMs) * minuteMs;
  return false;
}
