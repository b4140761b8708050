const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;
const utcSeconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Is it in UTC and whole seconds, as stored times are? Whether there is such a time is another question. */
export const isCanonicalTime = (text: string): boolean => utcSeconds.test(text);

let lastText = '';
let lastMs: number | undefined;

/** Milliseconds since the epoch of an RFC 3339 time; undefined when the text is none. Finer fractions are cut off. */
export function parseTime(text: string): number | undefined {
  // What an object tells of happened at one time, mostly.
  if (text !== lastText) {
    lastMs = read(text);
    lastText = text;
  }
  return lastMs;
}

/** Milliseconds of a time in UTC and whole seconds, which most are; NaN where this way cannot tell. */
function readPlain(text: string): number {
  if (text.length !== 20 || text[4] !== '-' || text[7] !== '-' || text[10] !== 'T' || text[13] !== ':' || text[16] !== ':' || text[19] !== 'Z') return Number.NaN;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const month = twoDigits(text, 5);
  const day = twoDigits(text, 8);
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  // The days of every month, and years that are what they say.
  if (!(year >= 100 && month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30;
  const ones = text.charCodeAt(at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function read(text: string): number | undefined {
  const plain = readPlain(text);
  if (!Number.isNaN(plain)) return plain;
  const parts = rfc3339.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = [Number(parts[1]), Number(parts[2]), Number(parts[3]), Number(parts[4]), Number(parts[5]), Number(parts[6])];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59) return undefined;
  const fractionMs = parts[7] === undefined ? 0 : Number(parts[7].slice(0, 3).padEnd(3, '0'));
  const offsetMinutes = parts[8] === undefined ? 0 : (Number(parts[9]) * 60 + Number(parts[10])) * (parts[8] === '-' ? -1 : 1);
  return Date.UTC(year, month - 1, day, hour, minute, second, fractionMs) - offsetMinutes * 60_000;
}

/** Is a time, as objects have it, later than another? Anything is later than none. */
export function isLater(text: string, other: string | undefined): boolean {
  if (other === undefined) return true;
  if (text === other) return false;
  // Both in UTC and whole seconds, as nearly all are: such texts are in the order of their times.
  if (text.length === 20 && other.length === 20) return text > other;
  return (parseTime(text) ?? 0) > (parseTime(other) ?? 0);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** `duration.HumanDuration`: two or three significant figures, `5m30s`, `3d4h`, `2y`. */
export function humanDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / 1000);
  if (seconds < -1) return '<invalid>';
  if (durationMs < 0) return '0s';
  if (seconds < 60 * 2) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 60 * 3) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 24 * 8) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`;
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.trunc(days / 365);
  if (hours < 24 * 365 * 8) return days % 365 === 0 ? `${years}y` : `${years}y${days % 365}d`;
  return `${years}y`;
}

/** How long ago a time was, as printers show it; `<unknown>` when there is none. */
export function ageOf(time: string | undefined, nowMs: number): string {
  const epochMs = time === undefined ? undefined : parseTime(time);
  return epochMs === undefined ? '<unknown>' : humanDuration(nowMs - epochMs);
}
