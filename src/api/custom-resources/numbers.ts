/** Numbers, as Go's validators tell them apart and compare them. */
import type { FieldError } from '../field-error.ts';
import type { ErrorPlace } from './value-errors.ts';
import { aboveMaximum, badFactor, belowMinimum, notMultiple, outOfRange } from './value-errors.ts';

const maxInt64 = 2 ** 63;
const maxFloat32 = 3.4028234663852886e38;
const maxJsonInteger = 2 ** 53 - 1;
const epsilon = 1e-9;

/** What JSON reads as an int64 in Go; `1.0`, which Go reads as a float, cannot be told from `1` any more, nor 2^63 from the largest of them. */
export const isInteger = (value: number): boolean => Number.isInteger(value) && value >= -maxInt64 && value <= maxInt64;

/** Upstream takes a fraction that is very near to an integer for one. */
export function isNearInteger(value: number): boolean {
  if (!Number.isFinite(value) || Math.abs(value) > maxJsonInteger) return false;
  const whole = Math.trunc(value);
  return value === whole || Math.abs(value - whole) / (Math.abs(value) + Math.abs(whole)) < epsilon;
}

/** What a schema says of numbers. */
export interface NumberRules {
  /** `integer` or `number`, where that is the only type. */
  readonly type: string;
  /** `int32`, `int64`, `float`, `double`; empty: none. */
  readonly format: string;
  readonly multipleOf: number | undefined;
  readonly maximum: number | undefined;
  readonly exclusiveMaximum: boolean;
  readonly minimum: number | undefined;
  readonly exclusiveMinimum: boolean;
}

function fits(value: number, type: string, format: string): boolean {
  if (type !== 'integer') return format !== 'float' || Math.abs(value) <= maxFloat32;
  if (format === 'int32') return Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31;
  return isInteger(value);
}

function isMultiple(value: number, factor: number): boolean {
  return isNearInteger(factor < 1 ? (1 / factor) * value : value / factor);
}

/** Adds what is wrong with a number. Bounds that are no integers are cut to some for integers, as upstream does. */
export function addNumberErrors(errors: FieldError[], value: number, rules: NumberRules, placeOf: () => ErrorPlace): void {
  const { type, format, multipleOf, maximum, minimum } = rules;
  const whole = isInteger(value);
  const bound = (given: number, what: string): number => {
    if (!fits(given, type, format)) {
      errors.push(outOfRange(placeOf(), what, type, format));
      return given;
    }
    return whole ? Math.trunc(given) : given;
  };
  if (!fits(value, type, format)) errors.push(outOfRange(placeOf(), 'Checked', type, format));
  if (multipleOf !== undefined) {
    const factor = bound(multipleOf, 'MultipleOf');
    if (factor <= 0) errors.push(badFactor(placeOf(), factor));
    else if (whole && Number.isInteger(factor) ? value % factor !== 0 : !isMultiple(value, factor)) errors.push(notMultiple(placeOf(), value, factor));
  }
  if (minimum !== undefined) {
    const least = bound(minimum, 'Minimum boundary');
    if (rules.exclusiveMinimum ? value <= least : value < least) errors.push(belowMinimum(placeOf(), value, least, rules.exclusiveMinimum));
  }
  if (maximum !== undefined) {
    const most = bound(maximum, 'Maximum boundary');
    if (rules.exclusiveMaximum ? value >= most : value > most) errors.push(aboveMaximum(placeOf(), value, most, rules.exclusiveMaximum));
  }
}
