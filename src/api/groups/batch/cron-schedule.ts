/** Cron's five fields and its descriptors, read as robfig/cron's ParseStandard reads them, with its errors. */

/** When a cron job is due: each set holds the values of its field that match. */
export interface CronSchedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly daysOfMonth: ReadonlySet<number>;
  /** 1 is January. */
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly daysOfWeek: ReadonlySet<number>;
  /** `*` or `?` stands in both day fields or in one: then both must match; otherwise either does. */
  readonly anyDayOfMonth: boolean;
  readonly anyDayOfWeek: boolean;
}

/** Due again after a fixed time, as `@every 1h30m` says. */
export interface CronInterval {
  readonly everyMs: number;
}

/** A text that is no schedule. The message is upstream's. */
export class CronError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CronError';
  }
}

interface Bounds { readonly min: number; readonly max: number; readonly names: readonly string[] }

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const minuteBounds: Bounds = { min: 0, max: 59, names: [] };
const hourBounds: Bounds = { min: 0, max: 23, names: [] };
const dayOfMonthBounds: Bounds = { min: 1, max: 31, names: [] };
const monthBounds: Bounds = { min: 1, max: 12, names: monthNames };
const dayOfWeekBounds: Bounds = { min: 0, max: 6, names: dayNames };

function parseNumber(text: string): number {
  if (!/^[+-]?[0-9]+$/.test(text)) throw new CronError(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const number = Number(text);
  if (number < 0) throw new CronError(`negative number (${number}) not allowed: ${text}`);
  return number;
}

function parseValue(text: string, { min, names }: Bounds): number {
  const index = names.indexOf(text.toLowerCase());
  return index < 0 ? parseNumber(text) : index + min;
}

const isAny = (text: string): boolean => text === '*' || text === '?';

interface Range { start: number; end: number; single: boolean }

function parseEnds(lowAndHigh: readonly string[], expression: string, bounds: Bounds): Range {
  const [low = '', high] = lowAndHigh;
  if (isAny(low)) return { start: bounds.min, end: bounds.max, single: false };
  const start = parseValue(low, bounds);
  if (high === undefined) return { start, end: start, single: true };
  if (lowAndHigh.length > 2) throw new CronError(`too many hyphens: ${expression}`);
  return { start, end: parseValue(high, bounds), single: false };
}

function addRange(values: Set<number>, expression: string, bounds: Bounds): void {
  const rangeAndStep = expression.split('/');
  const range = rangeAndStep[0]!;
  const { start, end: last, single } = parseEnds(range.split('-'), expression, bounds);
  let end = last;
  let step = 1;
  if (rangeAndStep.length === 2) {
    step = parseNumber(rangeAndStep[1]!);
    // "N/step" means "from N on".
    if (single) end = bounds.max;
  } else if (rangeAndStep.length > 2) {
    throw new CronError(`too many slashes: ${expression}`);
  }
  if (start < bounds.min) throw new CronError(`beginning of range (${start}) below minimum (${bounds.min}): ${expression}`);
  if (end > bounds.max) throw new CronError(`end of range (${end}) above maximum (${bounds.max}): ${expression}`);
  if (start > end) throw new CronError(`beginning of range (${start}) beyond end of range (${end}): ${expression}`);
  if (step === 0) throw new CronError(`step of range should be a positive number: ${expression}`);
  for (let value = start; value <= end; value += step) values.add(value);
}

function parseField(text: string, bounds: Bounds): Set<number> {
  const values = new Set<number>();
  for (const expression of text.split(',')) if (expression !== '') addRange(values, expression, bounds);
  return values;
}

const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *', '@annually': '0 0 1 1 *', '@monthly': '0 0 1 * *', '@weekly': '0 0 * * 0', '@daily': '0 0 * * *', '@midnight': '0 0 * * *', '@hourly': '0 * * * *',
};
const units: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, 'µs': 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function parseInterval(text: string): CronInterval {
  const parts = [...text.matchAll(/([0-9]*\.?[0-9]+)(ns|us|µs|ms|s|m|h)/g)];
  if (text === '' || parts.map(([part]) => part).join('') !== text) throw new CronError(`failed to parse duration @every ${text}: time: invalid duration ${JSON.stringify(text)}`);
  const everyMs = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * units[unit!]!, 0);
  // Whole seconds, and at least one.
  return { everyMs: Math.max(1000, Math.floor(everyMs / 1000) * 1000) };
}

/** Does this runtime know the time zone? */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Reads a schedule. A `TZ=` or `CRON_TZ=` before it is checked and otherwise ignored. Throws CronError. */
export function parseCronSchedule(text: string): CronSchedule | CronInterval {
  if (text === '') throw new CronError('empty spec string');
  let rest = text;
  if (text.startsWith('TZ=') || text.startsWith('CRON_TZ=')) {
    const space = text.indexOf(' ');
    const zone = text.slice(text.indexOf('=') + 1, space < 0 ? text.length : space);
    if (zone !== '' && zone !== 'Local' && !isTimeZone(zone)) throw new CronError(`provided bad location ${zone}: unknown time zone ${zone}`);
    rest = space < 0 ? '' : text.slice(space).trim();
  }
  if (rest.startsWith('@every ')) return parseInterval(rest.slice('@every '.length));
  if (rest.startsWith('@')) {
    const meant = descriptors[rest];
    if (meant === undefined) throw new CronError(`unrecognized descriptor: ${rest}`);
    rest = meant;
  }
  const fields = rest.trim().split(/\s+/).filter((field) => field !== '');
  if (fields.length !== 5) throw new CronError(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`);
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = fields;
  const isOpen = (field: string): boolean => field.split(',').some((part) => isAny(part.split('/')[0]!.split('-')[0]!) && (part.split('/')[1] ?? '1') === '1');
  return {
    minutes: parseField(minute, minuteBounds),
    hours: parseField(hour, hourBounds),
    daysOfMonth: parseField(dayOfMonth, dayOfMonthBounds),
    months: parseField(month, monthBounds),
    daysOfWeek: parseField(dayOfWeek, dayOfWeekBounds),
    anyDayOfMonth: isOpen(dayOfMonth),
    anyDayOfWeek: isOpen(dayOfWeek),
  };
}
