import type { FieldSchema, ObjectSchema, ValueSchema } from '../schema/schema.ts';
import { badRequestError } from '../status.ts';
import { badType, checkElementOrder, identityOf, KeyedPlaces, mergeKeyOf, orderElements, patchError } from './element-order.ts';
import { goTypeName, showMap, showString } from './go-text.ts';
import { unprocessable } from './json-patch.ts';
import type { JsonObject, JsonValue } from './json-value.ts';
import { setMember } from '../../base/json-value.ts';
import { goTypeOf, isJsonObject } from './json-value.ts';

const directiveKey = '$patch';
const retainKeysKey = '$retainKeys';
const deletePrefix = '$deleteFromPrimitiveList';
const orderPrefix = '$setElementOrder';

/** What the schema says of one field. */
interface Strategy { readonly value: ValueSchema; readonly strategy: 'merge' | 'replace' | ''; readonly mergeKey: string | undefined }

/** What upstream calls the Go type of a value that it cannot look into; free-form values are structs there that have no fields. */
const kindOf = (schema: ValueSchema): string => schema.kind === 'object' || schema.kind === 'any' ? 'struct' : schema.kind === 'list' ? 'slice' : schema.kind;

/** Throws for what is no field, as upstream does for what it merges: inside of free-form maps it cannot. */
function strategyOf(schema: ValueSchema, key: string): Strategy {
  const type = kindOf(schema);
  if (type !== 'struct') throw patchError(`merging an object in json but data type is not struct, instead is: ${type}`);
  const field: FieldSchema | undefined = schema.kind === 'object' ? schema.fields.get(key) : undefined;
  const name = schema.kind === 'object' ? schema.name : schema.kind === 'any' ? schema.definition ?? '' : '';
  if (field === undefined) throw patchError(`unable to find api field in struct ${name.slice(name.lastIndexOf('.') + 1)} for the json field ${JSON.stringify(key)}`);
  const strategy = field.patchStrategy.find((one) => one !== 'retainKeys') ?? '';
  return { value: field.value, strategy, mergeKey: field.patchMergeKey };
}

/** As `strategyOf`, of a field that must be a list; its `value` is that of the items. */
function listStrategyOf(schema: ValueSchema, key: string): Strategy {
  const field = strategyOf(schema, key);
  if (field.value.kind !== 'list') throw patchError(`expected slice or array type, but got: ${kindOf(schema)}`);
  if (field.value.items.kind === 'list') throw patchError('unexpected slice of slice');
  return { ...field, value: field.value.items };
}

/** `$setElementOrder/ports` -> `ports`. */
function fieldOf(key: string, prefix: string, format: string): string {
  if (!key.startsWith(`${prefix}/`)) throw badRequestError(`invalid patch format of ${format}`);
  return key.slice(prefix.length + 1);
}

/** A value that is new to the document: its nulls delete nothing and are left out; so are maps with directives. Undefined: nothing is left. */
function added(value: JsonValue): JsonValue | undefined {
  if (Array.isArray(value)) return value.map(added).filter((item) => item !== undefined);
  if (!isJsonObject(value)) return value;
  if (value[directiveKey] !== undefined) return undefined;
  const result: JsonObject = {};
  for (const [key, child] of Object.entries(value)) {
    const kept = child === null ? undefined : added(child);
    if (kept !== undefined) setMember(result, key, kept);
  }
  return result;
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw badType('[]interface {}', value);
  return value;
}

function applyRetainKeys(original: JsonObject, patch: JsonObject): JsonObject {
  const retain = patch[retainKeysKey];
  if (retain === undefined) return original;
  if (!Array.isArray(retain)) throw badRequestError('invalid patch format of retainKeys');
  const retained = new Set(retain);
  for (const [key, value] of Object.entries(patch)) {
    if (key === retainKeysKey || value === null || key.startsWith(deletePrefix) || key.startsWith(orderPrefix)) continue;
    if (!retained.has(key)) throw badRequestError('invalid patch format of retainKeys');
  }
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(original)) if (retained.has(key)) setMember(kept, key, value);
  return kept;
}

function mergeMap(original: JsonObject, patch: JsonObject, schema: ValueSchema): JsonObject {
  const directive = patch[directiveKey];
  if (directive === 'delete') return {};
  if (directive === 'replace') {
    const { [directiveKey]: _, ...rest } = patch;
    return rest;
  }
  if (directive !== undefined) throw patchError(`unknown patch type: ${showString(directive)} in map: ${showMap(patch)}`);

  const result: JsonObject = { ...applyRetainKeys(original, patch) };
  let ordered: Set<string> | undefined;
  for (const key in patch) {
    if (!key.startsWith(orderPrefix)) continue;
    const value = patch[key];
    if (!Array.isArray(value)) throw badType('[]interface {}', value);
    const name = fieldOf(key, orderPrefix, 'setElementOrder list');
    if (mergeOrdered(result, patch, schema, { name, order: value })) (ordered ??= new Set()).add(name);
  }
  // oxlint-disable-next-line guard-for-in -- JSON has own members only
  for (const key in patch) {
    const value = patch[key]!;
    if (key === retainKeysKey || key.startsWith(orderPrefix) || ordered?.has(key) === true) continue;
    const isDeletion = key.startsWith(deletePrefix);
    const name = isDeletion ? fieldOf(key, deletePrefix, 'primitive list') : key;
    const old = Object.hasOwn(result, name) ? result[name] : undefined;
    if (value === null) delete result[name];
    else if (old !== undefined && goTypeOf(old) === goTypeOf(value)) setOrDelete(result, name, mergeValue(old, value, schema, { name, isDeletion }));
    else if (!isDeletion) setOrDelete(result, name, added(value));
  }
  return result;
}

function setOrDelete(object: JsonObject, key: string, value: JsonValue | undefined): void {
  if (value === undefined) delete object[key];
  else setMember(object, key, value);
}

function mergeValue(old: JsonValue, patch: JsonValue, schema: ValueSchema, { name, isDeletion }: { readonly name: string; readonly isDeletion: boolean }): JsonValue {
  if (isJsonObject(old) && isJsonObject(patch)) {
    const field = strategyOf(schema, name);
    return field.strategy === 'replace' ? patch : mergeMap(old, patch, field.value);
  }
  if (Array.isArray(old) && Array.isArray(patch)) {
    const field = listStrategyOf(schema, name);
    return field.strategy === 'merge' || isDeletion ? mergeList(old, patch, field, isDeletion) : patch;
  }
  return patch;
}

/** Merges a list and puts it in the order that `$setElementOrder` asks for. False when there is no list at all. */
function mergeOrdered(result: JsonObject, patch: JsonObject, schema: ValueSchema, { name, order }: { readonly name: string; readonly order: JsonValue[] }): boolean {
  const original = Object.hasOwn(result, name) ? result[name] : undefined;
  const changes = Object.hasOwn(patch, name) ? patch[name] : undefined;
  const originalList = listOf(original);
  const patchList = listOf(changes);
  const field = listStrategyOf(schema, name);
  checkElementOrder(patchList, order, field.mergeKey);
  if (original === undefined && changes === undefined) return false;
  let merged: JsonValue[];
  if (changes === undefined) merged = originalList;
  else if (original === undefined) merged = patchList.map(added).filter((item) => item !== undefined);
  else merged = field.strategy === 'merge' ? mergeList(originalList, patchList, field, false) : patchList;
  checkItems(originalList, patchList);
  setMember(result, name, orderElements(merged, order, originalList, identityOf(field.mergeKey)));
  return true;
}

/** Lists hold either maps or scalars, all of one type. True: maps. */
function checkItems(...lists: readonly JsonValue[][]): boolean {
  const items = lists.flat();
  if (items.length === 0) throw patchError('no elements in any of the given slices');
  if (Array.isArray(items[0])) throw unprocessable();
  const type = goTypeName(items[0]);
  if (items.some((item) => goTypeName(item) !== type)) throw patchError(`list element types are not identical: ${showMap([...lists])}`);
  return isJsonObject(items[0]);
}

/** `field.value` is that of the items. */
function mergeList(original: JsonValue[], patch: JsonValue[], field: Strategy, isDeletion: boolean): JsonValue[] {
  if (original.length === 0 && patch.length === 0) return original;
  if (!checkItems(original, patch)) {
    if (isDeletion) {
      const deleted = new Set(patch);
      return original.filter((item) => !deleted.has(item));
    }
    return orderElements([...new Set([...original, ...patch])], patch, original, identityOf(undefined));
  }
  const { mergeKey } = field;
  if (mergeKey === undefined) throw patchError(`cannot merge lists without merge key for ${kindOf(field.value)}`);
  const { base, changes } = applyListDirectives(original as JsonObject[], patch as JsonObject[], mergeKey);
  const merged = [...base];
  const places = new KeyedPlaces();
  for (let i = 0; i < base.length; i++) places.add(base[i]![mergeKey], i);
  for (const change of changes) {
    const key = mergeKeyOf(change, mergeKey);
    const index = places.of(key);
    if (index === undefined) places.add(key, merged.push(change) - 1);
    else merged[index] = mergeMap(merged[index]!, change, field.value);
  }
  return orderElements(merged, changes, base, identityOf(mergeKey));
}

/** Takes `$patch: delete` and `$patch: replace` items out of a patch list and does what they say. */
function applyListDirectives(original: readonly JsonObject[], patch: readonly JsonObject[], mergeKey: string): { base: JsonObject[]; changes: JsonObject[] } {
  const changes: JsonObject[] = [];
  const deleted = new KeyedPlaces();
  let replace = false;
  for (const item of patch) {
    const directive = item[directiveKey];
    if (directive === undefined) changes.push(item);
    else if (directive === 'replace') replace = true;
    else if (directive === 'delete') deleted.add(mergeKeyOf(item, mergeKey), 0);
    else if (directive === 'merge') throw patchError('merging lists cannot yet be specified in the patch');
    else throw patchError(`unknown patch type: ${showString(directive)} in map: ${showMap(item)}`);
  }
  return replace ? { base: changes, changes: [] } : { base: original.filter((one) => deleted.of(one[mergeKey]) === undefined), changes };
}

/**
 * Applies a strategic merge patch, driven by the schema's patch strategies and merge keys. The document is not
 * changed; the result may share parts of both. Throws ApiError: 400 for a malformed patch, 422 for lists of lists,
 * 500 without a reason, as upstream, for what it does not foresee: a list item without its merge key, an unknown field.
 */
export function applyStrategicMergePatch(document: unknown, patch: unknown, schema: ObjectSchema): unknown {
  if (!isJsonObject(patch)) throw badRequestError(`json: cannot unmarshal ${goTypeOf(patch)} into Go value of type map[string]interface {}`);
  if (!isJsonObject(document)) throw new Error('strategic merge patch: the document is no object');
  return mergeMap(document, patch, schema);
}
