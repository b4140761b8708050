import type { KubeObject } from './object.ts';

/**
 * `equality.Semantic.DeepEqual` for JSON values: a missing field, null and an empty list are the same thing. Lists are
 * compared in order. Quantities and times are compared as they are written, which is canonical in stored objects.
 */
export function semanticEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isAbsent(a) || isAbsent(b)) return isAbsent(a) && isAbsent(b);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (!semanticEqual(a[i], b[i])) return false;
    return true;
  }
  return sameMembers(a as Record<string, unknown>, b as Record<string, unknown>);
}

function sameMembers(left: Record<string, unknown>, right: Record<string, unknown>): boolean {
  let extra = 0;
  // oxlint-disable-next-line guard-for-in -- JSON has own members only
  for (const name in left) {
    const mine = left[name];
    // Nothing is the same that is not a member itself.
    const theirs = mine === right[name] || Object.hasOwn(right, name) ? right[name] : undefined;
    if (mine !== theirs && !semanticEqual(mine, theirs)) return false;
    if (theirs !== undefined) extra -= 1;
  }
  for (const name in right) if (right[name] !== undefined) extra += 1;
  if (extra === 0) return true;
  for (const name in right) if (!isAbsent(right[name]) && !Object.hasOwn(left, name)) return false;
  return true;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

/** Would both be stored as the same JSON, but for the order of members? They may say different resourceVersions. */
export function sameStored(a: KubeObject, b: KubeObject): boolean {
  return sameWithout(a, b, 'metadata') && sameWithout(a.metadata, b.metadata, 'resourceVersion');
}

function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (!Array.isArray(a)) return !Array.isArray(b) && sameWithout(a, b);
  if (!Array.isArray(b) || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!sameJson(a[i], b[i])) return false;
  return true;
}

/** Members that are undefined are none. */
function sameWithout(a: object, b: object, without?: string): boolean {
  let extra = 0;
  for (const name in a) {
    const member = memberOf(a, name);
    if (name === without || member === undefined) continue;
    if (!sameJson(member, memberOf(b, name))) return false;
    extra--;
  }
  for (const name in b) if (name !== without && memberOf(b, name) !== undefined) extra++;
  return extra === 0;
}

const memberOf = (object: object, name: string): unknown => (Object.hasOwn(object, name) ? (object as Readonly<Record<string, unknown>>)[name] : undefined);

/** Two label or annotation maps, where a missing one equals an empty one. */
export function mapsEqual(a: Readonly<Record<string, string>> | undefined, b: Readonly<Record<string, string>> | undefined): boolean {
  return semanticEqual(a ?? {}, b ?? {});
}
