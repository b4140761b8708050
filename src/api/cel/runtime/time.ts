import { checkedDuration, checkedTimestamp } from './arithmetic.ts';
import { CelFailure } from './failure.ts';
import type { Duration, Timestamp } from './values.ts';

const units: Readonly<Record<string, bigint>> = { ns: 1n, us: 1_000n, µs: 1_000n, μs: 1_000n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n };

/** As Go's `time.ParseDuration`: `1h30m`, `-1.5s`. Undefined for anything else. */
export function parseDuration(text: string): Duration | undefined {
  const sign = /^[+-]/.test(text) ? 1 : 0;
  const body = text.slice(sign);
  if (body === '0') return checkedDuration(0n);
  if (!/^(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(body)) return undefined;
  let total = 0n;
  for (const [, whole = '', fraction = '', unit = ''] of body.matchAll(/([0-9]*)\.?([0-9]*)(ns|us|µs|μs|ms|s|m|h)/g)) {
    const scale = units[unit] ?? 1n;
    const digits = fraction.slice(0, 20);
    total += BigInt(whole === '' ? '0' : whole) * scale + (digits === '' ? 0n : (BigInt(digits) * scale) / 10n ** BigInt(digits.length));
  }
  const nanoseconds = text.startsWith('-') ? -total : total;
  return BigInt.asIntN(64, nanoseconds) === nanoseconds ? checkedDuration(nanoseconds) : undefined;
}

/** As CEL prints a duration: in seconds, `5400s`, `1.5s`. */
export function formatDuration({ nanoseconds }: Duration): string {
  const size = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  return `${nanoseconds < 0n ? '-' : ''}${size / 1_000_000_000n}${formatFraction(size % 1_000_000_000n)}s`;
}

const formatFraction = (nanoseconds: bigint): string => (nanoseconds === 0n ? '' : `.${String(nanoseconds).padStart(9, '0').replace(/0+$/, '')}`);

const rfc3339 = /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]+))?(Z|[+-][0-9]{2}:[0-9]{2})$/;

/** An RFC 3339 timestamp, or undefined. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const found = rfc3339.exec(text);
  if (found === null) return undefined;
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = '', zone = ''] = found;
  const milliseconds = utc(Number(year), Number(month), Number(day));
  if (milliseconds === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const offset = zone === 'Z' ? 0 : (offsetSeconds(zone) ?? 0);
  const seconds = milliseconds / 1000 + Number(hour) * 3600 + Number(minute) * 60 + Number(second) - offset;
  try {
    return checkedTimestamp(BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0')), offset);
  } catch {
    return undefined;
  }
}

/** `2006-01-02`, or undefined. */
export function parseDate(text: string): Timestamp | undefined {
  return /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) ? parseTimestamp(`${text}T00:00:00Z`) : undefined;
}

/** Milliseconds of the day's start; undefined when there is no such day. */
function utc(year: number, month: number, day: number): number | undefined {
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : undefined;
}

/** RFC 3339, in the zone it was written in, with as much of a fraction as there is. */
export function formatTimestamp({ nanoseconds, offsetSeconds: offset }: Timestamp): string {
  const fraction = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = (nanoseconds - fraction) / 1_000_000_000n;
  const minutes = Math.abs(offset) / 60;
  const pad = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const zone = offset === 0 ? 'Z' : `${offset < 0 ? '-' : '+'}${pad(minutes / 60)}:${pad(minutes % 60)}`;
  return `${new Date((Number(seconds) + offset) * 1000).toISOString().slice(0, 19)}${formatFraction(fraction)}${zone}`;
}

function offsetSeconds(zone: string): number | undefined {
  const found = /^([+-]?)([0-9]{2}):([0-9]{2})$/.exec(zone);
  if (found === null) return undefined;
  const size = Number(found[2]) * 3600 + Number(found[3]) * 60;
  return found[1] === '-' ? -size : size;
}

/** The parts of a timestamp in a time zone: a date whose UTC parts are the local ones. `zone` is a name or `+02:00`. */
export function localDate({ nanoseconds }: Timestamp, zone: string | undefined): Date {
  const fraction = ((nanoseconds % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const milliseconds = Number((nanoseconds - fraction) / 1_000_000n);
  if (zone === undefined || zone === 'UTC' || zone === '') return new Date(milliseconds);
  const offset = offsetSeconds(zone);
  if (offset !== undefined) return new Date(milliseconds + offset * 1000);
  return new Date(milliseconds + namedOffset(milliseconds, zone));
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** More zones than exist are not remembered. */
const maxFormats = 1000;

function namedOffset(milliseconds: number, zone: string): number {
  let format = formats.get(zone);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat('en-US', { timeZone: zone, calendar: 'iso8601', hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' });
    } catch {
      throw new CelFailure(`unknown time zone ${zone}`);
    }
    if (formats.size < maxFormats) formats.set(zone, format);
  }
  const parts = new Map(format.formatToParts(milliseconds).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return local - Math.floor(milliseconds / 1000) * 1000;
}

/** The day of the year, from 0. */
export function dayOfYear(date: Date): number {
  const start = new Date(date);
  start.setUTCMonth(0, 1);
  start.setUTCHours(0, 0, 0, 0);
  return Math.floor((date.getTime() - start.getTime()) / 86_400_000);
}
