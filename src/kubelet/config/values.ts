import { isQuantity, value } from '../../api/meta/quantity.ts';
import { parseGoDuration } from '../../base/go-duration.ts';

/** A configuration as it was decoded. */
export type Json = Readonly<Record<string, unknown>>;

/** A field that is there only when its value is. */
export function optional<Key extends string, T>(key: Key, found: T | undefined): Partial<Record<Key, T>> {
  return found === undefined ? {} : { [key]: found } as Partial<Record<Key, T>>;
}

/** The refusal of a value that is none. */
export function wrong(name: string, wanted: string, found: unknown): Error {
  return new Error(`${name}: wants ${wanted}, got ${JSON.stringify(found)}`);
}

/** Each of these gives a field of its type, undefined where it is not written, and throws an Error for anything else. */
export function string(config: Json, name: string): string | undefined {
  const found = config[name];
  if (found !== undefined && typeof found !== 'string') throw wrong(name, 'a text', found);
  return found;
}

/** True or false. */
export function boolean(config: Json, name: string): boolean | undefined {
  const found = config[name];
  if (found !== undefined && typeof found !== 'boolean') throw wrong(name, 'true or false', found);
  return found;
}

/** An object of these fields; null counts as none. */
export function object(config: Json, name: string, fields: readonly string[]): Json | undefined {
  const found = config[name] ?? undefined;
  if (found === undefined) return undefined;
  if (typeof found !== 'object' || Array.isArray(found)) throw wrong(name, 'an object', found);
  const unknown = Object.keys(found).filter((field) => !fields.includes(field));
  if (unknown.length > 0) throw new Error(`strict decoding error: ${unknown.map((field) => `unknown field ${JSON.stringify(`${name}.${field}`)}`).join(', ')}`);
  return found as Json;
}

/** A whole number. */
export function number(config: Json, name: string): number | undefined {
  const found = config[name];
  if (found !== undefined && !Number.isInteger(found)) throw wrong(name, 'a whole number', found);
  return found as number | undefined;
}

/** A list of texts. */
export function list(config: Json, name: string): string[] | undefined {
  const found = config[name];
  if (found !== undefined && !(Array.isArray(found) && found.every((one) => typeof one === 'string'))) throw wrong(name, 'a list of texts', found);
  return found as string[] | undefined;
}

/** Names with texts. */
export function map(config: Json, name: string): Record<string, string> | undefined {
  const found = config[name];
  if (found === undefined) return undefined;
  if (typeof found !== 'object' || found === null || Object.values(found).some((one) => typeof one !== 'string')) throw wrong(name, 'names with texts', found);
  return found as Record<string, string>;
}

/** What is reserved of each resource. */
export function amounts(config: Json, name: string): Record<string, string> | undefined {
  const found = map(config, name);
  for (const [resource, text] of Object.entries(found ?? {})) {
    if (!['cpu', 'memory', 'ephemeral-storage'].includes(resource)) throw new Error(`not supported: ${name} of ${resource}`);
    if (!isQuantity(text)) throw wrong(`${name}.${resource}`, 'an amount', text);
  }
  return found;
}

/** An amount, in bytes. */
export function bytes(config: Json, name: string): number | undefined {
  const found = string(config, name);
  if (found !== undefined && !isQuantity(found)) throw wrong(name, 'an amount', found);
  return found === undefined ? undefined : value(found);
}

/** Milliseconds; undefined for zero, which is how Go writes a duration that was not set. */
export function duration(config: Json, name: string): number | undefined {
  const found = string(config, name);
  return found === undefined ? undefined : parsedDuration(name, found) || undefined;
}

/** Milliseconds of a text that must be a duration. */
export function parsedDuration(name: string, text: string): number {
  const parsed = parseGoDuration(text);
  if (parsed === undefined) throw wrong(name, 'a duration', text);
  return parsed;
}
