import { isMap } from '../../base/is-map.ts';
import { parseDocument } from 'yaml';
import { toGoJson } from '../printers/go-json.ts';
import type { AnyObject } from '../resources/item.ts';
import { read, write } from './field-spec.ts';
import { readValues } from './read-objects.ts';
import type { Found, Made } from './value-path.ts';
import { fresh, lookUp, placesAt, writeText } from './value-path.ts';

/** The first value on a path that is a text with more steps behind it. */
function textOn(object: AnyObject, steps: readonly string[]): { readonly text: string; readonly at: readonly string[]; readonly rest: readonly string[] } | undefined {
  for (let i = 1; i < steps.length; i++) {
    try {
      const value = lookUp(object, steps.slice(0, i));
      if (typeof value === 'string') return { text: value, at: steps.slice(0, i), rest: steps.slice(i) };
    } catch {
      // Steps that this reader does not know lead to no text.
    }
  }
  return undefined;
}

/** The keys that lead to something in a value. */
function pathTo(value: unknown, wanted: unknown): (string | number)[] | undefined {
  if (value === wanted) return [];
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, child] of Object.entries(value)) {
    const path = pathTo(child, wanted);
    if (path !== undefined) return [Array.isArray(value) ? Number(key) : key, ...path];
  }
  return undefined;
}

/** The text with what has changed at these places; YAML keeps its comments. */
function written(before: string, after: unknown, places: readonly Found[]): string {
  if (/^\s*[{[]/.test(before)) return before.includes('\n') && before.includes('  ') ? JSON.stringify(JSON.parse(toGoJson(after)), null, 2) : toGoJson(after);
  const document = parseDocument(before);
  for (const place of places) document.setIn([...pathTo(after, place.holder) ?? [], place.key], read(place));
  const text = document.toString({ lineWidth: 0, indentSeq: false }).trim();
  // The writer parts a last comment from what it stands behind.
  return before.includes('\n\n#') ? text : text.replace(/\n\n(?=(?:#.*\n?)+$)/, '\n');
}

/** Replaces a field inside of a text that is JSON or YAML itself, as a ConfigMap's often are. False where the path leads into none. */
export function replaceInText(object: AnyObject, steps: readonly string[], { value, made }: { readonly value: unknown; readonly made: Made | undefined }): boolean {
  const text = steps.length < 2 ? undefined : textOn(object, steps);
  if (text === undefined) return false;
  try {
    const [parsed] = readValues(text.text);
    const found = placesAt(parsed, text.rest, made);
    if (found.length === 0) return false;
    for (const place of found) {
      const old = read(place);
      if ((old === null || typeof old !== 'object') && !isMap(value) && !Array.isArray(value)) writeText(place, String(value as string));
      else write(place, value);
    }
    const [holder] = placesAt(object, text.at, undefined);
    if (holder === undefined) return false;
    write({ ...holder, [fresh]: false } as Found, written(text.text, parsed, found));
    return true;
  } catch {
    return false;
  }
}
