/** Scalars that are strings in JSON and have a form of their own: checked and made canonical, with Go's errors. */
import { isCanonicalTime, parseTime } from '../meta/time.ts';

/** A text that is not of the form. The message is Go's. */
export class ScalarError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ScalarError';
  }
}

const secondsLayout = '2006-01-02T15:04:05Z07:00';
const microLayout = '2006-01-02T15:04:05.000000Z07:00';

/** Go names the element of the layout at which it gave up, and what was left of the text. */
function timeError(text: string, layout: string): ScalarError {
  const elements: [string, RegExp][] = [
    ['2006', /^\d{4}/], ['-', /^-/], ['01', /^\d\d/], ['-', /^-/], ['02', /^\d\d/], ['T', /^T/], ['15', /^\d\d/], [':', /^:/], ['04', /^\d\d/], [':', /^:/], ['05', /^\d\d/],
    ...(layout === microLayout ? [['.000000', /^\.\d{6}(?!\d)/] as [string, RegExp]] : []),
    ['Z07:00', layout === microLayout ? /^(Z|[+-]\d\d:\d\d)/ : /^([.,]\d+)?(Z|[+-]\d\d:\d\d)/],
  ];
  const quoted = JSON.stringify(text);
  let rest = text;
  for (const [name, pattern] of elements) {
    const match = pattern.exec(rest);
    if (match === null) return new ScalarError(`parsing time ${quoted} as "${layout}": cannot parse ${JSON.stringify(rest)} as "${name}"`);
    rest = rest.slice(match[0].length);
  }
  if (rest !== '') return new ScalarError(`parsing time ${quoted}: extra text: ${JSON.stringify(rest)}`);
  const [month, day, hour, minute, second] = [text.slice(5, 7), text.slice(8, 10), text.slice(11, 13), text.slice(14, 16), text.slice(17, 19)].map(Number) as [number, number, number, number, number];
  const part = month < 1 || month > 12 ? 'month' : hour > 23 ? 'hour' : minute > 59 ? 'minute' : second > 59 ? 'second' : day < 1 || day > 0 ? 'day' : 'time';
  return new ScalarError(`parsing time ${quoted}: ${part} out of range`);
}

const utcMicros = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const withMicros = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(\d{6})(?:Z|[+-]\d\d:\d\d)$/;

const isoSeconds = (ms: number): string => isoOf(ms).slice(0, 19);
/** A Date is only a calendar here: nothing reads the clock. */
const isoOf = (ms: number): string => new Date(ms).toISOString();

/** metav1.Time: RFC 3339, kept in UTC and whole seconds. Throws ScalarError. */
export function canonicalTime(text: string): string {
  const ms = parseTime(text);
  if (ms === undefined) throw timeError(text, secondsLayout);
  return isCanonicalTime(text) ? text : `${isoSeconds(Math.floor(ms / 1000) * 1000)}Z`;
}

/** metav1.MicroTime: exactly six digits of fraction, as upstream insists; kept in UTC. Throws ScalarError. */
export function canonicalMicroTime(text: string): string {
  const ms = parseTime(text);
  const micros = withMicros.exec(text)?.[1];
  if (ms === undefined || micros === undefined) throw timeError(text, microLayout);
  return utcMicros.test(text) ? text : `${isoSeconds(Math.floor(ms / 1000) * 1000)}.${micros}Z`;
}

/** metav1.Duration: what Go's time.ParseDuration takes. Kept as written. Throws ScalarError. */
export function canonicalDuration(text: string): string {
  if (text === '0' || /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*$/.test(text)) return text;
  throw new ScalarError(`time: invalid duration ${JSON.stringify(text)}`);
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Past this a regular expression over groups would run deep; a plain class does not. */
const longText = 4096;
const base64Long = /^[A-Za-z0-9+/]*={0,2}$/;

/** Standard base64 with padding; line breaks are taken out as Go does. Throws ScalarError. */
export function checkBase64(text: string): string {
  const plain = text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]/g, '') : text;
  const good = plain.length % 4 === 0 && (plain.length > longText ? base64Long.test(plain) : base64.test(plain));
  if (!good) throw new ScalarError(`illegal base64 data at input byte ${base64ErrorOffset(plain)}`);
  return plain;
}

/** Go names the byte at which it gave up; for an end that comes too early, the start of the last quantum that is whole. */
function base64ErrorOffset(text: string): number {
  const bad = text.search(/[^A-Za-z0-9+/]/);
  if (bad < 0) return text.length - (text.length % 4);
  if (text[bad] !== '=' || bad % 4 < 2) return bad;
  const needed = 4 - (bad % 4);
  const padding = /^=*/.exec(text.slice(bad))![0].length;
  return padding < needed && bad + padding === text.length ? text.length : bad + Math.min(padding, needed);
}
