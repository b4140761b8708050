/** How Go prints JSON values in upstream's messages. */
import type { JsonValue } from './json-value.ts';
import { isJsonObject } from './json-value.ts';

/** Go's `%v`: `map[a:1 b:[x y]]`. */
export function showMap(value: JsonValue): string {
  if (isJsonObject(value)) return `map[${Object.keys(value).sort().map((key) => `${key}:${showMap(value[key]!)}`).join(' ')}]`;
  if (Array.isArray(value)) return `[${value.map(showMap).join(' ')}]`;
  return value === null ? '<nil>' : String(value);
}

/** Go's `%s` of what should be a string, and shows it when it is none. */
export function showString(value: JsonValue): string {
  if (typeof value === 'string') return value;
  if (value === null) return '%!s(<nil>)';
  if (isJsonObject(value)) return `map[${Object.keys(value).sort().map((key) => `${key}:${showString(value[key]!)}`).join(' ')}]`;
  if (Array.isArray(value)) return `[${value.map(showString).join(' ')}]`;
  return `%!s(${goTypeName(value)}=${String(value)})`;
}

/** The type that a value has in a decoded document. */
export function goTypeName(value: JsonValue | undefined): string {
  if (value === null || value === undefined) return '%!s(<nil>)';
  if (Array.isArray(value)) return '[]interface {}';
  if (isJsonObject(value)) return 'map[string]interface {}';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  return Number.isSafeInteger(value) ? 'int64' : 'float64';
}
