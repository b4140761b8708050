/** The annotation of client-side apply, which kubectl's server-side apply reads once and keeps up to date. */
import type { KubeObject } from '../meta/object.ts';
import { annotationsLimitBytes } from '../meta/object-meta.ts';
import { byteLength } from '../meta/validation.ts';
import { isJsonObject, sortedJson } from '../patch/json-value.ts';
import type { JsonObject, JsonValue } from '../patch/json-value.ts';
import { appliedFields, validateApplied } from './applied.ts';
import { compareObjects } from './compare.ts';
import { difference, hasPath } from './field-set.ts';
import type { Shape } from './shape.ts';

export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Which conflicts kubectl has with itself: fields of the last client-side apply that still are as it left them.
 * Undefined when the annotation says nothing.
 */
export function allowedByLastApplied(live: KubeObject, apiVersion: string, shape: Shape): ((path: readonly string[]) => boolean) | undefined {
  const text = live.metadata.annotations?.[lastAppliedAnnotation] ?? '';
  if (text === '') return undefined;
  let last: unknown;
  try {
    last = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(last) || last['apiVersion'] !== apiVersion || validateApplied(last, shape).length > 0) return undefined;
  // What differs either way is not as it was left.
  const { removed, modified, added } = compareObjects(live, last, shape, { form: 'raw' });
  const same = difference(difference(difference(appliedFields(last, shape), modified), added), removed);
  return (path) => hasPath(same, path);
}

/** Go's JSON of a decoded map: keys sorted. */
const goJson = (value: JsonValue): string => sortedJson(value).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The object with the annotation that says what was applied now; undefined where it has none to keep up to date. */
export function syncLastApplied(object: JsonObject, patch: JsonObject): JsonObject | undefined {
  const metadata = object['metadata'];
  if (!isJsonObject(metadata)) return undefined;
  const annotations = metadata['annotations'];
  if (!isJsonObject(annotations) || typeof annotations[lastAppliedAnnotation] !== 'string' || annotations[lastAppliedAnnotation] === '') return undefined;
  const text = `${goJson(withoutAnnotation(patch))}\n`;
  const synced: JsonObject = { ...annotations, [lastAppliedAnnotation]: text };
  let size = 0;
  for (const [key, value] of Object.entries(synced)) size += byteLength(key) + (typeof value === 'string' ? byteLength(value) : 0);
  if (size > annotationsLimitBytes) delete synced[lastAppliedAnnotation];
  if (synced[lastAppliedAnnotation] === annotations[lastAppliedAnnotation]) return undefined;
  return { ...object, metadata: { ...metadata, annotations: synced } };
}

function withoutAnnotation(patch: JsonObject): JsonObject {
  const metadata = patch['metadata'];
  if (!isJsonObject(metadata) || !isJsonObject(metadata['annotations'])) return patch;
  const { [lastAppliedAnnotation]: _, ...annotations } = metadata['annotations'];
  return { ...patch, metadata: { ...metadata, annotations } };
}
