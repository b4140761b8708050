/**
 * The updates that nearly all are: every manager of the object wrote it in the version that is written now, and there
 * are few of them. Then one comparison says what each of them keeps, and entries that lose nothing stay as they are.
 */
import type { ManagedFieldsEntry } from '../types/meta/v1.ts';
import { changedFields } from './compare.ts';
import type { Comparison } from './compare.ts';
import { covers, difference, freezeNode, overlaps, union } from './field-set.ts';
import type { FieldNode, FieldSet } from './field-set.ts';
import { compareEntries, entryOf } from './owners.ts';
import { Recent } from '../../base/recent.ts';
import type { Writer } from './writer.ts';

/** Are these entries of different managers, all in this version, and fewer than `limit`? Not where there are none: then nobody is tracked. */
export function areOfVersion(entries: readonly ManagedFieldsEntry[], apiVersion: string, limit: number): boolean {
  if (entries.length === 0 || entries.length >= limit) return false;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!;
    if (entry.apiVersion !== apiVersion) return false;
    for (let j = 0; j < i; j++) if (isSameManager(entry, entries[j]!)) return false;
  }
  return true;
}

const isSameManager = (a: ManagedFieldsEntry, b: ManagedFieldsEntry): boolean => a.manager === b.manager && a.operation === b.operation && a.subresource === b.subresource;

/** The entries after an update by `writer`, in their order; may be none. */
export function updatedEntries(entries: readonly ManagedFieldsEntry[], comparison: Comparison, { manager, time, endpoint: { apiVersion, subresource } }: Writer): ManagedFieldsEntry[] {
  const { removed } = comparison;
  const changed = changedFields(comparison);
  const kept: ManagedFieldsEntry[] = [];
  let mine: FieldSet | undefined;
  for (const entry of entries) {
    const fields = (entry.fieldsV1 ?? {}) as FieldNode;
    const isMine = entry.operation !== 'Apply' && (entry.manager ?? '') === manager && (entry.subresource ?? '') === subresource;
    if (isMine && changed !== undefined) {
      mine = fields;
      continue;
    }
    const left = without(without(fields, changed), removed);
    if (left === fields) kept.push(entry);
    else if (left !== undefined) kept.push(entryOf({ manager: entry.manager ?? '', operation: entry.operation === 'Apply' ? 'Apply' : 'Update', apiVersion, subresource: entry.subresource ?? '', time: entry.time, fields: left }));
  }
  if (changed === undefined) return kept;
  const entry = entryOf({ manager, operation: 'Update', apiVersion, subresource, time, fields: mine === undefined ? changed : ownFields(mine, comparison, changed) });
  let at = kept.length;
  while (at > 0 && compareEntries(kept[at - 1]!, entry) > 0) at--;
  kept.splice(at, 0, entry);
  return kept;
}

/** The set itself where it loses nothing; undefined where nothing is left. */
function without(set: FieldSet | undefined, lost: FieldSet | undefined): FieldSet | undefined {
  if (set === undefined || isEmpty(set)) return undefined;
  return lost === undefined || !overlaps(set, lost) ? set : difference(set, lost);
}

function isEmpty(set: FieldSet): boolean {
  for (const element in set) return element === undefined;
  return true;
}

/** What a set became by the last comparison that it met. */
const became = new Recent<FieldSet, { readonly comparison: Comparison; readonly fields: FieldSet }>(256);

/** The writer's own fields, without what it took away and with what it changed. */
function ownFields(fields: FieldSet, comparison: Comparison, changed: FieldSet): FieldSet {
  const { removed } = comparison;
  if ((removed === undefined || !overlaps(fields, removed)) && covers(fields, changed)) return fields;
  const known = became.get(fields);
  if (known?.comparison === comparison) return known.fields;
  const next = union(without(fields, removed), changed)!;
  freezeNode(next);
  became.set(fields, { comparison, fields: next });
  return next;
}
