import { KubectlError } from '../errors.ts';
import type { AnyObject } from '../resources/item.ts';
import type { Replacement } from './kustomization.ts';
import type { Resource } from './resource.ts';
import { selected } from './transform.ts';

type Json = Record<string, unknown>;
const isMap = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `spec.containers.[name=x].image`, with dots in brackets or behind a backslash as they are. */
function steps(path: string): string[] {
  return Array.from(path.matchAll(/\[[^\]]*\]|(?:\\.|[^.\\[])+/g), ([step]) => step.replaceAll(/\\(.)/g, '$1'));
}

interface Place { readonly holder: Json | unknown[]; readonly key: string | number }

/** Every place that the way leads to. `create`: maps and fields that are missing are made. */
function placesAt(value: unknown, way: readonly string[], create: boolean): Place[] {
  const [step = '', ...rest] = way;
  const go = (holder: Json | unknown[], key: string | number): Place[] => (rest.length === 0 ? [{ holder, key }] : placesAt((holder as Json)[key], rest, create));
  if (Array.isArray(value)) {
    const match = /^\[([^=\]]+)=([^\]]*)\]$/.exec(step);
    return value.flatMap((item: unknown, i) => (step === '*' || String(i) === step || (match !== null && isMap(item) && String(item[match[1]!]) === match[2]) ? go(value, i) : []));
  }
  if (!isMap(value)) return [];
  const key = step.replace(/^\["?([^"\]]*)"?\]$/, '$1');
  if (step === '*') return Object.keys(value).flatMap((name) => go(value, name));
  if (!Object.hasOwn(value, key)) {
    if (!create) return [];
    value[key] = rest.length === 0 ? '' : {};
  }
  return go(value, key);
}

const read = ({ holder, key }: Place): unknown => (holder as Json)[key];

function partOf(text: string, { delimiter, index = 0 }: { readonly delimiter?: string; readonly index?: number }): string {
  if (delimiter === undefined || delimiter === '') return text;
  const parts = text.split(delimiter);
  if (index < 0 || index >= parts.length) throw new KubectlError(`options.index ${index} is out of bounds for value ${text}`);
  return parts[index]!;
}

/** `old` with one of its parts replaced; below 0 before all of them, beyond the last behind them. */
function withPart(old: string, value: string, { delimiter, index = 0 }: { readonly delimiter?: string; readonly index?: number }): string {
  if (delimiter === undefined || delimiter === '') return value;
  const parts = old.split(delimiter);
  if (index < 0) return [value, ...parts].join(delimiter);
  if (index >= parts.length) return [...parts, value].join(delimiter);
  return parts.with(index, value).join(delimiter);
}

const describe = (source: Replacement['source']): string => `${source.kind ?? ''}.${source.version ?? '[noVer]'}.${source.group ?? '[noGrp]'}/${source.name ?? '[noName]'}.${source.namespace ?? '[noNs]'}`;

/** Copies a field of one resource to fields of others. */
export async function replaceFields(all: readonly Resource[], { source, targets }: Replacement): Promise<void> {
  const found = await selected(all, source);
  if (found.length !== 1) throw new KubectlError(found.length === 0 ? `nothing selected by ${describe(source)}:${source.fieldPath ?? 'metadata.name'}` : `multiple matches for selector ${describe(source)}`);
  const fieldPath = source.fieldPath ?? 'metadata.name';
  const [place] = placesAt(found[0]!.object, steps(fieldPath), false);
  if (place === undefined) throw new KubectlError(`fieldPath \`${fieldPath}\` is missing for replacement source ${describe(source)}`);
  const whole = read(place);
  const value = typeof whole === 'object' && whole !== null ? whole : partOf(String(whole as string | number | boolean), source.options ?? {});
  for (const { select, reject = [], fieldPaths = ['metadata.name'], options = {} } of targets) {
    const rejected = new Set((await Promise.all(reject.map((one) => selected(all, one)))).flat());
    for (const target of await selected(all, select)) if (!rejected.has(target)) write(target.object, fieldPaths, { value, whole, options });
  }
}

function write(object: AnyObject, fieldPaths: readonly string[], { value, whole, options }: { readonly value: unknown; readonly whole: unknown; readonly options: NonNullable<Replacement['targets'][number]['options']> }): void {
  for (const path of fieldPaths) {
    const places = placesAt(object, steps(path), options.create === true);
    if (places.length === 0) throw new KubectlError(`unable to find field ${JSON.stringify(path)} in replacement target`);
    for (const place of places) {
      const old = read(place);
      const text = typeof value === 'string' ? withPart(old === undefined || old === null ? '' : String(old as string), value, options) : value;
      // A number stays one where nothing but it is written.
      const keep = typeof whole !== 'string' && text === String(whole as number) && typeof old !== 'string';
      (place.holder as Json)[place.key] = keep ? whole : text;
    }
  }
}
