import { noSuchOverload } from './failure.ts';
import { CelList, CelMap, Duration, Optional, Timestamp, type CelValue } from './values.ts';

/** The argument as what the function was declared for. What is dyn is only known at run time: then `no such overload`. */
export function asString(value: CelValue | undefined): string {
  if (typeof value === 'string') return value;
  throw noSuchOverload();
}

export function asInt(value: CelValue | undefined): bigint {
  if (typeof value === 'bigint') return value;
  throw noSuchOverload();
}

/** An int that counts or indexes, as a number; beyond what a number holds it is merely very large. */
export function asIndex(value: CelValue | undefined): number {
  return Number(asInt(value));
}

export function asBool(value: CelValue | undefined): boolean {
  if (typeof value === 'boolean') return value;
  throw noSuchOverload();
}

/** The argument as an instance of the class. */
export function as<T>(kind: abstract new (...args: never[]) => T, value: CelValue | undefined): T {
  if (value instanceof kind) return value;
  throw noSuchOverload();
}

export const asList = (value: CelValue | undefined): CelList => as(CelList, value);
export const asMap = (value: CelValue | undefined): CelMap => as(CelMap, value);
export const asTimestamp = (value: CelValue | undefined): Timestamp => as(Timestamp, value);
export const asDuration = (value: CelValue | undefined): Duration => as(Duration, value);
export const asOptional = (value: CelValue | undefined): Optional => as(Optional, value);
