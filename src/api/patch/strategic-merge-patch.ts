import type { FieldSchema, ObjectSchema, ValueSchema } from '../schema/schema.ts';
import { badRequestError } from '../status.ts';
import { checkElementOrder, identityOf, mergeKeyOf, orderElements, patchError, showMap } from './element-order.ts';
import { unprocessable } from './json-patch.ts';
import type { JsonObject, JsonValue } from './json-value.ts';
import { goTypeOf, isJsonObject, jsonEqual, setField } from './json-value.ts';

const directiveKey = '$patch';
const retainKeysKey = '$retainKeys';
const deletePrefix = '$deleteFromPrimitiveList';
const orderPrefix = '$setElementOrder';

/** What the schema says of one field; nothing for fields of free-form maps. */
interface Strategy { readonly value: ValueSchema | undefined; readonly strategy: 'merge' | 'replace' | ''; readonly mergeKey: string | undefined }

const unknownStrategy: Strategy = { value: undefined, strategy: '', mergeKey: undefined };

function strategyOf(schema: ValueSchema | undefined, key: string): Strategy {
  if (schema?.kind === 'map') return { ...unknownStrategy, value: schema.values };
  if (schema?.kind !== 'object') return unknownStrategy;
  const field: FieldSchema | undefined = schema.fields.get(key);
  if (field === undefined) throw patchError(`unable to find api field in struct ${schema.name.slice(schema.name.lastIndexOf('.') + 1)} for the json field ${JSON.stringify(key)}`);
  const strategy = field.patchStrategy.find((one) => one !== 'retainKeys') ?? '';
  return { value: field.value, strategy, mergeKey: field.patchMergeKey };
}

/** `$setElementOrder/ports` -> `ports`. */
function fieldOf(key: string, prefix: string, format: string): string {
  if (!key.startsWith(`${prefix}/`)) throw badRequestError(`invalid patch format of ${format}`);
  return key.slice(prefix.length + 1);
}

/** A value that is new to the document: its nulls delete nothing and are left out. */
function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isJsonObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, child] of Object.entries(value)) if (child !== null) setField(result, key, withoutNulls(child));
  return result;
}

function listOf(value: JsonValue | undefined): JsonValue[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw patchError(`expected a []interface {}, but received a ${isJsonObject(value) ? 'map[string]interface {}' : goTypeOf(value)}`);
  return value;
}

function applyRetainKeys(original: JsonObject, patch: JsonObject): JsonObject {
  const retain = patch[retainKeysKey];
  if (retain === undefined) return original;
  if (!Array.isArray(retain)) throw badRequestError('invalid patch format of retainKeys');
  for (const [key, value] of Object.entries(patch)) {
    if (key === retainKeysKey || value === null || key.startsWith(deletePrefix) || key.startsWith(orderPrefix)) continue;
    if (!retain.includes(key)) throw badRequestError('invalid patch format of retainKeys');
  }
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(original)) if (retain.includes(key)) setField(kept, key, value);
  return kept;
}

function mergeMap(original: JsonObject, patch: JsonObject, schema: ValueSchema | undefined): JsonObject {
  const directive = patch[directiveKey];
  if (directive === 'delete') return {};
  if (directive === 'replace') {
    const { [directiveKey]: _, ...rest } = patch;
    return rest;
  }
  if (directive !== undefined) throw patchError(`unknown patch type: ${showMap(directive)} in map: ${showMap(patch)}`);

  const result: JsonObject = { ...applyRetainKeys(original, patch) };
  const ordered = new Set<string>();
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith(orderPrefix)) continue;
    const name = fieldOf(key, orderPrefix, 'setElementOrder list');
    if (mergeOrdered(result, patch, { name, order: listOf(value), field: strategyOf(schema, name) })) ordered.add(name);
  }
  for (const [key, value] of Object.entries(patch)) {
    if (key === retainKeysKey || key.startsWith(orderPrefix) || ordered.has(key)) continue;
    const isDeletion = key.startsWith(deletePrefix);
    const name = isDeletion ? fieldOf(key, deletePrefix, 'primitive list') : key;
    const old = Object.hasOwn(result, name) ? result[name] : undefined;
    if (value === null) delete result[name];
    else if (old === undefined) {
      if (!isDeletion) setField(result, name, withoutNulls(value));
    } else if (goTypeOf(old) !== goTypeOf(value)) {
      if (!isDeletion) setField(result, name, withoutNulls(value));
    } else {
      setField(result, name, mergeValue(old, value, strategyOf(schema, name), isDeletion));
    }
  }
  return result;
}

function mergeValue(old: JsonValue, patch: JsonValue, field: Strategy, isDeletion: boolean): JsonValue {
  if (isJsonObject(old) && isJsonObject(patch)) return field.strategy === 'replace' ? patch : mergeMap(old, patch, field.value);
  if (Array.isArray(old) && Array.isArray(patch)) return field.strategy === 'merge' ? mergeList(old, patch, field, isDeletion) : patch;
  return patch;
}

/** Merges a list and puts it in the order that `$setElementOrder` asks for. False when there is no list at all. */
function mergeOrdered(result: JsonObject, patch: JsonObject, { name, order, field }: { name: string; order: JsonValue[]; field: Strategy }): boolean {
  const original = result[name];
  const changes = patch[name];
  if (changes === null) return false;
  const identity = identityOf(field.mergeKey);
  const patchList = listOf(changes);
  const originalList = listOf(original);
  checkElementOrder(patchList, order, identity);
  if (original === undefined && changes === undefined) return false;
  let merged: JsonValue[];
  if (changes === undefined) merged = originalList;
  else if (original === undefined) merged = patchList.map(withoutNulls);
  else merged = field.strategy === 'merge' ? mergeList(originalList, patchList, field, false) : patchList;
  setField(result, name, orderElements(merged, order, originalList, identity));
  return true;
}

/** Lists hold either maps or scalars, all of one type. */
function holdsMaps(...lists: readonly JsonValue[][]): boolean {
  const items = lists.flat();
  if (items.some(Array.isArray)) throw unprocessable();
  const type = goTypeOf(items[0]);
  if (items.some((item) => goTypeOf(item) !== type)) throw patchError(`list element types are not identical: ${lists.map(showMap).join(' ')}`);
  return type === 'object';
}

function mergeList(original: JsonValue[], patch: JsonValue[], field: Strategy, isDeletion: boolean): JsonValue[] {
  if (original.length === 0 && patch.length === 0) return original;
  if (!holdsMaps(original, patch)) {
    if (isDeletion) return original.filter((item) => !patch.includes(item));
    return orderElements([...new Set([...original, ...patch])], patch, original, identityOf(undefined));
  }
  const { mergeKey } = field;
  if (mergeKey === undefined) throw patchError('cannot merge lists without merge key for type struct');
  const itemSchema = field.value?.kind === 'list' ? field.value.items : undefined;
  const { base, changes } = applyListDirectives(original as JsonObject[], patch as JsonObject[], mergeKey);
  const merged = [...base];
  for (const change of changes) {
    const key = mergeKeyOf(change, mergeKey);
    const index = merged.findIndex((item) => jsonEqual(item[mergeKey], key));
    if (index < 0) merged.push(withoutNulls(change) as JsonObject);
    else merged[index] = mergeMap(merged[index]!, change, itemSchema);
  }
  return orderElements(merged, changes, base, identityOf(mergeKey));
}

/** Takes `$patch: delete` and `$patch: replace` items out of a patch list and does what they say. */
function applyListDirectives(original: readonly JsonObject[], patch: readonly JsonObject[], mergeKey: string): { base: JsonObject[]; changes: JsonObject[] } {
  let base = [...original];
  const changes: JsonObject[] = [];
  let replace = false;
  for (const item of patch) {
    const directive = item[directiveKey];
    if (directive === undefined) changes.push(item);
    else if (directive === 'replace') replace = true;
    else if (directive === 'delete') {
      const key = mergeKeyOf(item, mergeKey);
      base = base.filter((one) => !jsonEqual(one[mergeKey], key));
    } else if (directive === 'merge') throw patchError('merging lists cannot yet be specified in the patch');
    else throw patchError(`unknown patch type: ${showMap(directive)} in map: ${showMap(item)}`);
  }
  return replace ? { base: changes, changes: [] } : { base, changes };
}

/**
 * Applies a strategic merge patch, driven by the schema's patch strategies and merge keys. The document is not
 * changed; the result may share parts of both. Throws ApiError: 400 for a malformed patch, 422 for lists of lists,
 * 500 (as upstream) for what it does not foresee, such as a list item without its merge key.
 */
export function applyStrategicMergePatch(document: unknown, patch: unknown, schema: ObjectSchema): unknown {
  if (!isJsonObject(patch)) throw badRequestError(`json: cannot unmarshal ${goTypeOf(patch)} into Go value of type map[string]interface {}`);
  if (!isJsonObject(document)) throw new Error('strategic merge patch: the document is no object');
  return mergeMap(document, patch, schema);
}
