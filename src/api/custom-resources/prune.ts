/** Dropping what a schema does not know, as upstream's structural pruning does, and nulls that mean absence. */
import { joinPath } from './field-path.ts';
import type { Step } from './field-path.ts';
import type { SchemaNode } from './schema-node.ts';
import { isMetaField, isObject } from './schema-node.ts';

/** A client cannot make us name more of them than anybody reads. */
const maxUnknownFields = 1000;

class Pruning {
  readonly steps: Step[] = [];
  readonly unknown: string[] = [];
  /** Some null was met, so that nulls must be looked at. */
  nulls = false;

  drop(object: Record<string, unknown>, name: string): void {
    delete object[name];
    // Type and metadata at the root go without a word.
    if (this.steps.length === 0 && isMetaField(name)) return;
    if (this.unknown.length < maxUnknownFields) this.unknown.push(joinPath([...this.steps, name]));
  }
}

/** What a node without a schema holds: scalars stay, fields go. */
function pruneUnknown(value: object, pruning: Pruning): void {
  const { steps } = pruning;
  if (!Array.isArray(value)) {
    for (const name of Object.keys(value)) pruning.drop(value as Record<string, unknown>, name);
    return;
  }
  for (let i = 0; i < value.length; i++) {
    const item: unknown = value[i];
    if (typeof item !== 'object' || item === null) continue;
    steps.push(i);
    pruneUnknown(item, pruning);
    steps.pop();
  }
}

/** `keep`: unknown fields stay, here and in the lists below. `resource`: type and metadata are known anyway. */
function pruneValue(value: unknown, node: SchemaNode | undefined, pruning: Pruning, how: { readonly keep: boolean; readonly resource: boolean }): void {
  if (typeof value !== 'object' || value === null) {
    if (value === null) pruning.nulls = true;
    return;
  }
  const keep = how.keep || node?.open === true;
  if (node === undefined) {
    if (!keep) pruneUnknown(value, pruning);
    return;
  }
  const { steps } = pruning;
  if (Array.isArray(value)) {
    const { items } = node;
    for (let i = 0; i < value.length; i++) {
      steps.push(i);
      pruneValue(value[i], items, pruning, keep ? inOpenList : closed);
      steps.pop();
    }
    return;
  }
  const resource = how.resource || node.embedded;
  const object = value as Record<string, unknown>;
  // oxlint-disable-next-line guard-for-in -- the value comes from a JSON parser: it has own properties only
  for (const name in object) {
    if (resource && isMetaField(name)) {
      const meta = node.property(name);
      if (meta !== undefined && (object[name] === null || meta.names.length > 0)) pruning.nulls = true;
      continue;
    }
    const property = node.property(name);
    if (property === undefined && !node.hasValues) {
      if (!keep) pruning.drop(object, name);
      continue;
    }
    steps.push(name);
    pruneValue(object[name], property ?? node.values, pruning, closed);
    steps.pop();
  }
}

const closed = { keep: false, resource: false };
const inOpenList = { keep: true, resource: false };
const atRoot = { keep: false, resource: true };

/** Takes out nulls where neither null nor a default is allowed for. Items of lists stay. */
function dropNulls(value: unknown, node: SchemaNode | undefined): void {
  if (node === undefined || typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) dropNulls(item, node.items);
    return;
  }
  const object = value as Record<string, unknown>;
  for (const name of Object.keys(object)) {
    const field = node.field(name);
    if (field === undefined) continue;
    if (object[name] === null && !field.nullable && field.default === undefined) delete object[name];
    else dropNulls(object[name], field);
  }
}

/** Prunes a whole object in place. Answers the paths of unknown fields, sorted. */
export function pruneObject(object: object, root: SchemaNode): string[] {
  const pruning = new Pruning();
  pruneValue(object, root, pruning, atRoot);
  if (pruning.nulls) dropNulls(object, root);
  return pruning.unknown.sort();
}

/** Prunes a value that stands at a node of a schema: a default. True when something was dropped. */
export function pruneAt(value: unknown, node: SchemaNode): boolean {
  if (!isObject(value) && !Array.isArray(value)) return false;
  const pruning = new Pruning();
  // A place that no root field can be, so that nothing goes silently.
  pruning.steps.push('');
  pruneValue(value, node, pruning, closed);
  return pruning.unknown.length > 0;
}
