import { isMap } from '../../base/is-map.ts';
import { KubectlError } from '../errors.ts';
import type { Place } from './field-spec.ts';
import { read, splitPath, write } from './field-spec.ts';

/** What a path creates that leads nowhere: a map, a list, or a value. */
export type Made = 'map' | 'list' | 'scalar';

const isBracketed = (step: string): boolean => step.startsWith('[') && step.endsWith(']');
const isIndex = (step: string): boolean => /^\d+$/.test(step);

/** The steps of a field path: dots part them, but for those in brackets and behind a backslash. `[a.b]` is a name, `[name=x]` an element. */
export function stepsOf(path: string): string[] {
  const parts = splitPath(path, '.');
  const steps: string[] = [];
  for (let i = 0; i < parts.length; i++) {
    let part = parts[i]!;
    if (part.startsWith('[') && !part.endsWith(']')) {
      while (i < parts.length - 1 && !part.endsWith(']')) part += `.${parts[++i]!}`;
      steps.push(part.includes('=') ? part : part.replace(/^[[\]]+|[[\]]+$/g, ''));
    } else steps.push(part);
  }
  return steps;
}

function keyAndValue(step: string): readonly [key: string, value: string] {
  const inner = step.slice(1, -1);
  const equals = inner.indexOf('=');
  if (equals < 0) throw new KubectlError('list path element must contain fieldName=fieldValue for element to match');
  return [inner.slice(0, equals), inner.slice(equals + 1)];
}

const nodeKind = (value: unknown): string => (Array.isArray(value) ? 'SequenceNode' : isMap(value) ? 'MappingNode' : 'ScalarNode');
const refuse = (expected: string, value: unknown): never => { throw new KubectlError(`wrong Node Kind for  expected: ${expected} was ${nodeKind(value)}: value: {${typeof value === 'object' ? JSON.stringify(value) : String(value)}}`); };
const isAbsent = (value: unknown): boolean => value === undefined || value === null;
const shown = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

function child(value: unknown, step: string): unknown {
  if (isIndex(step) || step === '-') {
    if (!Array.isArray(value)) return refuse('SequenceNode', value);
    return step === '-' ? value.at(-1) : (value as unknown[])[Number(step)];
  }
  if (step === '*') throw new KubectlError('wildcard is not supported in PathGetter');
  if (isBracketed(step)) {
    const [key, wanted] = keyAndValue(step);
    if (!Array.isArray(value)) return refuse('SequenceNode', value);
    return (value as unknown[]).find((item) => (key === '' ? shown(item) === wanted : isMap(item) && item[key] !== undefined && shown(item[key]) === wanted));
  }
  return isMap(value) ? value[step] : refuse('MappingNode', value);
}

/** The value at the end of a path; undefined where it leads nowhere. Throws KubectlError where it leads through a value. */
export function lookUp(object: unknown, steps: readonly string[]): unknown {
  let value = object;
  for (const step of steps.map((one) => one.trim()).filter((one) => one !== '')) {
    value = child(value, step);
    if (isAbsent(value)) return undefined;
  }
  return value;
}

/** What a new field is, so that the next step finds its place in it. */
const madeFor = (next: string | undefined, made: Made): unknown => (next === undefined ? madeValue(made) : isIndex(next) || isBracketed(next) || next === '-' ? [] : {});
const madeValue = (made: Made): unknown => (made === 'map' ? {} : made === 'list' ? [] : '');

/** A field that is created holds no value yet, nor does it say what kind its value has. */
export const fresh: unique symbol = Symbol('fresh');
export interface Found extends Place { readonly [fresh]: boolean }

function inList(place: Place, steps: readonly string[], made: Made | undefined): Found[] {
  const value = read(place);
  const step = steps[0]!;
  if (!Array.isArray(value)) return refuse('SequenceNode', value);
  const items = value as unknown[];
  const at = (key: number, isFresh = false): Found[] => places({ holder: items, key, [fresh]: isFresh }, steps.slice(1), made);
  if (step === '*') return items.flatMap((_, key) => at(key));
  if (isIndex(step)) {
    const index = Number(step);
    const isNew = items.length === index && made !== undefined;
    if (isNew) items.push(madeFor(steps[1], made));
    if (index >= items.length) throw new KubectlError(`index ${index} specified but only ${items.length} elements found`);
    return at(index, isNew);
  }
  const [key, wanted] = keyAndValue(step);
  const expression = new RegExp(wanted);
  const matching = (): Found[] => items.flatMap((item, i) => (key === '' ? (expression.test(shown(item)) ? [{ holder: items, key: i, [fresh]: false }] : []) : isMap(item) && !isAbsent(item[key]) && expression.test(shown(item[key])) ? at(i) : []));
  const found = matching();
  if (found.length > 0 || made === undefined) return found;
  items.push(key === '' ? wanted : { [key]: wanted });
  return matching();
}

function places(place: Found, steps: readonly string[], made: Made | undefined): Found[] {
  const [step] = steps;
  if (step === undefined) return [place];
  if (isIndex(step) || isBracketed(step) || step === '*') return inList(place, steps, made);
  const value = read(place);
  if (isAbsent(value)) return [];
  if (!isMap(value)) return refuse('MappingNode', value);
  const isNew = value[step] === undefined;
  if (isNew && made === undefined) return [];
  if (isNew) value[step] = madeFor(steps[1], made!);
  return places({ holder: value, key: step, [fresh]: isNew }, steps.slice(1), made);
}

/** All places that a path leads to: `*` is every element, and the values of `[key=value]` are regular expressions. `made` creates what is missing. */
export function placesAt(object: unknown, steps: readonly string[], made: Made | undefined): Found[] {
  return places({ holder: [object], key: 0, [fresh]: false }, steps, made);
}

/** A text as YAML reads it. */
export function plainValue(text: string): unknown {
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  if (/^[-+]?(?:0|[1-9]\d*)$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  if (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text) && !/^[-+]?0\d/.test(text)) return Number(text);
  return text === 'null' || text === '~' || text === '' ? null : text;
}

/** Writes a text where a value is, which keeps its type: a port stays a number. */
export function writeText(place: Found, text: string): void {
  const old = read(place);
  const value = plainValue(text);
  if (typeof old === 'string' && !place[fresh]) write(place, text);
  else write(place, typeof old === 'number' && typeof value !== 'number' ? text : value);
}
