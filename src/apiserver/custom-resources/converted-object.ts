import { isMap } from '../../base/is-map.ts';
import type { FieldError } from '../../api/field-error.ts';
import { formatFieldErrors } from '../../api/field-error.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { validateAnnotations, validateLabels } from '../../api/meta/object-meta.ts';

/** What is wrong with an object that a conversion webhook answered. */
export class ConversionProblem extends Error {
  readonly inMetadata: boolean;

  constructor(message: string, inMetadata = false) {
    super(message);
    this.inMetadata = inMetadata;
  }
}

/** Go's `%T` of a decoded value. */
function goType(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  switch (typeof value) {
    case 'number': return Number.isInteger(value) ? 'int64' : 'float64';
    case 'bigint': return 'int64';
    case 'boolean': return 'bool';
    case 'object': return 'map[string]interface {}';
    default: return typeof value;
  }
}

/**
 * The converted object with the metadata of the original: a webhook may change labels and annotations, nothing else of
 * it. Throws ConversionProblem for what is not the same object in the wanted version.
 */
export function restoreMetadata(original: KubeObject, converted: unknown, apiVersion: string): KubeObject {
  if (!isMap(converted)) throw new ConversionProblem(`expected an object, got ${goType(converted)}`);
  const object = converted as unknown as KubeObject;
  if (object.apiVersion !== apiVersion) throw new ConversionProblem(`invalid groupVersion (expected ${apiVersion}, received ${object.apiVersion ?? ''})`);
  if (object.kind !== original.kind) throw new ConversionProblem(`invalid kind (expected ${original.kind ?? ''}, received ${object.kind ?? ''})`);
  const given: unknown = object.metadata;
  const identity = isMap(given) ? given : {};
  for (const [field, name] of [['name', 'name'], ['namespace', 'namespace'], ['uid', 'UID']] as const) {
    const before = original.metadata[field] ?? '';
    const after = identity[field] ?? '';
    if (before !== after) throw new ConversionProblem(`must have the same ${name}: ${before} != ${String(after)}`);
  }
  if (given === undefined) throw new ConversionProblem('missing metadata in converted object', true);
  if (!isMap(given)) throw new ConversionProblem(`invalid metadata of type ${goType(given)} in converted object`, true);
  const metadata = structuredClone(original.metadata);
  for (const field of ['labels', 'annotations'] as const) {
    const value = given[field] ?? undefined;
    if (value === undefined) delete metadata[field];
    else metadata[field] = checkedText(field, value, original.metadata[field] ?? {});
  }
  object.metadata = metadata;
  return object;
}

function checkedText(field: 'labels' | 'annotations', value: unknown, before: Readonly<Record<string, string>>): Record<string, string> {
  if (!isMap(value)) throw new ConversionProblem(`invalid metadata.${field} of type ${goType(value)} in converted object`, true);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') throw new ConversionProblem(`metadata.${field}[${key}] must be a string, but is ${goType(text)} in converted object`, true);
  }
  const texts = value as Record<string, string>;
  const changed = Object.keys(texts).length !== Object.keys(before).length || Object.entries(texts).some(([key, text]) => before[key] !== text);
  if (changed) {
    const errors: readonly FieldError[] = field === 'labels' ? validateLabels(texts, 'metadata.labels') : validateAnnotations(texts, 'metadata.annotation');
    if (errors.length > 0) throw new ConversionProblem(formatFieldErrors(errors), true);
  }
  return texts;
}
