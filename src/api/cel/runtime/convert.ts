import { checkedTimestamp, checkedUint, checkedDuration } from './arithmetic.ts';
import { CelFailure, noSuchOverload } from './failure.ts';
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from './time.ts';
import { Duration, Timestamp, Uint, type CelValue } from './values.ts';

const conversionError = (from: string, to: string, detail: string): CelFailure => new CelFailure(`type conversion error from '${from}' to '${to}'${detail === '' ? '' : `: ${detail}`}`);
const invalidSyntax = (go: string, text: string): CelFailure => new CelFailure(`strconv.${go}: parsing ${JSON.stringify(text)}: invalid syntax`);

export function toInt(value: CelValue | undefined): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') {
    // The limits themselves are no doubles: what rounds to them is out of range.
    if (!Number.isFinite(value) || value <= -(2 ** 63) || value >= 2 ** 63) throw new CelFailure('integer overflow');
    return BigInt(Math.trunc(value));
  }
  if (value instanceof Uint) return inInt(value.value);
  if (value instanceof Duration) return value.nanoseconds;
  if (value instanceof Timestamp) return floorDivide(value.nanoseconds, 1_000_000_000n);
  if (typeof value === 'string') {
    if (!/^[+-]?[0-9]+$/.test(value)) throw invalidSyntax('ParseInt', value);
    return inInt(BigInt(value.startsWith('+') ? value.slice(1) : value), `strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`);
  }
  throw noSuchOverload();
}

function inInt(value: bigint, complaint = 'integer overflow'): bigint {
  if (BigInt.asIntN(64, value) !== value) throw new CelFailure(complaint);
  return value;
}

function floorDivide(a: bigint, b: bigint): bigint {
  return a >= 0n ? a / b : -((-a + b - 1n) / b);
}

export function toUint(value: CelValue | undefined): Uint {
  if (value instanceof Uint) return value;
  if (typeof value === 'bigint') return checkedUint(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || value < 0 || value >= 2 ** 64) throw new CelFailure('unsigned integer overflow');
    return new Uint(BigInt(Math.trunc(value)));
  }
  if (typeof value === 'string') {
    if (!/^[0-9]+$/.test(value)) throw invalidSyntax('ParseUint', value);
    return checkedUint(BigInt(value));
  }
  throw noSuchOverload();
}

export function toDouble(value: CelValue | undefined): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (typeof value === 'string') {
    const named = /^([+-]?)(inf|infinity|nan)$/i.exec(value);
    if (named !== null) return named[2]?.toLowerCase() === 'nan' ? Number.NaN : named[1] === '-' ? -Infinity : Infinity;
    if (!/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(value)) throw invalidSyntax('ParseFloat', value);
    return Number(value);
  }
  throw noSuchOverload();
}

export function toStringValue(value: CelValue | undefined): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return formatDouble(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Timestamp) return formatTimestamp(value);
  if (value instanceof Duration) return formatDuration(value);
  if (value instanceof Uint8Array) {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
    } catch {
      throw new CelFailure('invalid UTF-8 in bytes, cannot convert to string');
    }
  }
  throw noSuchOverload();
}

/** As Go's `%g` with as many digits as needed: with an exponent below -4 and from 6 on. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power < -4 || power >= 6) return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  return String(value);
}

export function toBoolValue(value: CelValue | undefined): boolean {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') throw noSuchOverload();
  if (['true', 'TRUE', 'True', 't', '1'].includes(value)) return true;
  if (['false', 'FALSE', 'False', 'f', '0'].includes(value)) return false;
  throw conversionError('string', 'bool', '');
}

export function toBytes(value: CelValue | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return new TextEncoder().encode(value);
  throw noSuchOverload();
}

export function toDuration(value: CelValue | undefined): Duration {
  if (value instanceof Duration) return value;
  if (typeof value === 'bigint') return checkedDuration(value);
  if (typeof value !== 'string') throw noSuchOverload();
  const parsed = parseDuration(value);
  if (parsed === undefined) throw conversionError('string', 'google.protobuf.Duration', '');
  return parsed;
}

export function toTimestamp(value: CelValue | undefined): Timestamp {
  if (value instanceof Timestamp) return value;
  if (typeof value === 'bigint') return checkedTimestamp(value * 1_000_000_000n);
  if (typeof value !== 'string') throw noSuchOverload();
  const parsed = parseTimestamp(value);
  if (parsed === undefined) throw conversionError('string', 'google.protobuf.Timestamp', '');
  return parsed;
}
