/** Server-side apply: an object and what one manager wants of it (KEP-555). */
import type { KubeObject } from '../meta/object.ts';
import type { JsonObject } from '../patch/json-value.ts';
import { ApiError, badRequestError } from '../status.ts';
import type { ManagedFieldsEntry, StatusCause } from '../types/meta/v1.ts';
import { appliedFields, joinProblems, mergeApplied, validateApplied } from './applied.ts';
import { compareObjects, createdFields, isNothing } from './compare.ts';
import { difference, pathsOf, recursiveDifference, restrict, setOfPath, union } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { allowedByLastApplied, syncLastApplied } from './last-applied.ts';
import type { Owner, Owners } from './owners.ts';
import { entriesOf, ownerId, storedOwners } from './owners.ts';
import { showElement } from './path-element.ts';
import { removeFields, withNamedFields } from './prune.ts';
import type { Shape } from './shape.ts';
import { lossesOf, ownedPart, reconcileOwners, takeFrom } from './track.ts';
import { sameValue } from './values.ts';
import type { Writer } from './writer.ts';

export interface ApplyOptions {
  /** Take fields from whoever has them. */
  readonly force: boolean;
}

export interface Applied {
  /** In the writer's version, not yet decoded into its type; undefined: the object stays as it is. */
  readonly object: JsonObject | undefined;
  readonly managedFields: ManagedFieldsEntry[] | undefined;
}

/** One field that somebody else has. */
export interface Conflict { readonly owner: string; readonly path: readonly string[] }

class Conflicts extends Error {
  readonly conflicts: readonly Conflict[];
  constructor(conflicts: readonly Conflict[]) {
    super('conflicts');
    this.conflicts = conflicts;
  }
}

/** Nobody owns metadata as such, also not one who applies it empty. */
const metadataItself = setOfPath(['f:metadata']);
/** The manager that has what was there before anybody was tracked. */
const beforeFirstApply = 'before-first-apply';
/** Only kubectl keeps the annotation of client-side apply up to date. */
const kubectl = 'kubectl';

/** `default/web; apps/v1, Kind=Deployment`. */
export function describeObject(object: { readonly apiVersion?: unknown; readonly kind?: unknown; readonly metadata?: unknown }): string {
  const { name, namespace } = (object.metadata ?? {}) as { name?: unknown; namespace?: unknown };
  return `${typeof namespace === 'string' ? namespace : ''}/${typeof name === 'string' ? name : ''}; ${describeKind(object)}`;
}

function describeKind({ apiVersion, kind }: { readonly apiVersion?: unknown; readonly kind?: unknown }): string {
  const version = typeof apiVersion === 'string' ? apiVersion : '';
  return `${version.includes('/') ? version : `/${version}`}, Kind=${typeof kind === 'string' ? kind : ''}`;
}

/**
 * Applies `patch` to `live` (undefined: nothing stands there), both in the writer's version. Neither is changed. Throws
 * ApiError: Conflict with a cause for every field that others have, BadRequest, or InternalError for a patch that does
 * not fit the schema.
 */
export function applyPatchTo(live: KubeObject | undefined, patch: JsonObject, kind: { readonly apiVersion: string; readonly kind: string }, writer: Writer, options: ApplyOptions): Applied {
  if (patch['apiVersion'] !== kind.apiVersion || patch['kind'] !== kind.kind) throw badRequestError(`invalid object type: ${describeKind(patch)}`);
  const stands = live ?? { apiVersion: kind.apiVersion, kind: kind.kind, metadata: {} };
  let applied: Applied;
  try {
    applied = applyOnce(live, patch, stands, writer, options.force);
  } catch (error) {
    if (!(error instanceof Conflicts)) throw error;
    const { conflicts } = error;
    // Client-side apply by kubectl becomes server-side apply without a quarrel with itself.
    const allowed = writer.manager === kubectl ? allowedByLastApplied(stands, kind.apiVersion, writer.endpoint.shape) : undefined;
    const left = allowed === undefined ? conflicts : conflicts.filter(({ path }) => !allowed(path));
    if (left.length > 0) throw conflictError(left);
    applied = applyOnce(live, patch, stands, writer, true);
  }
  if (writer.manager !== kubectl) return applied;
  const synced = syncLastApplied(applied.object ?? (stands as unknown as JsonObject), patch);
  return synced === undefined ? applied : { ...applied, object: synced };
}

function applyOnce(live: KubeObject | undefined, patch: JsonObject, stands: KubeObject, writer: Writer, force: boolean): Applied {
  const owners = storedOwners(live?.metadata.managedFields);
  if (owners.size === 0 && live !== undefined) trackBefore(owners, live, writer);
  if (Array.isArray((patch['metadata'] as { managedFields?: unknown } | undefined)?.managedFields)) throw badRequestError('metadata.managedFields must be nil');
  const problems = validateApplied(patch, writer.endpoint.shape);
  if (problems.length > 0) throw new ApiError('', `failed to create typed patch object (${describeObject(patch)}): ${joinProblems(problems)}`);

  reconcileOwners(owners, stands, writer);
  const merged = mergeApplied(stands as unknown as JsonObject, patch, writer.endpoint.shape) as JsonObject;
  const id = ownerId({ ...writer.endpoint, manager: writer.manager, operation: 'Apply' });
  const last = owners.get(id);
  const { owned, ignored } = writer.endpoint;
  const said = appliedFields(patch, writer.endpoint.shape);
  const named = difference(recursiveDifference(said, ignored), metadataItself);
  const fields = owned === undefined ? named : restrict(named, owned);
  const mine: Owner = { manager: writer.manager, operation: 'Apply', apiVersion: writer.endpoint.apiVersion, subresource: writer.endpoint.subresource, time: last?.time, fields };
  // Also what is named and never owned holds its struct: metadata stays with the name when the last label goes.
  owners.set(id, { ...mine, fields: said });
  const object = last === undefined ? merged : prune(merged, owners, last, writer);
  owners.set(id, mine);
  const comparison = ownedPart(compareObjects(stands, object, writer.endpoint.shape, { form: 'raw', ignored }), writer);
  const losses = lossesOf(owners, { live: stands, object: object as unknown as KubeObject, comparison, except: id }, writer);
  if (!force && losses.conflicts.size > 0) throw new Conflicts([...losses.conflicts].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([owner, set]) => [...pathsOf(set)].map((path) => ({ owner, path }))));
  takeFrom(owners, losses);
  // What differs is not the same; what does not may still differ in what nobody owns.
  const unchanged = isNothing(comparison) && sameValue(stands, object, writer.endpoint.shape, { a: 'go', b: 'raw' });
  if (owners.has(id) && !unchanged) owners.set(id, { ...mine, time: writer.time });
  return { object: unchanged ? undefined : object, managedFields: entriesOf(owners) };
}

/** Somebody must have what was there before anybody was tracked. */
function trackBefore(owners: Owners, live: KubeObject, writer: Writer): void {
  const fields = createdFields(live, writer.endpoint.shape, writer.endpoint.ignored);
  if (fields === undefined) return;
  const owner: Owner = { manager: beforeFirstApply, operation: 'Update', apiVersion: writer.endpoint.apiVersion, subresource: writer.endpoint.subresource, time: writer.time, fields };
  owners.set(ownerId(owner), owner);
}

/**
 * Takes out of the merged object what this manager applied last time, not this time, and nobody else has. The object
 * comes back in the writer's version.
 */
function prune(merged: JsonObject, owners: Owners, last: Owner, writer: Writer): JsonObject {
  if (last.fields === undefined) return merged;
  const inLast = convert(merged, last.apiVersion, writer);
  if (inLast === undefined) return merged;
  const { object: before, shape } = inLast;
  const gone = removeFields(before, withNamedFields(last.fields, shape), shape) as JsonObject;
  const kept = addBackOwned({ merged: before, pruned: gone, version: last.apiVersion }, owners, writer);
  const convertedKept = convert(kept, last.apiVersion, writer);
  if (convertedKept === undefined) return merged;
  // Only what this manager had itself goes.
  const removed = difference(namedIn(before, shape), namedIn(convertedKept.object, shape));
  const own = withNamedFields(last.fields, shape);
  const pruned = removeFields(before, intersectionOf(removed, own), shape) as JsonObject;
  return convert(pruned, writer.endpoint.apiVersion, writer)?.object ?? merged;
}

const intersectionOf = (a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined => difference(a, difference(a, b));
const namedIn = (object: JsonObject, shape: Shape): FieldSet | undefined => withNamedFields(appliedFields(object, shape), shape);

interface Pruning { readonly merged: JsonObject; readonly pruned: JsonObject; readonly version: string }

/** Puts back what any manager has, in each version that managers have it in. */
function addBackOwned({ merged, pruned, version }: Pruning, owners: Owners, writer: Writer): JsonObject {
  const byVersion = new Map<string, FieldSet | undefined>();
  for (const { apiVersion, fields } of owners.values()) byVersion.set(apiVersion, union(byVersion.get(apiVersion), fields));
  // The version that was pruned first: what is missing could stand in the way of a conversion.
  const versions = [...byVersion.keys()].sort((a, b) => Number(b === version) - Number(a === version));
  let current = { merged, pruned };
  for (const apiVersion of versions) {
    const whole = convert(current.merged, apiVersion, writer);
    const part = convert(current.pruned, apiVersion, writer);
    if (whole === undefined || part === undefined) continue;
    const { object, shape } = whole;
    const keep = union(namedIn(part.object, shape), withNamedFields(byVersion.get(apiVersion), shape));
    current = { merged: object, pruned: removeFields(object, difference(namedIn(object, shape), keep), shape) as JsonObject };
  }
  return current.pruned;
}

function convert(object: JsonObject, apiVersion: string, writer: Writer): { readonly object: JsonObject; readonly shape: Shape } | undefined {
  if (object['apiVersion'] === undefined || object['apiVersion'] === apiVersion) return { object, shape: writer.endpoint.apiVersion === apiVersion ? writer.endpoint.shape : (writer.endpoint.versions.convert(object as unknown as KubeObject, apiVersion)?.shape ?? writer.endpoint.shape) };
  const found = writer.endpoint.versions.convert(object as unknown as KubeObject, apiVersion);
  return found === undefined ? undefined : { object: found.object as unknown as JsonObject, shape: found.shape };
}

/** How a manager is spoken of: `"kubectl" with subresource "status" using apps/v1`. */
function showOwner(id: string): string {
  const { manager = '', operation, apiVersion = '', subresource = '' } = JSON.parse(id) as Partial<Owner>;
  return `${JSON.stringify(manager)}${subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`}${operation === 'Update' ? ` using ${apiVersion}` : ''}`;
}

const showPath = (path: readonly string[]): string => path.map(showElement).join('');

/** 409 with every field that others have. */
function conflictError(conflicts: readonly Conflict[]): ApiError {
  const causes: StatusCause[] = conflicts.map(({ owner, path }) => ({ reason: 'FieldManagerConflict', message: `conflict with ${showOwner(owner)}`, field: showPath(path) }));
  const [only] = conflicts;
  if (conflicts.length === 1) return new ApiError('Conflict', `Apply failed with 1 conflict: conflict with ${showOwner(only!.owner)}: ${showPath(only!.path)}`, { details: { causes } });
  const lines: string[] = [];
  let owner: string | undefined;
  for (const conflict of conflicts) {
    if (conflict.owner !== owner) lines.push(`conflicts with ${showOwner(conflict.owner)}:`);
    owner = conflict.owner;
    lines.push(`- ${showPath(conflict.path)}`);
  }
  return new ApiError('Conflict', `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`, { details: { causes } });
}

