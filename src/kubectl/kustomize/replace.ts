import { isMap } from '../../base/is-map.ts';
import { KubectlError } from '../errors.ts';
import type { FieldOptions, Replacement, ReplacementTarget, Source } from './kustomization.ts';
import { read, write } from './field-spec.ts';
import { idMatcher, isLabelled } from './resource-list.ts';
import type { Resource } from './resource.ts';
import { cloned, idText, idsOf, isOfKind } from './resource.ts';
import { replaceInText } from './replace-in-text.ts';
import type { Made } from './value-path.ts';
import { lookUp, placesAt, stepsOf, writeText } from './value-path.ts';

const usualPath = 'metadata.name';
const isScalar = (value: unknown): boolean => value === null || typeof value !== 'object';

function sourceText(source: Source): string {
  const { delimiter = '', index = 0, create = false } = source.options ?? {};
  return [idText(source), ...(source.fieldPath === undefined || source.fieldPath === '' ? [] : [source.fieldPath]), ...(delimiter === '' && !create ? [] : [`${delimiter}(${index}), create=${create}`])].join(':');
}

function sourceOf(all: readonly Resource[], source: Source): Resource {
  const { name = '', namespace = '' } = source;
  const found = all.filter((one) => idsOf(one).some((id) => (name === '' || name === id.name) && (namespace === '' || (id.namespace === '' ? 'default' : id.namespace) === namespace) && isOfKind(id, source)));
  if (found.length > 1) throw new KubectlError(`multiple matches for selector ${sourceText(source)}`);
  if (found.length === 0) throw new KubectlError(`nothing selected by ${sourceText(source)}`);
  return found[0]!;
}

function partOf(value: unknown, { delimiter = '', index = 0 }: FieldOptions): unknown {
  if (delimiter === '') return value;
  if (!isScalar(value)) throw new KubectlError('delimiter option can only be used with scalar nodes');
  const parts = String(value as string).split(delimiter);
  if (index < 0 || index >= parts.length) throw new KubectlError(`options.index ${index} is out of bounds for value ${String(value as string)}`);
  return parts[index]!;
}

function valueOf(all: readonly Resource[], { source, sourceValue }: Replacement): unknown {
  if (sourceValue !== undefined && source !== undefined) throw new KubectlError('value and resource selectors are mutually exclusive');
  if (source === undefined) return sourceValue;
  const { fieldPath = '' } = source;
  const from = sourceOf(all, source);
  const path = fieldPath === '' ? usualPath : fieldPath;
  let value: unknown;
  try {
    value = lookUp(from.object, stepsOf(path));
  } catch (error) {
    throw new KubectlError(`error looking up replacement source: ${(error as Error).message}`, { cause: error });
  }
  const isEmpty = value === undefined || value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);
  if (isEmpty) throw new KubectlError(`fieldPath \`${path}\` is missing for replacement source ${idText(source)}`);
  return partOf(value, source.options ?? {});
}

/** `old` with one of its parts replaced; below 0 before all of them, beyond the last behind them. */
function withPart(old: string, value: string, { delimiter = '', index = 0 }: FieldOptions): string {
  if (delimiter === '') return value;
  const parts = old.split(delimiter);
  if (index < 0) return [value, ...parts].join(delimiter);
  return (index >= parts.length ? [...parts, value] : parts.with(index, value)).join(delimiter);
}

function copyTo({ object }: Resource, value: unknown, { fieldPaths = [], options = {} }: ReplacementTarget): void {
  const made: Made | undefined = options.create !== true ? undefined : Array.isArray(value) ? 'list' : isMap(value) ? 'map' : 'scalar';
  for (const path of fieldPaths.length === 0 ? [usualPath] : fieldPaths) {
    const steps = stepsOf(path);
    if (replaceInText(object, steps, { value, made })) continue;
    const missing = `unable to find ${made === undefined ? '' : 'or create '}field ${JSON.stringify(path)} in replacement target`;
    let found: ReturnType<typeof placesAt>;
    try {
      found = placesAt(object, steps, made);
    } catch (error) {
      throw new KubectlError(`${missing}: ${(error as Error).message}`, { cause: error });
    }
    if (found.length === 0) throw new KubectlError(missing);
    for (const place of found) {
      const old = read(place);
      if ((options.delimiter ?? '') !== '' && !isScalar(old)) throw new KubectlError('delimiter option can only be used with scalar nodes');
      if (isScalar(old) && isScalar(value)) writeText(place, withPart(String((old ?? '') as string), String(value as string), options));
      else write(place, cloned(value));
    }
  }
}

function selects({ select, reject = [] }: ReplacementTarget): (one: Resource) => boolean {
  if (select === undefined) throw new KubectlError('target must specify resources to select');
  const wanted = idMatcher(select);
  const refused = reject.map((one) => ({ selector: one, matches: ['group', 'version', 'kind', 'name', 'namespace'].some((key) => (one as Record<string, unknown>)[key] !== undefined) ? idMatcher(one) : () => false, labelled: (one.labelSelector ?? '') !== '' || (one.annotationSelector ?? '') !== '' }));
  return (one) => {
    const ids = idsOf(one);
    if (!isLabelled(one, select) || refused.some(({ selector, labelled }) => labelled && isLabelled(one, selector))) return false;
    return !refused.some(({ matches }) => ids.some(matches)) && ids.some(wanted);
  };
}

/** Copies a field of one resource, or a value, to fields of others. Throws KubectlError in upstream's words. */
export function replaceFields(all: readonly Resource[], replacements: readonly Replacement[]): void {
  for (const replacement of replacements) {
    if ((replacement.source === undefined && replacement.sourceValue === undefined) || replacement.targets === undefined) throw new KubectlError('replacements must specify a source and at least one target');
    const value = valueOf(all, replacement);
    for (const target of replacement.targets) for (const one of all.filter(selects(target))) copyTo(one, value, target);
  }
}
