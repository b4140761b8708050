import { isMap } from '../../base/is-map.ts';
import { KubectlError } from '../errors.ts';
import type { AnyObject } from '../resources/item.ts';
import type { KindPattern } from './resource.ts';
import { idText, isOfKind, kindOf, nameOf, namespaceOf } from './resource.ts';

/** A field of a kind: `spec/template/metadata/labels`; `create` makes it where it is not. */
export interface FieldSpec extends KindPattern { readonly path: string; readonly create?: boolean }

type Json = Record<string, unknown>;
/** A place in an object, which can be written. */
export interface Place { readonly holder: Json | unknown[]; readonly key: string | number }

export const read = ({ holder, key }: Place): unknown => (holder as Json)[key];
export const write = ({ holder, key }: Place, value: unknown): void => { (holder as Json)[key] = value; };

/** Splits a path; a delimiter behind a backslash belongs to a name. */
export function splitPath(path: string, delimiter: '/' | '.'): string[] {
  const parts = path.split(delimiter);
  if (parts.length > 1 && parts[0] === '') parts.shift();
  const joined: string[] = [];
  for (const part of parts) {
    if (joined.at(-1)?.endsWith('\\') === true) joined.push(`${joined.pop()!.slice(0, -1)}${delimiter}${part}`);
    else joined.push(part);
  }
  return joined;
}

function visit(place: Place, path: readonly string[], { create, set }: { readonly create: 'map' | 'scalar' | undefined; readonly set: (place: Place) => void }): void {
  const value = read(place);
  if (path.length === 0) return set(place);
  if (value === null || value === undefined) return;
  if (Array.isArray(value)) return value.forEach((_, key) => visit({ holder: value as unknown[], key }, path, { create, set }));
  if (!isMap(value)) throw new KubectlError('expected sequence or mapping node');
  const step = path[0]!;
  const name = step.replace(/\[\]$/, '');
  if (name === '') throw new KubectlError('cannot set or create an empty field name');
  const made = create === undefined || name !== step ? undefined : path.length > 1 || create === 'map' ? {} : '';
  if (made !== undefined && (value[name] === undefined || value[name] === null)) value[name] = made;
  if (value[name] === undefined) return;
  visit({ holder: value, key: name }, path.slice(1), { create, set });
}

/** Calls `set` for each place that a field's path leads to in an object of its kind; lists on the way are gone through. `made`: what a field is that is created. */
export function atField(object: AnyObject, field: FieldSpec, { made, set }: { readonly made?: 'map' | 'scalar'; readonly set: (place: Place) => void }): void {
  const kind = kindOf(object);
  if (!isOfKind(kind, field)) return;
  try {
    visit({ holder: { object }, key: 'object' }, splitPath(field.path, '/'), { create: field.create === true ? made : undefined, set });
  } catch (error) {
    throw new KubectlError(`considering field '${field.path}' of object ${idText({ ...kind, name: nameOf(object), namespace: namespaceOf(object) })}: ${(error as Error).message}`, { cause: error });
  }
}

const same = (a: FieldSpec, b: FieldSpec): boolean => isOfKind({ group: a.group ?? '', version: a.version ?? '', kind: a.kind ?? '' }, b) && a.path === b.path;

/** The fields of both lists, each once. Throws KubectlError where one list creates a field and the other does not. */
export function mergeFields(fields: readonly FieldSpec[], more: readonly FieldSpec[]): FieldSpec[] {
  const all = [...fields];
  for (const field of more) {
    const there = all.find((one) => same(one, field));
    if (there === undefined) all.push(field);
    else if ((there.create ?? false) !== (field.create ?? false)) throw new KubectlError('conflicting fieldspecs');
  }
  return all;
}
