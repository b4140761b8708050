import { isMap } from '../../base/is-map.ts';

/**
 * Lists whose elements are known by keys, merged as kustomize does. New elements come before old ones. Where a list has
 * several keys (a port and its protocol) and elements leave some of them out, the outcome is not what one would expect
 * (an old element takes the place of one that was merged with it); scripts have come to depend on it.
 */

type Json = Record<string, unknown>;
interface Setting { readonly keys: readonly string[]; readonly values: readonly string[]; readonly element?: unknown }
/** The element of these keys, merged. */
export type MergeElement = (of: { readonly keys: readonly string[]; readonly values: readonly string[] }) => unknown;

const textOf = (value: unknown): string => (value === null || value === undefined || typeof value === 'object' ? '' : String(value as string));
const isEmptyMap = (value: unknown): boolean => isMap(value) && Object.keys(value).length === 0;
const isNothing = (value: unknown): boolean => value === null || value === undefined || isEmptyMap(value);

/** The key values of every element. */
const keyValues = (items: readonly unknown[], keys: readonly string[]): string[][] => items.map((item) => keys.map((key) => (key === '' ? textOf(item) : textOf((item as Json | null)?.[key]))));

/** Keys that some element has, and their values; all of them where there is none. */
function used(all: readonly (readonly string[])[], values: readonly string[], keys: readonly string[]): { readonly keys: readonly string[]; readonly values: readonly string[] } {
  const has = new Set(all.flatMap((one) => one.flatMap((value, i) => (value === '' ? [] : [keys[i]!]))));
  if (has.size === 0) return { keys, values };
  return { keys: keys.filter((key) => has.has(key)), values: values.filter((value, i) => value !== '' || has.has(keys[i]!)) };
}

/** Two lists of key values that mean the same element where one leaves out what the other says. */
function together(a: readonly string[], b: readonly string[]): string[] | undefined {
  if (!a.some((value, i) => value === b[i])) return undefined;
  return a.some((value, i) => value !== b[i] && value !== '' && b[i] !== '') ? undefined : a.map((value, i) => (value === '' ? b[i]! : value));
}

function completed(all: readonly string[][]): string[][] {
  const values = [...all];
  for (let i = 0; i < values.length; i++) {
    for (let j = 0; j < values.length; j++) {
      const both = together(values[i]!, values[j]!);
      if (both !== undefined) values[i] = values[j] = both;
    }
  }
  return values;
}

/** The first element of these key values. */
export function elementOf(items: readonly unknown[], keys: readonly string[], values: readonly string[]): unknown {
  const { keys: only, values: wanted } = used([values], values, keys);
  if (only[0] === '') return items.find((item) => textOf(item) === wanted[0]);
  return items.find((item) => isMap(item) && only.every((key, i) => item[key] !== undefined && textOf(item[key]) === (wanted[i] ?? '')));
}

/** Puts an element in the place of those with its key values, or at the end; without an element they are taken away. */
function put(items: unknown[], { keys, values, element }: Setting): unknown[] {
  const next: unknown[] = [];
  let found = false;
  const matches = (item: unknown): boolean => {
    let last = false;
    for (const [i, key] of keys.entries()) {
      if (i < values.length) last = key === '' ? textOf(item) === values[i] : Object.hasOwn(item as Json, key) && (values[i] === '' || textOf((item as Json)[key]) === values[i]);
      if (!last) return false;
    }
    return true;
  };
  for (const item of items) {
    if (isNothing(item)) continue;
    if (!isMap(item) && keys[0] !== '') next.push(item);
    else if (!matches(item)) { if (values.length > 0) next.push(item); }
    else {
      found = true;
      if (element !== undefined) next.push(element);
    }
  }
  return element === undefined || found ? next : [...next, element];
}

/** The new elements, and behind them the old ones that are not among them. */
function withOld(added: readonly unknown[], old: readonly unknown[], keys: readonly string[]): unknown[] {
  let items = [...added];
  for (const element of old) {
    if (keys[0] === '') {
      items = put(items, { keys, values: [textOf(element)], element });
      continue;
    }
    const values: string[] = [];
    for (const key of keys) {
      const value = isMap(element) ? element[key] : undefined;
      if (value === undefined || value === null) items.push(element);
      else values.push(textOf(value));
    }
    if (keys.length > 1) items = put(items, { keys, values });
    items = put(items, { keys, values, element });
  }
  return items;
}

/** What becomes of a list by a patch of it. */
export function mergedItems(old: readonly unknown[], patch: readonly unknown[], keys: readonly string[], merge: MergeElement): unknown[] {
  const seen = new Set<string>();
  const distinct = [...keyValues(patch, keys), ...keyValues(old, keys)].filter((values) => {
    const text = JSON.stringify(values);
    return seen.has(text) ? false : seen.add(text) !== undefined;
  });
  const all = keys.length > 1 ? completed(distinct) : distinct;
  let kept = [...old];
  let added: unknown[] = [];
  let last: readonly string[] = keys;
  const merged = new Map<unknown, unknown>();
  for (const values of all) {
    const of = used(all, values, keys);
    last = of.keys;
    const before = elementOf(kept, of.keys, of.values);
    let element = merge(of);
    if (isNothing(element)) {
      kept = put(kept, of);
      continue;
    }
    if (isMap(element)) for (const [i, key] of of.keys.entries()) if (key !== '' && (element as Json)[key] === undefined && (of.values[i] ?? '') !== '') element = { ...element as Json, [key]: of.values[i] };
    const patched = elementOf(patch, of.keys, of.values);
    // An old element is merged where it stands; one that shall be replaced stays, as upstream leaves it.
    if (before !== undefined && !(isMap(patched) && patched['$patch'] === 'replace')) merged.set(before, element);
    added = put(added, { ...of, element });
  }
  return all.length === 0 ? kept : withOld(added, kept.map((item) => merged.get(item) ?? item), last);
}
