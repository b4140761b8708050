import { add, divide, modulo, multiply, negate, subtract } from '../runtime/arithmetic.ts';
import { asBool, asDuration, asMap, asString, asTimestamp } from '../runtime/arguments.ts';
import { toBoolValue, toBytes, toDouble, toDuration, toInt, toStringValue, toTimestamp, toUint } from '../runtime/convert.ts';
import { noSuchOverload } from '../runtime/failure.ts';
import { dayOfYear, localDate } from '../runtime/time.ts';
import { CelList, CelMap, codePoints, compare, equal, TypeValue, typeNameOf, type CelValue } from '../runtime/values.ts';
import { member, overload, type Library, type Overload } from '../language/declarations.ts';
import { BOOL, BYTES, DOUBLE, DURATION, DYN, INT, listOf, mapOf, optionalOf, param, STRING, TIMESTAMP, typeOf, UINT, type CelType } from '../language/types.ts';
import { testMatch } from './regex.ts';

const A = param('A');
const B = param('B');
const listA = listOf(A);
const mapAB = mapOf(A, B);
const names = new Map<CelType, string>([[BOOL, 'bool'], [INT, 'int64'], [UINT, 'uint64'], [DOUBLE, 'double'], [STRING, 'string'], [BYTES, 'bytes'], [TIMESTAMP, 'timestamp'], [DURATION, 'duration']]);
const nameOf = (type: CelType): string => names.get(type) ?? type.name;

type Operator = (a: CelValue | undefined, b: CelValue | undefined) => CelValue;

/** One operator over pairs of types; each row is the left, the right and the result. */
function operator(prefix: string, call: Operator, ...rows: readonly (readonly [CelType, CelType, CelType])[]): Overload[] {
  return rows.map(([left, right, result]) => overload(left === right ? `${prefix}_${nameOf(left)}` : `${prefix}_${nameOf(left)}_${nameOf(right)}`, [left, right], result, call));
}

const numbers = [INT, UINT, DOUBLE] as const;
const arithmetic = (prefix: string, call: Operator, types: readonly CelType[]): Overload[] => operator(prefix, call, ...types.map((type) => [type, type, type] as const));

function ordering(prefix: string, holds: (order: number) => boolean): Overload[] {
  const call: Operator = (a = null, b = null) => holds(compare(a, b));
  const alike = [BOOL, INT, UINT, DOUBLE, STRING, BYTES, TIMESTAMP, DURATION].map((type) => [type, type, BOOL] as const);
  const mixed = numbers.flatMap((left) => numbers.filter((right) => right !== left).map((right) => [left, right, BOOL] as const));
  return operator(prefix, call, ...alike, ...mixed);
}

const isIn: Operator = (item = null, container) => {
  if (container instanceof CelList) return container.has(item);
  return asMap(container).find(item) !== undefined;
};

const sizeOf = (value: CelValue | undefined): CelValue => {
  if (typeof value === 'string') return BigInt(codePoints(value));
  if (value instanceof Uint8Array) return BigInt(value.length);
  if (value instanceof CelList || value instanceof CelMap) return BigInt(value.length);
  throw noSuchOverload();
};

const operators: Library = {
  '_&&_': [overload('logical_and', [BOOL, BOOL], BOOL)],
  '_||_': [overload('logical_or', [BOOL, BOOL], BOOL)],
  '!_': [overload('logical_not', [BOOL], BOOL, (a) => !asBool(a))],
  '@not_strictly_false': [overload('not_strictly_false', [BOOL], BOOL)],
  '_==_': [overload('equals', [A, A], BOOL, (a = null, b = null) => equal(a, b))],
  '_!=_': [overload('not_equals', [A, A], BOOL, (a = null, b = null) => !equal(a, b))],
  '_+_': [
    overload('add_bytes', [BYTES, BYTES], BYTES, add),
    ...arithmetic('add', add, [DOUBLE, DURATION]),
    ...operator('add', add, [DURATION, TIMESTAMP, TIMESTAMP], [TIMESTAMP, DURATION, TIMESTAMP]),
    ...arithmetic('add', add, [INT]),
    overload('add_list', [listA, listA], listA, add),
    ...arithmetic('add', add, [STRING, UINT]),
  ],
  '_/_': arithmetic('divide', divide, numbers),
  '_%_': arithmetic('modulo', modulo, [INT, UINT]),
  '_*_': arithmetic('multiply', multiply, numbers),
  '-_': [overload('negate_double', [DOUBLE], DOUBLE, negate), overload('negate_int64', [INT], INT, negate)],
  '_-_': [
    ...arithmetic('subtract', subtract, [DOUBLE, DURATION, INT]),
    ...operator('subtract', subtract, [TIMESTAMP, DURATION, TIMESTAMP], [TIMESTAMP, TIMESTAMP, DURATION]),
    ...arithmetic('subtract', subtract, [UINT]),
  ],
  '_<_': ordering('less', (order) => order < 0),
  '_<=_': ordering('less_equals', (order) => order <= 0),
  '_>_': ordering('greater', (order) => order > 0),
  '_>=_': ordering('greater_equals', (order) => order >= 0),
  '@in': [overload('in_list', [A, listA], BOOL, isIn), overload('in_map', [A, mapAB], BOOL, isIn)],
  size: [BYTES, listA, mapAB, STRING].flatMap((type) => [overload(`size_${type.name}`, [type], INT, sizeOf), member(`${type.name}_size`, [type], INT, sizeOf)]),
};

/** What the interpreter does itself; the checker needs to know their types. */
const selections: Library = {
  '_?_:_': [overload('conditional', [BOOL, A, A], A)],
  '_[_]': [
    overload('index_list', [listA, INT], A), overload('index_map', [mapAB, A], B),
    overload('optional_list_index_int', [optionalOf(listA), INT], optionalOf(A)), overload('optional_map_index_value', [optionalOf(mapAB), A], optionalOf(B)),
  ],
  '_[?_]': [
    overload('list_optindex_optional_int', [listA, INT], optionalOf(A)), overload('optional_list_optindex_optional_int', [optionalOf(listA), INT], optionalOf(A)),
    overload('map_optindex_optional_value', [mapAB, A], optionalOf(B)), overload('optional_map_optindex_optional_value', [optionalOf(mapAB), A], optionalOf(B)),
  ],
  '_?._': [overload('select_optional_field', [DYN, STRING], optionalOf(A))],
};

type Conversion = (value: CelValue | undefined) => CelValue;
const converters = (to: CelType, call: Conversion, from: readonly CelType[]): Overload[] => from.map((type) => overload(`${nameOf(type)}_to_${nameOf(to)}`, [type], to, call));

const conversions: Library = {
  type: [overload('type', [A], typeOf(A), (value = null) => (value instanceof TypeValue ? new TypeValue('type') : new TypeValue(typeNameOf(value))))],
  bool: converters(BOOL, toBoolValue, [BOOL, STRING]),
  bytes: converters(BYTES, toBytes, [BYTES, STRING]),
  double: converters(DOUBLE, toDouble, [DOUBLE, INT, STRING, UINT]),
  duration: converters(DURATION, toDuration, [DURATION, INT, STRING]),
  dyn: [overload('to_dyn', [A], DYN, (value = null) => value)],
  int: converters(INT, toInt, [INT, DOUBLE, DURATION, STRING, TIMESTAMP, UINT]),
  string: converters(STRING, toStringValue, [STRING, BOOL, BYTES, DOUBLE, DURATION, INT, TIMESTAMP, UINT]),
  timestamp: converters(TIMESTAMP, toTimestamp, [TIMESTAMP, INT, STRING]),
  uint: converters(UINT, toUint, [UINT, DOUBLE, INT, STRING]),
};

const text: Library = {
  contains: [member('contains_string', [STRING, STRING], BOOL, (a, b) => asString(a).includes(asString(b)))],
  endsWith: [member('ends_with_string', [STRING, STRING], BOOL, (a, b) => asString(a).endsWith(asString(b)))],
  startsWith: [member('starts_with_string', [STRING, STRING], BOOL, (a, b) => asString(a).startsWith(asString(b)))],
  matches: [overload('matches', [STRING, STRING], BOOL, (a, b) => testMatch(asString(a), asString(b))), member('matches_string', [STRING, STRING], BOOL, (a, b) => testMatch(asString(a), asString(b)))],
};

/** `t.getX()` and `t.getX('Zone')`, and of a duration where it has one. */
function part(name: string, of: (date: Date) => number, ofDuration?: bigint): Overload[] {
  const overloads = [
    member(`timestamp_to_${name}`, [TIMESTAMP], INT, (value) => BigInt(of(localDate(asTimestamp(value), undefined)))),
    member(`timestamp_to_${name}_with_tz`, [TIMESTAMP, STRING], INT, (value, zone) => BigInt(of(localDate(asTimestamp(value), asString(zone))))),
  ];
  if (ofDuration !== undefined) overloads.push(member(`duration_to_${name}`, [DURATION], INT, (value) => asDuration(value).nanoseconds / ofDuration));
  return overloads;
}

const time: Library = {
  getFullYear: part('year', (date) => date.getUTCFullYear()),
  getMonth: part('month', (date) => date.getUTCMonth()),
  getDayOfYear: part('day_of_year', dayOfYear),
  getDayOfMonth: part('day_of_month', (date) => date.getUTCDate() - 1),
  getDate: part('day_of_month_1_based', (date) => date.getUTCDate()),
  getDayOfWeek: part('day_of_week', (date) => date.getUTCDay()),
  getHours: part('hours', (date) => date.getUTCHours(), 3_600_000_000_000n),
  getMinutes: part('minutes', (date) => date.getUTCMinutes(), 60_000_000_000n),
  getSeconds: part('seconds', (date) => date.getUTCSeconds(), 1_000_000_000n),
  getMilliseconds: part('milliseconds', (date) => date.getUTCMilliseconds(), 1_000_000n),
};

/** CEL's standard functions and operators. */
export const standard: readonly Library[] = [operators, selections, conversions, text, time];
