import type { PodTemplateSpec } from '../../../api/types/core/v1.ts';

const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
const [fnvOffset, fnvPrime] = [0x811c9dc5, 0x01000193];
const encoder = new TextEncoder();

/** Digits of a number in letters that make no words: upstream's `rand.SafeEncodeString`. */
export function safeEncode(hash: number): string {
  return String(hash).replace(/\d/g, (digit) => alphabet[digit.charCodeAt(0) % alphabet.length]!);
}

/** JSON with sorted members and without nulls, as Go writes a map: also `<`, `>` and `&` escaped. */
export function canonicalJson(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  const members = Object.entries(value).filter(([, member]) => member !== undefined && member !== null).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${canonicalJson(key)}:${canonicalJson(member)}`).join()}}`;
}

/**
 * The hash in a revision's name: FNV-1 over its data and the number of names that were taken before. The same as
 * upstream's for the same data, so that a history that upstream began is gone on with.
 */
export function revisionHash(data: unknown, collisionCount: number): string {
  let hash = fnvOffset;
  for (const byte of encoder.encode(`${canonicalJson(data)}${collisionCount}`)) hash = (Math.imul(hash, fnvPrime) ^ byte) >>> 0;
  return safeEncode(hash);
}

/**
 * A name for a pod template: the same for equal templates, however their members are ordered; at most ten characters
 * that are safe in names. `collisionCount` makes another one when a name is taken by something else.
 */
export function podTemplateHash(template: PodTemplateSpec | undefined, collisionCount: number | undefined): string {
  const text = canonicalJson(template ?? {}) + (collisionCount === undefined ? '' : `#${collisionCount}`);
  let hash = fnvOffset;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), fnvPrime) >>> 0;
  return safeEncode(hash);
}
