import { isMap } from '../../base/is-map.ts';
import { KubectlError } from '../errors.ts';
import { toGoYaml } from '../printers/go-yaml.ts';
import type { MergeSchema } from './merge-schema.ts';
import { elementOf, mergedItems } from './merge-lists.ts';

type Json = Record<string, unknown>;
const directive = '$patch';

/** Merges a value and a patch that looks like it; undefined: nothing is left. */
export type MergeValues = (old: unknown, patch: unknown, schema: MergeSchema | undefined) => unknown;

function checkedDirective(text: unknown): 'delete' | 'replace' | 'merge' {
  if (text === 'delete' || text === 'replace' || text === 'merge') return text;
  throw new KubectlError(`unknown patch strategy '${String(text)}'`);
}

/** What the patch of a map asks for, and the patch without that. */
function directiveOf(patch: Json): { readonly asks: 'delete' | 'replace' | 'merge'; readonly patch: Json } {
  if (patch[directive] === undefined) return { asks: 'merge', patch };
  const { [directive]: text, ...rest } = patch;
  return { asks: checkedDirective(text), patch: rest };
}

/** The same of a list: an element of its own says it. */
function listDirectiveOf(patch: readonly unknown[]): { readonly asks: 'delete' | 'replace' | 'merge'; readonly patch: readonly unknown[] } {
  const says = patch.find((item) => isMap(item) && Object.hasOwn(item, directive));
  if (!isMap(says) || Object.keys(says).length > 1) return { asks: 'merge', patch };
  const text = says[directive];
  return { asks: checkedDirective(text), patch: patch.filter((item) => !(isMap(item) && item[directive] === text)) };
}

const kindName = (value: unknown): string => (Array.isArray(value) ? 'SequenceNode' : isMap(value) ? 'MappingNode' : 'ScalarNode');

function mergeMaps(old: Json | undefined, given: unknown, schema: MergeSchema | undefined): unknown {
  if (given === null) return undefined;
  const { asks, patch } = directiveOf(given as Json);
  if (asks === 'delete') return undefined;
  // What is new, or takes a place, is merged with itself: its own directives and nulls go.
  const base = old === undefined || asks === 'replace' ? patch : old;
  const merged: Json = {};
  for (const name of new Set([...Object.keys(base), ...Object.keys(patch)])) {
    const value = patch[name] === undefined ? base[name] : mergeValues(base[name], patch[name], schema?.field(name));
    // A null of the object's own stays.
    if (value !== undefined && (value !== null || patch[name] === undefined)) merged[name] = value;
  }
  return merged;
}

function mergeLists(old: readonly unknown[] | undefined, given: unknown, schema: MergeSchema | undefined): unknown {
  if (schema?.merges !== true) return given;
  if (given === null) return undefined;
  const { asks, patch } = old === undefined ? { asks: 'merge' as const, patch: given as unknown[] } : listDirectiveOf(given as unknown[]);
  if (asks === 'delete') return undefined;
  const base = old === undefined || asks === 'replace' ? patch : old;
  const items = schema.items();
  return mergedItems(base, patch, schema.keys.length === 0 ? [''] : schema.keys, ({ keys, values }) => mergeValues(elementOf(base, keys, values), elementOf(patch, keys, values), items));
}

const mergeValues: MergeValues = (old, patch, schema) => {
  if (patch === undefined) return old;
  const sample = old ?? patch;
  if (sample === null) return undefined;
  if (old !== null && old !== undefined && patch !== null && kindName(old) !== kindName(patch)) throw new KubectlError(`wrong node kind: expected ${kindName(old)} but got ${kindName(patch)}: node contents:\n${toGoYaml(patch)}`);
  if (Array.isArray(sample)) return mergeLists((old ?? undefined) as unknown[] | undefined, patch, schema);
  return isMap(sample) ? mergeMaps((old ?? undefined) as Json | undefined, patch, schema) : patch;
};

/** The object as a patch that looks like it leaves it; undefined: the patch takes the object away. */
export function strategicMerge(object: Json, patch: Json, schema: MergeSchema | undefined): Json | undefined {
  return mergeValues(object, patch, schema) as Json | undefined;
}
