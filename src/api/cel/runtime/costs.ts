import { CelList, CelMap, CelObject, Optional, TypeValue, actualSize, type CelValue } from './values.ts';

/** What one step costs beyond its parts: upstream's constants, in its units of about 50 ns of Go. */
export const cost = { identifier: 1, list: 10, map: 30, struct: 40, perCharacter: 0.1, perPatternCharacter: 0.25, authorizationCheck: 350_000 } as const;

/** What a call has cost, from its arguments and its result. */
export type CallCost = (args: readonly CelValue[], result: CelValue) => number;

const size = (value: CelValue | undefined): number => actualSize(value ?? null);
const traversal = (count: number, factor: number = cost.perCharacter): number => Math.ceil(count * factor);
const one: CallCost = () => 1;
const traverseFirst: CallCost = ([text]) => traversal(size(text));
const traverseTwice: CallCost = ([text]) => traversal(size(text), 2 * cost.perCharacter);
const traverseSmaller: CallCost = ([a, b]) => traversal(Math.min(size(a), size(b)));
const regex: CallCost = ([text, pattern]) => traversal(1 + size(text)) * traversal(size(pattern), cost.perPatternCharacter);
const wholeList: CallCost = ([list]) => wholeCost(list ?? null);
const selector: CallCost = ([, text]) => {
  const length = size(text);
  return cost.list + traversal(length) + Math.ceil(length * 0.5) * (cost.list + cost.struct);
};

/** The cost of looking at everything in a value, rounded down string by string, as upstream does. */
function wholeCost(value: CelValue): number {
  if (typeof value === 'string') return Math.floor(utf8Length(value) * cost.perCharacter);
  if (value instanceof Uint8Array) return Math.floor(value.length * cost.perCharacter);
  let total = 0;
  if (value instanceof CelList) for (const item of value) total += wholeCost(item);
  else if (value instanceof CelMap) for (const key of value.keys()) total += wholeCost(key) + wholeCost(value.find(key) ?? null);
  else total = 1;
  return total;
}

function utf8Length(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    length += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
  }
  return length;
}

const allocates = (units: number): number => Math.floor(units) + 1 + cost.list;
const selfCompared = (list: CelValue | undefined): number => {
  const first = list instanceof CelList ? list.at(0) : undefined;
  const factor = typeof first === 'string' || first instanceof Uint8Array ? 2 + cost.perCharacter : 2;
  return allocates(size(list) ** 2 * factor);
};

/** By the name of the function, whatever the overload: what upstream's estimator for Kubernetes' libraries says. */
const byFunction: Readonly<Record<string, CallCost>> = {
  check: () => cost.authorizationCheck,
  fieldSelector: selector, labelSelector: selector,
  isSorted: wholeList, sum: wholeList, max: wholeList, min: wholeList, indexOf: wholeList, lastIndexOf: wholeList,
  url: traverseFirst, lowerAscii: traverseFirst, upperAscii: traverseFirst, substring: traverseFirst, trim: traverseFirst, 'jsonpatch.escapeKey': traverseFirst,
  replace: traverseTwice, split: traverseTwice,
  join: (_, result) => traversal(size(result), 2 * cost.perCharacter),
  find: regex, findAll: regex,
  cidr: traverseFirst, isIP: traverseFirst, isCIDR: traverseFirst, ip: traverseFirst, 'ip.isCanonical': traverseTwice,
  quantity: traverseFirst, isQuantity: traverseFirst, semver: traverseFirst, isSemver: traverseFirst,
};

/** By the overload, where it is the only one that may be meant. */
const byOverload: Readonly<Record<string, CallCost>> = {
  cidr_ip: one,
  cidr_contains_ip_ip: ([outer]) => traversal(2 * size(outer)),
  cidr_contains_ip_string: ([outer, inner]) => traversal(2 * size(outer)) + traversal(size(inner)),
  cidr_contains_cidr: ([outer]) => traversal(2 * size(outer)) + traversal(size(outer)) + 1,
  cidr_contains_cidr_string: ([outer, inner]) => traversal(2 * size(outer)) + traversal(size(outer)) + 1 + traversal(size(inner)),
  'format-validate': ([format, text]) => traversal(1 + size(text)) * traversal(patternSize(format), cost.perPatternCharacter),
  list_slice: (_, result) => allocates(size(result)),
  list_flatten: ([list]) => allocates(size(list)),
  list_flatten_int: ([list, depth]) => allocates(size(list) * Number(depth ?? 1n)),
  list_sets_contains_list: ([a, b]) => 1 + size(a) * size(b), list_sets_intersects_list: ([a, b]) => 1 + size(a) * size(b), list_sets_equivalent_list: ([a, b]) => 1 + 2 * size(a) * size(b),
  lists_range: (_, result) => allocates(size(result)),
  list_reverse: (_, result) => allocates(size(result)),
  list_distinct: ([list]) => selfCompared(list),
  starts_with_string: traverseFirst, ends_with_string: traverseFirst, string_to_bytes: traverseFirst, bytes_to_string: traverseFirst, strings_quote: traverseFirst, string_format: traverseFirst,
  in_list: ([, list]) => size(list),
  equals: equality, not_equals: equality,
  add_string: ([a, b]) => traversal(size(a) + size(b)), add_bytes: ([a, b]) => traversal(size(a) + size(b)),
  matches: one, matches_string: regex,
  contains_string: ([text, part]) => traversal(size(text)) * traversal(size(part)),
};

function patternSize(format: CelValue | undefined): number {
  return format instanceof CelObject && 'maxPatternSize' in format && typeof format.maxPatternSize === 'number' ? format.maxPatternSize : 0;
}

function equality([a = null, b = null]: readonly CelValue[]): number {
  if (typeof a === 'bigint' || typeof a === 'number' || typeof a === 'boolean') return 1;
  if (a instanceof CelObject && !(a instanceof CelList || a instanceof CelMap || a instanceof Optional || a instanceof TypeValue)) return 1;
  return traversal(Math.min(size(a), size(b)));
}

/** Whether calls cost one whatever they are about. */
export const isFlatCost = (price: CallCost): boolean => price === one;

/** The cost of calls of a function; `overload` is undefined when several may be meant, and only found at run time. */
export function callCost(name: string, overload: string | undefined): CallCost {
  if (overload !== undefined) {
    const found = byOverload[overload];
    if (found !== undefined) return found;
    if (/^list_.*_sort$/.test(overload)) return ([list]) => selfCompared(list);
    if (/^list_.*_sortByAssociatedKeys$/.test(overload)) return ([, keys]) => selfCompared(keys);
    if (/^(less|greater)(_equals)?_(string|bytes)$/.test(overload)) return traverseSmaller;
  }
  return byFunction[name] ?? one;
}
