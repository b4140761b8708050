import { ApiError } from '../status.ts';
import type { JsonObject, JsonValue } from './json-value.ts';
import { isJsonObject } from './json-value.ts';

/** How strategic merge patch tells the items of a list apart: by a key's value, or by themselves. */
export type ItemIdentity = (item: JsonValue) => JsonValue;

/** Go's `%v` of a map, as upstream's messages show it. */
export function showMap(value: JsonValue): string {
  if (isJsonObject(value)) return `map[${Object.keys(value).sort().map((key) => `${key}:${showMap(value[key]!)}`).join(' ')}]`;
  if (Array.isArray(value)) return `[${value.map(showMap).join(' ')}]`;
  return value === null ? '<nil>' : String(value);
}

/** Errors that upstream does not translate reach the client as 500. */
export const patchError = (message: string): ApiError => new ApiError('InternalError', message, { code: 500 });

/** The merge key's value. Throws when the item is no map or lacks the key. */
export function mergeKeyOf(item: JsonValue, mergeKey: string): JsonValue {
  if (!isJsonObject(item)) throw patchError(`expected a map[string]interface {}, but received a ${Array.isArray(item) ? '[]interface {}' : typeof item}`);
  const value = item[mergeKey];
  if (value === undefined) throw patchError(`map: ${showMap(item)} does not contain declared merge key: ${mergeKey}`);
  return value;
}

export function identityOf(mergeKey: string | undefined): ItemIdentity {
  return mergeKey === undefined ? (item) => item : (item) => mergeKeyOf(item, mergeKey);
}

/** Sorts by the place in `order`; items that `order` does not know keep their place at the end. */
function sortBy(items: readonly JsonValue[], order: readonly JsonValue[], identity: ItemIdentity): JsonValue[] {
  const places = new Map(order.map((item, i) => [identity(item), i]));
  const place = (item: JsonValue): number => places.get(identity(item)) ?? Number.MAX_SAFE_INTEGER;
  return items.toSorted((a, b) => place(a) - place(b));
}

/**
 * Puts a merged list in order: what the patch names in the order of the patch, what only the server has in the
 * server's, interleaved so that the server's own relative order holds where it says something.
 */
export function orderElements(merged: readonly JsonValue[], patchOrder: readonly JsonValue[], serverOrder: readonly JsonValue[], identity: ItemIdentity): JsonValue[] {
  const named = new Set(patchOrder.map(identity));
  const fromPatch = sortBy(merged.filter((item) => named.has(identity(item))), patchOrder, identity);
  const fromServer = sortBy(merged.filter((item) => !named.has(identity(item))), serverOrder, identity);
  const places = new Map(serverOrder.map((item, i) => [identity(item), i]));
  const result: JsonValue[] = [];
  let left = 0;
  let right = 0;
  while (left < fromServer.length && right < fromPatch.length) {
    const serverPlace = places.get(identity(fromServer[left]!));
    const patchPlace = places.get(identity(fromPatch[right]!));
    const serverFirst = serverPlace !== undefined && patchPlace !== undefined && serverPlace < patchPlace;
    result.push(serverFirst ? fromServer[left++]! : fromPatch[right++]!);
  }
  return [...result, ...fromPatch.slice(right), ...fromServer.slice(left)];
}

const isDirective = (item: JsonValue): item is JsonObject => isJsonObject(item) && item['$patch'] !== undefined;

/** Does the patch list keep the order that `$setElementOrder` states, and name nothing beyond it? */
export function checkElementOrder(patchList: readonly JsonValue[], order: readonly JsonValue[], identity: ItemIdentity): void {
  if (order.length === 0 || patchList.length === 0) return;
  const items = patchList.filter((item) => !isDirective(item));
  let at = 0;
  for (const item of order) if (at < items.length && identity(items[at]!) === identity(item)) at++;
  if (at < items.length) {
    throw patchError(`The order in patch list:\n${showMap([...patchList])}\n doesn't match $setElementOrder list:\n${showMap([...order])}\n`);
  }
}
