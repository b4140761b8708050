import { ApiError } from '../status.ts';
import { goTypeName, showMap } from './go-text.ts';
import type { JsonObject, JsonValue } from './json-value.ts';
import { isJsonObject, sortedJson } from './json-value.ts';

/** How strategic merge patch tells the items of a list apart: by a key's value, or by themselves. */
type ItemIdentity = (item: JsonValue) => JsonValue;

/** What upstream does not translate reaches the client as 500 without a reason. */
export const patchError = (message: string): ApiError => new ApiError('', message, { code: 500 });

export const badType = (expected: string, actual: JsonValue | undefined): ApiError => patchError(`expected a ${expected}, but received a ${goTypeName(actual)}`);

/** The merge key's value. Throws when the item is no map or lacks the key. */
export function mergeKeyOf(item: JsonValue, mergeKey: string): JsonValue {
  if (!isJsonObject(item)) throw badType('map[string]interface {}', item);
  const value = item[mergeKey];
  if (value === undefined) throw patchError(`map: ${showMap(item)} does not contain declared merge key: ${mergeKey}`);
  return value;
}

export function identityOf(mergeKey: string | undefined): ItemIdentity {
  return mergeKey === undefined ? (item) => item : (item) => mergeKeyOf(item, mergeKey);
}

/** Where the items with each value of their merge key stand first. Values are equal as JSON is, whatever the order of an object's fields. */
export class KeyedPlaces {
  readonly #scalars = new Map<JsonValue | undefined, number>();
  readonly #others = new Map<string, number>();

  add(key: JsonValue | undefined, place: number): void {
    if (this.of(key) !== undefined) return;
    if (typeof key === 'object' && key !== null) this.#others.set(sortedJson(key), place);
    else this.#scalars.set(key, place);
  }

  of(key: JsonValue | undefined): number | undefined {
    return typeof key === 'object' && key !== null ? this.#others.get(sortedJson(key)) : this.#scalars.get(key);
  }
}

/** Where each item stands first. */
function placesOf(items: readonly JsonValue[], identity: ItemIdentity): ReadonlyMap<JsonValue, number> {
  const places = new Map<JsonValue, number>();
  items.forEach((item, i) => {
    const key = identity(item);
    if (!places.has(key)) places.set(key, i);
  });
  return places;
}

/** Sorts by the place in an order; items that it does not know keep their place at the end. */
function sortBy(items: readonly JsonValue[], places: ReadonlyMap<JsonValue, number>, identity: ItemIdentity): JsonValue[] {
  const place = (item: JsonValue): number => places.get(identity(item)) ?? Number.MAX_SAFE_INTEGER;
  return items.toSorted((a, b) => place(a) - place(b));
}

/**
 * Puts a merged list in order: what the patch names in the order of the patch, what only the server has in the
 * server's, interleaved so that the server's own relative order holds where it says something.
 */
export function orderElements(merged: readonly JsonValue[], patchOrder: readonly JsonValue[], serverOrder: readonly JsonValue[], identity: ItemIdentity): JsonValue[] {
  const patchPlaces = placesOf(patchOrder, identity);
  const serverPlaces = placesOf(serverOrder, identity);
  const fromPatch = sortBy(merged.filter((item) => patchPlaces.has(identity(item))), patchPlaces, identity);
  const fromServer = sortBy(merged.filter((item) => !patchPlaces.has(identity(item))), serverPlaces, identity);
  const result: JsonValue[] = [];
  let left = 0;
  let right = 0;
  while (left < fromServer.length && right < fromPatch.length) {
    const serverPlace = serverPlaces.get(identity(fromServer[left]!));
    const patchPlace = serverPlaces.get(identity(fromPatch[right]!));
    const serverFirst = serverPlace !== undefined && patchPlace !== undefined && serverPlace < patchPlace;
    result.push(serverFirst ? fromServer[left++]! : fromPatch[right++]!);
  }
  return [...result, ...fromPatch.slice(right), ...fromServer.slice(left)];
}

const isDirective = (item: JsonValue): item is JsonObject => isJsonObject(item) && item['$patch'] !== undefined;

/** Does the patch list keep the order that `$setElementOrder` states, and name nothing beyond it? Deletions do not count. */
export function checkElementOrder(patchList: readonly JsonValue[], order: readonly JsonValue[], mergeKey: string | undefined): void {
  if (order.length === 0 || patchList.length === 0) return;
  const noMap = mergeKey === undefined ? undefined : patchList.find((item) => !isJsonObject(item));
  if (noMap !== undefined) throw badType('map[string]interface {}', noMap);
  const items = mergeKey === undefined ? patchList : patchList.filter((item) => (item as JsonObject)['$patch'] !== 'delete');
  const identity = identityOf(mergeKey);
  let at = 0;
  let placed = 0;
  while (at < items.length && placed < order.length) {
    if (isDirective(items[at]!)) at += 1;
    else if (identity(items[at]!) === identity(order[placed++]!)) at += 1;
  }
  if (at < items.length) throw patchError(`The order in patch list:\n${showMap([...patchList])}\n doesn't match $setElementOrder list:\n${showMap([...order])}\n`);
}
