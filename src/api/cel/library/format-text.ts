import { toStringValue } from '../runtime/convert.ts';
import { CelFailure } from '../runtime/failure.ts';
import { CelList, CelMap, Duration, Timestamp, TypeValue, Uint, typeNameOf, type CelValue } from '../runtime/values.ts';

const failed = (detail: string): CelFailure => new CelFailure(detail);

/** `'%s is %d'.format([a, b])`, as cel-go's strings extension does: `%s %d %f %e %b %x %X %o %%`, with a precision. */
export function formatText(template: string, args: CelList): string {
  let next = 0;
  const text = template.replaceAll(/%(?:\.([0-9]+))?([\s\S]?)/g, (_, precision: string | undefined, verb: string) => {
    if (verb === '%' && precision === undefined) return '%';
    if (verb === '') throw failed('unexpected end of string');
    if (precision !== undefined && Number(precision) > 100) throw failed(`precision ${precision} is too large`);
    const value = args.at(next++);
    if (value === undefined) throw failed(`index ${next - 1} out of range`);
    return clause(verb, precision === undefined ? undefined : Number(precision), value);
  });
  if (next < args.length) throw failed(`too many arguments supplied to string.format() (expected ${next}, got ${args.length})`);
  return text;
}

function clause(verb: string, precision: number | undefined, value: CelValue): string {
  switch (verb) {
    case 's':
      return show(value);
    case 'd':
      return decimal(value);
    case 'f':
      return special(value) ?? grouped(number('fixed-point clause', value).toFixed(precision ?? 6));
    case 'e':
      return special(value) ?? scientific(number('scientific clause', value).toExponential(precision ?? 6));
    case 'b':
      return typeof value === 'boolean' ? (value ? '1' : '0') : integer('binary clause', value).toString(2);
    case 'o':
      return integer('octal clause', value).toString(8);
    case 'x':
      return hexadecimal(value);
    case 'X':
      return hexadecimal(value).toUpperCase();
    default:
      throw failed(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  }
}

function wrong(clauseName: string, value: CelValue): CelFailure {
  const allowed: Readonly<Record<string, string>> = {
    'decimal clause': 'integer', 'fixed-point clause': 'double', 'scientific clause': 'double', 'binary clause': 'integer and bool', 'octal clause': 'integer', 'hex clause': 'integer, byte buffer, or string',
  };
  return failed(`error during formatting: ${clauseName === 'hex clause' ? 'only integers, byte buffers, and strings can be formatted as hex' : `${clauseName} can only be used on ${allowed[clauseName] ?? 'number'}s`}, was given ${typeNameOf(value)}`);
}

function integer(clauseName: string, value: CelValue): bigint {
  if (typeof value === 'bigint') return value;
  if (value instanceof Uint) return value.value;
  throw wrong(clauseName, value);
}

function number(clauseName: string, value: CelValue): number {
  if (typeof value === 'number') return value;
  throw wrong(clauseName, value);
}

/** Numbers are written as English has them: that is the locale upstream formats in. */
const grouped = (text: string): string => text.replace(/^(-?[0-9]+)/, (whole) => whole.replace(/\B(?=(?:[0-9]{3})+$)/g, ','));

const superscripts = Array.from('⁰¹²³⁴⁵⁶⁷⁸⁹');

/** `3.14×10⁰⁵` */
function scientific(text: string): string {
  const [mantissa = '', exponent = '+0'] = text.split('e');
  const digits = Array.from(exponent.slice(1).padStart(2, '0'), (digit) => superscripts[Number(digit)] ?? digit);
  return `${mantissa}×10${exponent.startsWith('-') ? '⁻' : ''}${digits.join('')}`;
}

function special(value: CelValue): string | undefined {
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return value;
  if (typeof value !== 'number' || Number.isFinite(value)) return undefined;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

function decimal(value: CelValue): string {
  return special(value) ?? integer('decimal clause', value).toString();
}

function hexadecimal(value: CelValue): string {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
  if (bytes instanceof Uint8Array) return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return integer('hex clause', value).toString(16);
}

function show(value: CelValue): string {
  if (value === null) return 'null';
  if (value instanceof TypeValue) return value.name;
  if (value instanceof CelList) return `[${[...value].map(showInside).join(', ')}]`;
  if (value instanceof CelMap) {
    const entries = [...value.keys()].map((key) => [showInside(key), showInside(value.find(key) ?? null)] as const);
    return `{${entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, its]) => `${key}:${its}`).join(', ')}}`;
  }
  if (value instanceof Timestamp || value instanceof Duration || value instanceof Uint || value instanceof Uint8Array || typeof value !== 'object') return toStringValue(value);
  throw failed(`error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeNameOf(value)}`);
}

/** Inside a list or a map, values are written as expressions write them. */
function showInside(value: CelValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value.toFixed(6) : JSON.stringify(special(value));
  if (value instanceof Uint8Array) return `b${JSON.stringify(toStringValue(value))}`;
  if (value instanceof Timestamp) return `timestamp(${JSON.stringify(toStringValue(value))})`;
  return value instanceof Duration ? `duration(${JSON.stringify(toStringValue(value))})` : show(value);
}
