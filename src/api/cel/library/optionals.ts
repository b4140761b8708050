import { asBool, asList, asOptional } from '../runtime/arguments.ts';
import { CelFailure } from '../runtime/failure.ts';
import { CelObject, Duration, Optional, optionalNone, Timestamp, Uint, ValueList, type CelValue } from '../runtime/values.ts';
import { member, overload, type Library } from '../language/declarations.ts';
import { BOOL, listOf, optionalOf, param } from '../language/types.ts';

const V = param('V');
const optionalV = optionalOf(V);

/** The start of the year 1, which is Go's zero time. */
const firstTimestamp = -62_135_596_800n * 1_000_000_000n;

/** Whether the value is what its type starts with: nothing, none, empty. */
function isZero(value: CelValue): boolean {
  switch (typeof value) {
    case 'string':
      return value === '';
    case 'number':
      return value === 0;
    case 'bigint':
      return value === 0n;
    case 'boolean':
      return !asBool(value);
    default:
      if (value === null) return true;
      if (value instanceof Uint8Array) return value.length === 0;
      if (value instanceof Uint) return value.value === 0n;
      if (value instanceof Duration) return value.nanoseconds === 0n;
      if (value instanceof Timestamp) return value.nanoseconds === firstTimestamp;
      return value instanceof CelObject && value.size() === 0;
  }
}

const unwrap = (list: CelValue | undefined): CelValue => new ValueList([...asList(list)].flatMap((one) => asOptional(one).value ?? []));

/** Optional values, as cel-go's newest version of them. `or` and `orValue` are evaluated by the interpreter. */
export const optionals: Library = {
  'optional.of': [overload('optional_of', [V], optionalV, (value = null) => new Optional(value))],
  'optional.ofNonZeroValue': [overload('optional_ofNonZeroValue', [V], optionalV, (value = null) => (isZero(value) ? optionalNone : new Optional(value)))],
  'optional.none': [overload('optional_none', [], optionalV, () => optionalNone)],
  'optional.unwrap': [overload('optional_unwrap', [listOf(optionalV)], listOf(V), unwrap)],
  unwrapOpt: [member('optional_unwrapOpt', [listOf(optionalV)], listOf(V), unwrap)],
  value: [member('optional_value', [optionalV], V, (optional) => {
    const { value } = asOptional(optional);
    if (value === undefined) throw new CelFailure('optional.none() dereference');
    return value;
  })],
  hasValue: [member('optional_hasValue', [optionalV], BOOL, (optional) => asOptional(optional).value !== undefined)],
  or: [member('optional_or_optional', [optionalV, optionalV], optionalV)],
  orValue: [member('optional_orValue_value', [optionalV, V], V)],
};
