import { addQuantity, compareQuantity, parseQuantity, QuantityError, subtractQuantity, type Quantity } from '../../meta/quantity.ts';
import { as, asInt, asString } from '../runtime/arguments.ts';
import { CelFailure } from '../runtime/failure.ts';
import { member, overload, type Library } from '../language/declarations.ts';
import { BOOL, DOUBLE, INT, STRING } from '../language/types.ts';
import { QUANTITY, QuantityValue } from './values.ts';
import type { CelValue } from '../runtime/values.ts';

const nanosPerUnit = 1_000_000_000n;

function read(text: string): Quantity | string {
  try {
    return parseQuantity(text);
  } catch (error) {
    if (error instanceof QuantityError) return error.message;
    throw error;
  }
}

function toQuantity(value: CelValue | undefined): QuantityValue {
  const quantity = read(asString(value));
  if (typeof quantity === 'string') throw new CelFailure(quantity);
  return new QuantityValue(quantity);
}

const of = (value: CelValue | undefined): Quantity => as(QuantityValue, value).quantity;
const ofInt = (value: CelValue | undefined): Quantity => ({ nanos: asInt(value) * nanosPerUnit, format: 'DecimalExponent' });
const sign = (order: number): bigint => BigInt(Math.sign(order));

/** The whole number it is, when it is one that fits an int. */
function whole({ nanos }: Quantity): bigint | undefined {
  const units = nanos / nanosPerUnit;
  return nanos % nanosPerUnit === 0n && BigInt.asIntN(64, units) === units ? units : undefined;
}

/** Kubernetes' quantities. */
export const quantities: Library = {
  quantity: [overload('string_to_quantity', [STRING], QUANTITY, toQuantity)],
  isQuantity: [overload('is_quantity_string', [STRING], BOOL, (text) => typeof read(asString(text)) !== 'string')],
  // Not a member, as upstream declares it.
  sign: [overload('quantity_sign', [QUANTITY], INT, (value) => sign(compareQuantity(of(value), '0')))],
  isGreaterThan: [member('quantity_is_greater_than', [QUANTITY, QUANTITY], BOOL, (a, b) => compareQuantity(of(a), of(b)) > 0)],
  isLessThan: [member('quantity_is_less_than', [QUANTITY, QUANTITY], BOOL, (a, b) => compareQuantity(of(a), of(b)) < 0)],
  compareTo: [member('quantity_compare_to', [QUANTITY, QUANTITY], INT, (a, b) => sign(compareQuantity(of(a), of(b))))],
  asApproximateFloat: [member('quantity_get_float', [QUANTITY], DOUBLE, (value) => Number(of(value).nanos) / 1e9)],
  asInteger: [member('quantity_get_int', [QUANTITY], INT, (value) => {
    const units = whole(of(value));
    if (units === undefined) throw new CelFailure('cannot convert value to integer');
    return units;
  })],
  isInteger: [member('quantity_is_integer', [QUANTITY], BOOL, (value) => whole(of(value)) !== undefined)],
  add: [
    member('quantity_add', [QUANTITY, QUANTITY], QUANTITY, (a, b) => new QuantityValue(addQuantity(of(a), of(b)))),
    member('quantity_add_int', [QUANTITY, INT], QUANTITY, (a, b) => new QuantityValue(addQuantity(of(a), ofInt(b)))),
  ],
  sub: [
    member('quantity_sub', [QUANTITY, QUANTITY], QUANTITY, (a, b) => new QuantityValue(subtractQuantity(of(a), of(b)))),
    member('quantity_sub_int', [QUANTITY, INT], QUANTITY, (a, b) => new QuantityValue(subtractQuantity(of(a), ofInt(b)))),
  ],
};
