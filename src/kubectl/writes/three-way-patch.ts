import { isMap } from '../../base/is-map.ts';
import type { ObjectSchema, ValueSchema } from '../../api/schema/schema.ts';
import { KubectlError } from '../errors.ts';
import { sameValue } from './last-applied.ts';

/**
 * The patch of client-side apply: what the user took away since the last time, and what is now otherwise than the user
 * wants it. What others have added stays. As upstream's `CreateThreeWayMergePatch` and `CreateThreeWayJSONMergePatch`.
 */

type Json = Record<string, unknown>;

interface States { readonly original: unknown; readonly modified: unknown; readonly current: unknown }

/** For custom resources: lists are replaced whole. An empty patch changes nothing. */
export function threeWayMergePatch({ original, modified, current }: { readonly original: Json; readonly modified: Json; readonly current: Json }): Json {
  const patch: Json = {};
  for (const key of new Set([...Object.keys(original), ...Object.keys(modified)])) {
    const [before, wanted, now] = [original[key], modified[key], current[key]];
    if (wanted === undefined) {
      if (before !== undefined && now !== undefined) patch[key] = null;
    } else if (isMap(wanted) && isMap(now)) {
      const inner = threeWayMergePatch({ original: isMap(before) ? before : {}, modified: wanted, current: now });
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (!sameValue(wanted, now) && !(wanted === null && now === undefined)) patch[key] = wanted;
  }
  return patch;
}

/** For kinds whose fields say how lists are merged. */
export function threeWayStrategicPatch(states: { readonly original: Json; readonly modified: Json; readonly current: Json }, schema: ObjectSchema): Json {
  for (const field of ['apiVersion', 'kind'] as const) {
    if (states.original[field] !== undefined && states.original[field] !== states.modified[field]) throw new KubectlError('At least one of apiVersion, kind and name was changed');
  }
  return diffMap(states, schema);
}

function diffMap({ original, modified, current }: { readonly original: Json; readonly modified: Json; readonly current: Json }, schema: ValueSchema): Json {
  const patch: Json = {};
  for (const key of new Set([...Object.keys(original), ...Object.keys(modified)])) {
    const states: States = { original: original[key], modified: modified[key], current: current[key] };
    const field = schema.kind === 'object' ? schema.fields.get(key) : undefined;
    const inner: ValueSchema | undefined = field?.value ?? (schema.kind === 'map' ? schema.values : undefined);
    const strategies = field?.patchStrategy ?? [];
    if (states.modified === undefined || states.modified === null) {
      if (states.original !== undefined && states.current !== undefined) patch[key] = null;
    } else if (isMap(states.modified) && isMap(states.current) && !strategies.includes('replace')) {
      const one = diffMap({ original: isMap(states.original) ? states.original : {}, modified: states.modified, current: states.current }, inner ?? anything);
      if (Object.keys(one).length === 0) continue;
      patch[key] = strategies.includes('retainKeys') ? { $retainKeys: Object.keys(states.modified).sort(), ...one } : one;
    } else if (Array.isArray(states.modified) && Array.isArray(states.current) && strategies.includes('merge')) {
      Object.assign(patch, diffList(key, states, { mergeKey: field?.patchMergeKey, items: inner?.kind === 'list' ? inner.items : anything }));
    } else if (!sameValue(states.modified, states.current)) patch[key] = states.modified;
  }
  return patch;
}

const anything: ValueSchema = { kind: 'any' };

function diffList(key: string, { original, modified, current }: States, { mergeKey, items }: { readonly mergeKey: string | undefined; readonly items: ValueSchema }): Json {
  const before = Array.isArray(original) ? (original as unknown[]) : [];
  const wanted = modified as unknown[];
  const now = current as unknown[];
  if (mergeKey === undefined) {
    const has = (list: readonly unknown[], value: unknown): boolean => list.some((other) => sameValue(other, value));
    const added = wanted.filter((value) => !has(now, value));
    const removed = before.filter((value) => !has(wanted, value) && has(now, value));
    if (added.length === 0 && removed.length === 0) return {};
    return { ...(added.length > 0 && { [key]: added }), ...(removed.length > 0 && { [`$deleteFromPrimitiveList/${key}`]: removed }), [`$setElementOrder/${key}`]: wanted };
  }
  const identity = (item: unknown): unknown => {
    const value = isMap(item) ? item[mergeKey] : undefined;
    if (value === undefined) throw new KubectlError(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
    return value;
  };
  const find = (list: readonly unknown[], id: unknown): Json | undefined => list.find((item) => isMap(item) && item[mergeKey] === id) as Json | undefined;
  const changes: Json[] = [];
  for (const item of wanted as Json[]) {
    const id = identity(item);
    const there = find(now, id);
    const one = there === undefined ? item : diffMap({ original: find(before, id) ?? {}, modified: item, current: there }, items);
    if (there === undefined) changes.push(item);
    else if (Object.keys(one).length > 0) changes.push({ ...one, [mergeKey]: id });
  }
  for (const item of before) {
    const id = identity(item);
    if (find(wanted, id) === undefined && find(now, id) !== undefined) changes.push({ $patch: 'delete', [mergeKey]: id });
  }
  const order = wanted.map((item) => ({ [mergeKey]: identity(item) }));
  const kept = now.filter((item) => isMap(item) && find(wanted, item[mergeKey]) !== undefined).map((item) => ({ [mergeKey]: (item as Json)[mergeKey] }));
  if (changes.length === 0 && sameValue(order, kept)) return {};
  return { ...(changes.length > 0 && { [key]: changes }), [`$setElementOrder/${key}`]: order };
}
