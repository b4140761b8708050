import { isJsonObject } from '../patch/json-value.ts';
import { keyElement, valueElement } from './path-element.ts';
import type { ListShape } from './shape.ts';

/** How one item of a list that is a set or a map is told from the others; an `error` where it cannot be. */
export function itemElement(list: ListShape, item: unknown): string | { readonly error: string } {
  if (list.relation === 'set') {
    if (isJsonObject(item)) return { error: 'associative list without keys has an element that\'s a map type' };
    if (Array.isArray(item)) return { error: 'not supported: associative list with lists as elements' };
    if (item === null || item === undefined) return { error: 'associative list without keys has an element that\'s an explicit null' };
    return valueElement(item);
  }
  if (item === null || item === undefined) return { error: 'associative list with keys may not have a null element' };
  if (!isJsonObject(item)) return { error: 'associative list with keys may not have non-map elements' };
  const { keys, defaults } = list;
  // One string key is what most lists have.
  if (keys.length === 1) {
    const given = item[keys[0]!];
    const value = given === undefined ? defaults[0] : given;
    if (value !== undefined) return `k:{${JSON.stringify(keys[0])}:${JSON.stringify(value)}}`;
  } else {
    const values = keys.map((key, i) => (item[key] === undefined ? defaults[i] : item[key]));
    if (values.some((value) => value !== undefined)) return keyElement(keys, values);
  }
  return { error: `associative list with keys has an element that omits all key fields [${list.keyNames.map((key) => JSON.stringify(key)).join(' ')}] (and doesn't have default values for any key fields)` };
}

/** The values that tell an item from others: of a set the item itself, of a map one for each key. */
export function itemKeys({ relation, keys, defaults }: ListShape, item: unknown): readonly unknown[] {
  if (relation === 'set') return [item];
  return keys.map((key, i) => {
    const given = (item as Record<string, unknown> | null)?.[key];
    return given === undefined ? defaults[i] : given;
  });
}

/** The same for an item of a list that has been checked. */
export function knownElement(list: ListShape, item: unknown): string {
  const element = itemElement(list, item);
  return typeof element === 'string' ? element : 'i:-1';
}
