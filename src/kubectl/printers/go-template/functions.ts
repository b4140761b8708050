import { KubectlError } from '../../errors.ts';
import { goValue } from '../go-value.ts';

/** A value as Go's `fmt` prints it with `%v`. */
export function goText(value: unknown): string {
  if (value === undefined) return '<no value>';
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return `[${(value as unknown[]).map(goText).join(' ')}]`;
  if (typeof value === 'object') return `map[${Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, child]) => `${key}:${goText(child)}`).join(' ')}]`;
  if (typeof value === 'number' && !Number.isInteger(value)) return goFloat(value);
  return String(value as string | number | boolean);
}

function goFloat(value: number): string {
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -4 && exponent < 21) return String(value);
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

/** Whether Go takes a value for true: empty ones are not. */
export function isTrue(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === '') return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** The Go type of a value: JSON's whole numbers are int64s. */
function goType(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'object') return 'map[string]interface {}';
  return typeof value === 'number' ? (Number.isInteger(value) ? 'int64' : 'float64') : typeof value === 'boolean' ? 'bool' : 'string';
}

function pad(text: string, flags: string, width: string): string {
  const wanted = Number(width || '0');
  if (flags.includes('-')) return text.padEnd(wanted);
  return flags.includes('0') && /^[-+]?\d/.test(text) ? text.replace(/^[-+]?/, (sign) => sign + '0'.repeat(Math.max(0, wanted - text.length))) : text.padStart(wanted);
}

/** Go's `Sprintf`, for values that JSON has. */
export function sprintf(format: string, args: readonly unknown[]): string {
  let next = 0;
  const out = format.replaceAll(/%([-+# 0]*)(\d*)(?:\.(\d+))?([a-zA-Z%])/g, (_, flags: string, width: string, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    if (next >= args.length) return `%!${verb}(MISSING)`;
    const value = args[next++];
    const shown = (): string => {
      switch (verb) {
        case 'v': return flags.includes('#') ? goValue(value) : goText(value);
        case 's': return typeof value === 'number' || typeof value === 'boolean' ? `%!s(${goType(value)}=${goText(value)})` : precision === undefined ? goText(value) : goText(value).slice(0, Number(precision));
        case 'q': return typeof value === 'number' ? `'${String.fromCodePoint(value)}'` : JSON.stringify(goText(value));
        case 'U': return `U+${Number(value).toString(16).toUpperCase().padStart(4, '0')}`;
        case 'd': return typeof value === 'number' ? `${flags.includes('+') && value >= 0 ? '+' : ''}${value}` : `%!d(${goType(value)}=${goText(value)})`;
        case 'x': return typeof value === 'number' ? value.toString(16) : Buffer.from(goText(value)).toString('hex');
        case 'X': return typeof value === 'number' ? value.toString(16).toUpperCase() : Buffer.from(goText(value)).toString('hex').toUpperCase();
        case 'o': return Number(value).toString(8);
        case 'b': return Number(value).toString(2);
        case 'f': return Number(value).toFixed(Number(precision ?? '6'));
        case 'e': return Number(value).toExponential(Number(precision ?? '6')).replace(/e([+-])(\d)$/, 'e$10$2');
        case 'g': return goText(Number(value));
        case 't': return String(value);
        case 'c': return String.fromCodePoint(Number(value));
        case 'T': return goType(value);
        default: return `%!${verb}(${goType(value)}=${goText(value)})`;
      }
    };
    return pad(shown(), flags, width);
  });
  const extra = args.slice(next);
  return extra.length === 0 ? out : `${out}%!(EXTRA ${extra.map((value) => `${goType(value)}=${goText(value)}`).join(', ')})`;
}

/** As Go's `Sprint`: spaces stand between operands of which neither is a string. */
const sprint = (args: readonly unknown[]): string => args.map((value, i) => `${i > 0 && typeof value !== 'string' && typeof args[i - 1] !== 'string' ? ' ' : ''}${goText(value)}`).join('');

function indexOf(value: unknown, keys: readonly unknown[]): unknown {
  let current = value;
  for (const key of keys) {
    if (current === undefined || current === null) throw new KubectlError('index of untyped nil');
    if (Array.isArray(current) || typeof current === 'string') {
      if (typeof key !== 'number') throw new KubectlError(`cannot index slice/array with type ${goType(key)}`);
      if (key < 0 || key >= current.length) throw new KubectlError(`index out of range: ${key}`);
      current = typeof current === 'string' ? current.charCodeAt(key) : (current as unknown[])[key];
    } else if (typeof current === 'object') {
      if (typeof key !== 'string') throw new KubectlError(`value has type ${goType(key)}; should be string`);
      current = Object.hasOwn(current, key) ? (current as Record<string, unknown>)[key] : undefined;
    } else throw new KubectlError(`can't index item of type ${goType(current)}`);
  }
  return current;
}

function order(a: unknown, b: unknown): number {
  if (typeof a !== typeof b) throw new KubectlError(`incompatible types for comparison: ${goType(a)} and ${goType(b)}`);
  if (typeof a !== 'number' && typeof a !== 'string') throw new KubectlError('invalid type for comparison');
  return a < (b as typeof a) ? -1 : a > (b as typeof a) ? 1 : 0;
}

function same(a: unknown, b: unknown): boolean {
  if (a === null || b === null || a === undefined || b === undefined) return (a ?? null) === (b ?? null);
  if (typeof a === 'object' || typeof b === 'object') throw new KubectlError(`non-comparable type ${goText(typeof a === 'object' ? a : b)}: ${goType(typeof a === 'object' ? a : b)}`);
  if (typeof a !== typeof b) throw new KubectlError(`incompatible types for comparison: ${goType(a)} and ${goType(b)}`);
  return a === b;
}

const html: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', '\'': '&#39;', '\0': '\uFFFD' };

function decoded(text: unknown): string {
  const value = goText(text);
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4 !== 0) throw new KubectlError(`base64 decode failed: illegal base64 data at input byte ${/^[A-Za-z0-9+/]*/.exec(value)![0].length}`);
  return Buffer.from(value, 'base64').toString('utf8');
}

/** What templates may call; `and` and `or` are the evaluator's, for they do not need all of their arguments. */
export const functions: Readonly<Record<string, (...args: readonly unknown[]) => unknown>> = {
  not: (value) => !isTrue(value),
  len: (value) => {
    if (typeof value === 'string') return Buffer.byteLength(value);
    if (Array.isArray(value)) return value.length;
    if (typeof value === 'object' && value !== null) return Object.keys(value).length;
    throw new KubectlError(value === undefined || value === null ? 'reflect: call of reflect.Value.Type on zero Value' : `len of type ${goType(value)}`);
  },
  index: (value, ...keys) => indexOf(value, keys),
  slice: (value, from, to) => {
    if (typeof value !== 'string' && !Array.isArray(value)) throw new KubectlError(`can't slice item of type ${goType(value)}`);
    const beyond = [from, to].find((at) => typeof at === 'number' && (at < 0 || at > value.length));
    if (beyond !== undefined) throw new KubectlError(`index out of range: ${String(beyond as number)}`);
    return value.slice((from as number | undefined) ?? 0, to as number | undefined);
  },
  print: (...args) => sprint(args),
  println: (...args) => `${args.map(goText).join(' ')}\n`,
  printf: (format, ...args) => sprintf(goText(format), args),
  html: (...args) => sprint(args).replaceAll(/[&<>"'\0]/g, (c) => html[c]!),
  js: (...args) => sprint(args).replaceAll(/[\\'"<>&=\n\r\t]/g, (c) => ({ '\\': '\\\\', '\'': '\\\'', '"': '\\"', '\n': '\\u000A', '\r': '\\u000D', '\t': '\\u0009' })[c] ?? `\\u00${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`),
  urlquery: (...args) => encodeURIComponent(sprint(args)).replaceAll('%20', '+').replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`),
  eq: (first, ...others) => others.some((other) => same(first, other)),
  ne: (a, b) => !same(a, b),
  lt: (a, b) => order(a, b) < 0,
  le: (a, b) => order(a, b) <= 0,
  gt: (a, b) => order(a, b) > 0,
  ge: (a, b) => order(a, b) >= 0,
  exists: (value, ...keys) => {
    try {
      return indexOf(value, keys) !== undefined;
    } catch {
      // What cannot be reached is not there.
      return false;
    }
  },
  base64decode: decoded,
};
