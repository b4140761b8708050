import { add } from '../runtime/arithmetic.ts';
import { asIndex, asInt, asList } from '../runtime/arguments.ts';
import { CelFailure, CostExceeded } from '../runtime/failure.ts';
import { CelList, compare, Duration, equal, Optional, optionalNone, typeNameOf, Uint, ValueList, ValueMap, type CelValue } from '../runtime/values.ts';
import { member, overload, type Library, type Overload } from '../language/declarations.ts';
import { BOOL, BYTES, DOUBLE, DURATION, DYN, INT, listOf, mapOf, optionalOf, param, STRING, TIMESTAMP, UINT, type CelType } from '../language/types.ts';

const T = param('T');
const listT = listOf(T);
/** A range longer than this costs more than any expression may. */
const maxRange = 1_000_000;

const comparable: readonly (readonly [string, CelType])[] = [['int', INT], ['uint', UINT], ['double', DOUBLE], ['bool', BOOL], ['duration', DURATION], ['timestamp', TIMESTAMP], ['string', STRING], ['bytes', BYTES]];
const summable: readonly (readonly [string, CelType, CelValue])[] = [['int', INT, 0n], ['uint', UINT, new Uint(0n)], ['double', DOUBLE, 0], ['duration', DURATION, new Duration(0n)]];

const isSorted = (list: CelValue | undefined): CelValue => {
  let previous: CelValue | undefined;
  for (const item of asList(list)) {
    if (previous !== undefined && compare(previous, item) > 0) return false;
    previous = item;
  }
  return true;
};

function extreme(name: string, better: (order: number) => boolean): (list: CelValue | undefined) => CelValue {
  return (list) => {
    let best: CelValue | undefined;
    for (const item of asList(list)) if (best === undefined || better(compare(item, best))) best = item;
    if (best === undefined) throw new CelFailure(`${name} called on empty list`);
    return best;
  };
}

const forEachComparable = (id: (name: string) => string, result: (type: CelType) => CelType, call: (list: CelValue | undefined) => CelValue): Overload[] =>
  comparable.map(([name, type]) => member(id(name), [listOf(type)], result(type), call));

function indexOf(list: CelValue | undefined, wanted: CelValue = null): bigint {
  const all = asList(list);
  for (let i = 0; i < all.length; i++) if (equal(all.at(i) ?? null, wanted)) return BigInt(i);
  return -1n;
}

function lastIndexOf(list: CelValue | undefined, wanted: CelValue = null): bigint {
  const all = asList(list);
  for (let i = all.length - 1; i >= 0; i--) if (equal(all.at(i) ?? null, wanted)) return BigInt(i);
  return -1n;
}

/** Kubernetes' own functions on lists. */
export const lists: Library = {
  isSorted: forEachComparable((name) => `list_${name}_is_sorted_bool`, () => BOOL, isSorted),
  sum: summable.map(([name, type, zero]) => member(`list_${name}_sum_${name}`, [listOf(type)], type, (list) => [...asList(list)].reduce<CelValue>((total, item) => add(total, item), zero))),
  max: forEachComparable((name) => `list_${name}_max_${name}`, (type) => type, extreme('max', (order) => order > 0)),
  min: forEachComparable((name) => `list_${name}_min_${name}`, (type) => type, extreme('min', (order) => order < 0)),
  indexOf: [member('list_a_index_of_int', [listT, T], INT, indexOf)],
  lastIndexOf: [member('list_a_last_index_of_int', [listT, T], INT, lastIndexOf)],
};

function flatten(list: CelList, depth: number, into: CelValue[]): CelValue[] {
  for (const item of list) {
    if (depth > 0 && item instanceof CelList) flatten(item, depth - 1, into);
    else into.push(item);
  }
  return into;
}

function slice(list: CelList, start: number, end: number): CelList {
  if (start < 0 || end < 0) throw new CelFailure(`cannot slice(${start}, ${end}), negative indexes not supported`);
  if (start > end) throw new CelFailure(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`);
  if (list.length < end) throw new CelFailure(`cannot slice(${start}, ${end}), list is length ${list.length}`);
  return new ValueList([...list].slice(start, end));
}

function sortBy(list: CelList, keys: CelList): CelList {
  if (list.length !== keys.length) throw new CelFailure(`@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got ${list.length} and ${keys.length} elements respectively`);
  const pairs = [...keys].map((key, i) => [key, list.at(i) ?? null] as const);
  const kind = pairs[0] === undefined ? '' : typeNameOf(pairs[0][0]);
  if (pairs.some(([key]) => typeNameOf(key) !== kind)) throw new CelFailure('list elements must have the same type');
  return new ValueList(pairs.toSorted(([a], [b]) => compare(a, b)).map(([, item]) => item));
}

function distinct(list: CelList): CelList {
  const seen: CelValue[] = [];
  for (const item of list) if (!seen.some((one) => equal(item, one))) seen.push(item);
  return new ValueList(seen);
}

function range(size: bigint): CelList {
  if (size > maxRange) throw new CostExceeded();
  return new ValueList(Array.from({ length: Math.max(0, Number(size)) }, (_, i) => BigInt(i)));
}

/** cel-go's lists extension, version 3, and what optional types add to lists. */
export const extendedLists: Library = {
  slice: [member('list_slice', [listT, INT, INT], listT, (list, start, end) => slice(asList(list), asIndex(start), asIndex(end)))],
  flatten: [
    member('list_flatten', [listOf(listT)], listT, (list) => new ValueList(flatten(asList(list), 1, []))),
    member('list_flatten_int', [listOf(DYN), INT], listOf(DYN), (list, depth) => {
      if (asInt(depth) < 0n) throw new CelFailure('level must be non-negative');
      return new ValueList(flatten(asList(list), asIndex(depth), []));
    }),
  ],
  sort: forEachComparable((name) => `list_${name}_sort`, (type) => listOf(type), (list) => sortBy(asList(list), asList(list))),
  '@sortByAssociatedKeys': comparable.map(([name, type]) => member(`list_${name}_sortByAssociatedKeys`, [listT, listOf(type)], listT, (list, keys) => sortBy(asList(list), asList(keys)))),
  'lists.range': [overload('lists_range', [INT], listOf(INT), (size) => range(asInt(size)))],
  reverse: [member('list_reverse', [listT], listT, (list) => new ValueList([...asList(list)].reverse()))],
  distinct: [member('list_distinct', [listT], listT, (list) => distinct(asList(list)))],
  first: [member('list_first', [listT], optionalOf(T), (list) => optionalItem(asList(list).at(0)))],
  last: [member('list_last', [listT], optionalOf(T), (list) => optionalItem(asList(list).at(asList(list).length - 1)))],
};

const optionalItem = (item: CelValue | undefined): Optional => (item === undefined ? optionalNone : new Optional(item));

const contains = (list: CelList, part: CelList): boolean => [...part].every((item) => list.has(item));

/** cel-go's sets extension, and what macros over two variables call. */
export const sets: Library = {
  'sets.contains': [overload('list_sets_contains_list', [listT, listT], BOOL, (a, b) => contains(asList(a), asList(b)))],
  'sets.equivalent': [overload('list_sets_equivalent_list', [listT, listT], BOOL, (a, b) => contains(asList(a), asList(b)) && contains(asList(b), asList(a)))],
  'sets.intersects': [overload('list_sets_intersects_list', [listT, listT], BOOL, (a, b) => [...asList(a)].some((item) => asList(b).has(item)))],
  'cel.@mapInsert': [
    overload('@mapInsert_map_key_value', [mapOf(param('K'), param('V')), param('K'), param('V')], mapOf(param('K'), param('V')), () => new ValueMap([])),
    overload('@mapInsert_map_map', [mapOf(param('K'), param('V')), mapOf(param('K'), param('V'))], mapOf(param('K'), param('V')), () => new ValueMap([])),
  ],
};
