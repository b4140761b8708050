import { CelFailure, noSuchOverload } from './failure.ts';
import { CelList, Duration, Timestamp, Uint, type CelValue } from './values.ts';

const minInt = -(2n ** 63n);
const maxInt = 2n ** 63n - 1n;
const maxUint = 2n ** 64n - 1n;
/** The years 1 to 9999. */
const minTimestamp = -62_135_596_800n * 1_000_000_000n;
const maxTimestamp = 253_402_300_799n * 1_000_000_000n + 999_999_999n;

/** The int, unless it is too large for one. */
export function checkedInt(value: bigint): bigint {
  if (value > maxInt || value < minInt) throw new CelFailure('integer overflow');
  return value;
}

export function checkedUint(value: bigint): Uint {
  if (value > maxUint || value < 0n) throw new CelFailure('unsigned integer overflow');
  return new Uint(value);
}

export function checkedDuration(nanoseconds: bigint): Duration {
  if (nanoseconds > maxInt || nanoseconds < minInt) throw new CelFailure('integer overflow');
  return new Duration(nanoseconds);
}

export function checkedTimestamp(nanoseconds: bigint, offsetSeconds = 0): Timestamp {
  if (nanoseconds > maxTimestamp || nanoseconds < minTimestamp) throw new CelFailure('timestamp overflow');
  return new Timestamp(nanoseconds, offsetSeconds);
}

export function add(a: CelValue | undefined, b: CelValue | undefined): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') return checkedInt(a + b);
  if (typeof a === 'string' && typeof b === 'string') return a + b;
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a instanceof CelList && b instanceof CelList) return a.concat(b);
  if (a instanceof Uint && b instanceof Uint) return checkedUint(a.value + b.value);
  if (a instanceof Duration && b instanceof Duration) return checkedDuration(a.nanoseconds + b.nanoseconds);
  if (a instanceof Duration && b instanceof Timestamp) return checkedTimestamp(a.nanoseconds + b.nanoseconds, b.offsetSeconds);
  if (a instanceof Timestamp && b instanceof Duration) return checkedTimestamp(a.nanoseconds + b.nanoseconds, a.offsetSeconds);
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    const joined = new Uint8Array(a.length + b.length);
    joined.set(a);
    joined.set(b, a.length);
    return joined;
  }
  throw noSuchOverload();
}

export function subtract(a: CelValue | undefined, b: CelValue | undefined): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') return checkedInt(a - b);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (a instanceof Uint && b instanceof Uint) return checkedUint(a.value - b.value);
  if (a instanceof Duration && b instanceof Duration) return checkedDuration(a.nanoseconds - b.nanoseconds);
  if (a instanceof Timestamp && b instanceof Duration) return checkedTimestamp(a.nanoseconds - b.nanoseconds, a.offsetSeconds);
  if (a instanceof Timestamp && b instanceof Timestamp) return checkedDuration(a.nanoseconds - b.nanoseconds);
  throw noSuchOverload();
}

export function multiply(a: CelValue | undefined, b: CelValue | undefined): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') return checkedInt(a * b);
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  if (a instanceof Uint && b instanceof Uint) return checkedUint(a.value * b.value);
  throw noSuchOverload();
}

export function divide(a: CelValue | undefined, b: CelValue | undefined): CelValue {
  if (typeof a === 'number' && typeof b === 'number') return a / b;
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    if (b === 0n) throw new CelFailure('division by zero');
    return checkedInt(a / b);
  }
  if (a instanceof Uint && b instanceof Uint) {
    if (b.value === 0n) throw new CelFailure('division by zero');
    return new Uint(a.value / b.value);
  }
  throw noSuchOverload();
}

export function modulo(a: CelValue | undefined, b: CelValue | undefined): CelValue {
  if (typeof a === 'bigint' && typeof b === 'bigint') {
    if (b === 0n) throw new CelFailure('modulus by zero');
    if (a === minInt && b === -1n) throw new CelFailure('integer overflow');
    return a % b;
  }
  if (a instanceof Uint && b instanceof Uint) {
    if (b.value === 0n) throw new CelFailure('modulus by zero');
    return new Uint(a.value % b.value);
  }
  throw noSuchOverload();
}

export function negate(a: CelValue | undefined): CelValue {
  if (typeof a === 'bigint') return checkedInt(-a);
  if (typeof a === 'number') return -a;
  throw noSuchOverload();
}
