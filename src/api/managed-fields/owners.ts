/** Who owns what of an object: metadata.managedFields, read and written. */
import type { ManagedFieldsEntry } from '../types/meta/v1.ts';
import { parseTime } from '../meta/time.ts';
import { parseFieldSet } from './field-set.ts';
import type { FieldSet } from './field-set.ts';

export type Operation = 'Apply' | 'Update';

/** One manager in one way of writing. */
export interface Owner {
  readonly manager: string;
  readonly operation: Operation;
  readonly apiVersion: string;
  /** Empty: the resource itself. */
  readonly subresource: string;
  readonly time: string | undefined;
  readonly fields: FieldSet | undefined;
  /** As it was read, for as long as nothing changed. */
  readonly entry?: ManagedFieldsEntry;
}

/** By identifier, which names a manager to sort by and to speak of. */
export type Owners = Map<string, Owner>;

/** Go's JSON of an entry without its time and fields. An applier is the same one whatever version it applies in. */
export function ownerId({ manager, operation, apiVersion, subresource }: Pick<Owner, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): string {
  const version = operation === 'Apply' || apiVersion === '' ? '' : `,"apiVersion":${JSON.stringify(apiVersion)}`;
  return `{${manager === '' ? '' : `"manager":${JSON.stringify(manager)},`}"operation":"${operation}"${version}${subresource === '' ? '' : `,"subresource":${JSON.stringify(subresource)}`}}`;
}

/** Entries that no manager can have written. */
export class ManagedFieldsError extends Error {}

/** Reads entries that this server wrote. */
export function storedOwners(entries: readonly ManagedFieldsEntry[] | undefined): Owners {
  const owners: Owners = new Map();
  for (const entry of entries ?? []) {
    const { manager = '', operation, apiVersion = '', subresource = '', time, fieldsV1 } = entry;
    const fields = fieldsV1 as FieldSet | undefined;
    let empty = true;
    for (const element in fields) empty = element === undefined;
    const owner: Owner = { manager, operation: operation === 'Apply' ? 'Apply' : 'Update', apiVersion, subresource, time, fields: empty ? undefined : fields, entry };
    owners.set(ownerId(owner), owner);
  }
  return owners;
}

/** Reads entries that a client sent. Throws ManagedFieldsError, worded as upstream words it. */
export function givenOwners(entries: readonly ManagedFieldsEntry[] | undefined): Owners {
  const owners: Owners = new Map();
  (entries ?? []).forEach((entry, i) => {
    const { manager = '', operation, apiVersion = '', subresource = '', time, fieldsType = '', fieldsV1 } = entry;
    if (operation !== 'Apply' && operation !== 'Update') throw new ManagedFieldsError('operation must be `Apply` or `Update`');
    if (apiVersion === '') throw new ManagedFieldsError('apiVersion must not be empty');
    if (fieldsType === '') throw new ManagedFieldsError(`missing fieldsType in managed fields entry ${i}`);
    if (fieldsType !== 'FieldsV1') throw new ManagedFieldsError(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${i}`);
    let fields: FieldSet | undefined;
    try {
      fields = parseFieldSet(fieldsV1);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new ManagedFieldsError(`error decoding versioned set from ${manager}: error decoding set: ${error.message}`, { cause: error });
    }
    const owner: Owner = { manager, operation, apiVersion, subresource, time, fields };
    owners.set(ownerId(owner), owner);
  });
  return owners;
}

/** The API's entry of one owner, its keys as Go writes them. */
export function entryOf({ manager, operation, apiVersion, subresource, time, fields, entry }: Owner): ManagedFieldsEntry {
  if (entry !== undefined) return entry;
  const made: ManagedFieldsEntry = {};
  if (manager !== '') made.manager = manager;
  made.operation = operation;
  made.apiVersion = apiVersion;
  if (time !== undefined) made.time = time;
  made.fieldsType = 'FieldsV1';
  made.fieldsV1 = fields ?? {};
  if (subresource !== '') made.subresource = subresource;
  return made;
}

const secondsOf = (time: string | undefined): number => (time === undefined ? 0 : Math.floor((parseTime(time) ?? 0) / 1000));
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
/** The length of a metav1.Time, which has whole seconds and is in UTC: such are in the order of their texts. */
const plainTime = '2006-01-02T15:04:05Z'.length;

function byTime(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  return a?.length === plainTime && b?.length === plainTime ? byText(a, b) : secondsOf(a) - secondsOf(b);
}

/** Appliers first, then by time and name. */
export function compareEntries(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  return byText(a.operation ?? '', b.operation ?? '') || byTime(a.time, b.time) || byText(a.manager ?? '', b.manager ?? '') || byText(a.apiVersion ?? '', b.apiVersion ?? '') || byText(a.subresource ?? '', b.subresource ?? '');
}

/** In their order. Undefined when there are none. */
export function entriesOf(owners: Owners): ManagedFieldsEntry[] | undefined {
  if (owners.size === 0) return undefined;
  const entries: ManagedFieldsEntry[] = [];
  for (const owner of owners.values()) entries.push(entryOf(owner));
  return entries.sort(compareEntries);
}

/** A client asks to forget all managers: an empty list, or one empty entry. */
export function isReset(entries: readonly ManagedFieldsEntry[] | undefined): boolean {
  if (entries === undefined) return false;
  return entries.length === 0 || (entries.length === 1 && Object.keys(entries[0]!).length === 0);
}
