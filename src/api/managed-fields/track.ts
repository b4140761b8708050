/**
 * The managed fields of objects that are written whole: created, updated, patched. Follows upstream's chain of managers
 * (apimachinery's util/managedfields) in one function each.
 */
import type { KubeObject } from '../meta/object.ts';
import { jsonEqual } from '../patch/json-value.ts';
import type { JsonValue } from '../patch/json-value.ts';
import type { ManagedFieldsEntry } from '../types/meta/v1.ts';
import { changedFields, compareObjects, createdFields } from './compare.ts';
import type { Comparison } from './compare.ts';
import { areOfVersion, updatedEntries } from './one-version.ts';
import { difference, intersection, restrict, union } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import type { Owner, Owners } from './owners.ts';
import { entriesOf, entryOf, givenOwners, isReset, ManagedFieldsError, ownerId, storedOwners } from './owners.ts';
import { reconcileFields } from './prune.ts';
import { shareEntries } from './text.ts';
import type { Writer } from './writer.ts';

/** More managers of the Update operation than that are merged, oldest first. */
const maxUpdateManagers = 10;
const ancientManager = 'ancient-changes';

/** Does the client leave the managed fields as they stand? Through a subresource nobody sets them by hand. */
function areLeft(given: readonly ManagedFieldsEntry[] | undefined, stored: readonly ManagedFieldsEntry[] | undefined, subresource: string): boolean {
  if (subresource !== '' || given === undefined || given === stored) return true;
  return !isReset(given) && sameEntries(given, stored);
}

/** The owners of an object at the beginning of a write: those that the client sends, or those that stand. */
function ownersAtFirst(live: KubeObject | undefined, given: readonly ManagedFieldsEntry[] | undefined, subresource: string): { readonly owners: Owners; readonly own: boolean } {
  const stored = live?.metadata.managedFields;
  if (areLeft(given, stored, subresource)) return { owners: storedOwners(stored), own: true };
  if (isReset(given)) return { owners: new Map(), own: true };
  try {
    const owners = givenOwners(given);
    if (owners.size > 0) return { owners, own: false };
  } catch (error) {
    if (!(error instanceof ManagedFieldsError)) throw error;
  }
  return { owners: storedOwners(stored), own: true };
}

/** Most clients send back what they have read. */
function sameEntries(given: readonly ManagedFieldsEntry[], stored: readonly ManagedFieldsEntry[] | undefined): boolean {
  if (stored?.length !== given.length) return false;
  return given.every((entry, i) => {
    const other = stored[i]!;
    return entry.manager === other.manager && entry.operation === other.operation && entry.apiVersion === other.apiVersion && entry.subresource === other.subresource
      && entry.time === other.time && entry.fieldsType === other.fieldsType && jsonEqual(entry.fieldsV1 as JsonValue, other.fieldsV1 as JsonValue);
  });
}

/**
 * The managed fields of an object that is about to be written instead of `live` (undefined: of a new one), both in the
 * writer's version. Nothing is changed. Undefined: none.
 */
export function trackUpdate(live: KubeObject | undefined, object: KubeObject, writer: Writer): ManagedFieldsEntry[] | undefined {
  const { apiVersion, subresource } = writer.endpoint;
  const given = object.metadata.managedFields;
  const stored = live?.metadata.managedFields;
  if (live !== undefined && stored !== undefined && areOfVersion(stored, apiVersion, maxUpdateManagers) && areLeft(given, stored, subresource)) {
    const entries = updatedEntries(stored, compareFor(live, object, writer), writer);
    return entries.length === 0 ? undefined : entries;
  }
  const { owners, own } = ownersAtFirst(live, given, subresource);
  // An object that nobody was tracked for stays so until somebody applies to it.
  if (owners.size === 0 && live !== undefined) return undefined;
  if (live === undefined && owners.size === 0) return trackCreate(object, writer);
  if (!own) reconcileOwners(owners, live ?? object, writer);
  const comparison = compareFor(live ?? {}, object, writer);
  updateOwners(owners, { live: live ?? emptyOf(object), object, comparison, except: undefined }, writer);
  return entriesOf(owners);
}

/** What an update makes of the owners: who changed something has it now, and the others lose it. */
export function updateOwners(owners: Owners, transition: Transition, writer: Writer): void {
  takeFrom(owners, lossesOf(owners, transition, writer));
  const changed = changedFields(transition.comparison);
  if (changed !== undefined) {
    const { manager, time, endpoint: { apiVersion, subresource } } = writer;
    const id = ownerId({ manager, operation: 'Update', apiVersion, subresource });
    owners.set(id, { manager, operation: 'Update', apiVersion, subresource, time, fields: union(owners.get(id)?.fields, changed) });
  }
  capUpdaters(owners);
}

const compareFor = (live: object, object: KubeObject, writer: Writer): Comparison => ownedPart(compareObjects(live, object, writer.endpoint.shape, { form: 'go', ignored: writer.endpoint.ignored }), writer);

/** What a write can have changed. */
export function ownedPart(comparison: Comparison, { endpoint: { owned } }: Writer): Comparison {
  if (owned === undefined) return comparison;
  return { removed: restrict(comparison.removed, owned), modified: restrict(comparison.modified, owned), added: restrict(comparison.added, owned) };
}

const emptyOf = ({ apiVersion, kind }: KubeObject): KubeObject => ({ ...(apiVersion !== undefined && { apiVersion }), ...(kind !== undefined && { kind }), metadata: {} });

/** The plain creation: one manager, who has everything. */
function trackCreate(object: KubeObject, { manager, time, endpoint }: Writer): ManagedFieldsEntry[] | undefined {
  const { apiVersion, subresource, shape, ignored, last } = endpoint;
  const fields = createdFields(object, shape, ignored);
  if (fields === undefined) return undefined;
  if (last !== undefined && last.fields === fields && last.manager === manager && last.time === time) {
    if (!last.shared) shareEntries(last.entries);
    last.shared = true;
    return last.entries;
  }
  const entry = entryOf({ manager, operation: 'Update', apiVersion, subresource, time, fields });
  const entries = [entry];
  endpoint.last = { manager, time, fields, entries, shared: false };
  return entries;
}

export interface Transition {
  readonly live: KubeObject;
  readonly object: KubeObject;
  /** In the writer's version. */
  readonly comparison: Comparison;
  /** The identifier of the owner that writes, if its fields are already as they will be. */
  readonly except: string | undefined;
}

/** What each other manager loses by a change: what is different now, and what is gone. */
export function lossesOf(owners: Owners, transition: Transition, writer: Writer): { readonly conflicts: Map<string, FieldSet>; readonly removed: Map<string, FieldSet> } {
  const comparisons = new Map<string, Comparison>([[writer.endpoint.apiVersion, transition.comparison]]);
  const conflicts = new Map<string, FieldSet>();
  const removed = new Map<string, FieldSet>();
  for (const [id, owner] of owners) {
    if (id === transition.except) continue;
    let comparison = comparisons.get(owner.apiVersion);
    if (comparison === undefined) {
      comparison = compareIn(owner.apiVersion, transition, writer);
      if (comparison === undefined) {
        // Nobody can say what it means: a version that is not served any more.
        owners.delete(id);
        continue;
      }
      comparisons.set(owner.apiVersion, comparison);
    }
    const conflict = intersection(owner.fields, changedFields(comparison));
    if (conflict !== undefined) conflicts.set(id, conflict);
    if (comparison.removed !== undefined) removed.set(id, comparison.removed);
  }
  return { conflicts, removed };
}

function compareIn(apiVersion: string, { live, object }: Transition, writer: Writer): Comparison | undefined {
  const before = writer.endpoint.versions.convert(live, apiVersion);
  const after = writer.endpoint.versions.convert(object, apiVersion);
  if (before === undefined || after === undefined) return undefined;
  return ownedPart(compareObjects(before.object, after.object, before.shape, { form: 'go', ignored: writer.endpoint.ignoredIn(apiVersion) }), writer);
}

/** Takes from each manager what it loses; managers without fields are gone. */
export function takeFrom(owners: Owners, { conflicts, removed }: ReturnType<typeof lossesOf>): void {
  for (const [id, owner] of owners) {
    const conflict = conflicts.get(id);
    const gone = removed.get(id);
    if (conflict === undefined && gone === undefined && owner.fields !== undefined) continue;
    const fields = difference(difference(owner.fields, conflict), gone);
    if (fields === undefined) owners.delete(id);
    else if (fields !== owner.fields) owners.set(id, changedOwner(owner, fields));
  }
}

/** An owner with other fields, or another time. */
export function changedOwner({ manager, operation, apiVersion, subresource, time }: Owner, fields: FieldSet | undefined): Owner {
  return { manager, operation, apiVersion, subresource, time, fields };
}

/** Field sets that were written under another schema. */
export function reconcileOwners(owners: Owners, live: KubeObject, writer: Writer): void {
  for (const [id, owner] of owners) {
    const shape = owner.apiVersion === writer.endpoint.apiVersion ? writer.endpoint.shape : writer.endpoint.versions.convert(live, owner.apiVersion)?.shape;
    // Versions that are gone lose their managers later on.
    if (shape === undefined) continue;
    const fields = reconcileFields(owner.fields, shape);
    if (fields !== owner.fields) owners.set(id, changedOwner(owner, fields));
  }
}

/** Merges the oldest managers of the Update operation into one a version while there are too many. */
export function capUpdaters(owners: Owners): void {
  if (owners.size <= maxUpdateManagers) return;
  const updaters = [...owners].filter(([, { operation }]) => operation === 'Update');
  if (updaters.length <= maxUpdateManagers) return;
  updaters.sort(([idA, a], [idB, b]) => ((a.time ?? '') < (b.time ?? '') ? -1 : (a.time ?? '') > (b.time ?? '') ? 1 : idA < idB ? -1 : 1));
  const firstOfVersion = new Map<string, string>();
  let count = updaters.length;
  for (const [id, owner] of updaters) {
    if (count <= maxUpdateManagers) return;
    const first = firstOfVersion.get(owner.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(owner.apiVersion, id);
      continue;
    }
    const bucket: Owner = { manager: ancientManager, operation: 'Update', apiVersion: owner.apiVersion, subresource: '', time: owner.time, fields: undefined };
    const bucketId = ownerId(bucket);
    let fields = owners.get(bucketId)?.fields;
    if (!owners.has(bucketId)) {
      fields = owners.get(first)?.fields;
      owners.delete(first);
    }
    owners.set(bucketId, { ...bucket, fields: union(fields, owner.fields) });
    if (id !== bucketId) owners.delete(id);
    count--;
  }
}
