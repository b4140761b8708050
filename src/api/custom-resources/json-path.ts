/** JSONPath in the dialect of client-go, as far as it stands between the braces of a template: `.a.b[0]['c'].d[?(@.e=="f")]`. */
import { jsonPathParser } from './json-path-parser.ts';
import type { JsonPathNode } from './json-path-parser.ts';
import { isObject } from './schema-node.ts';

/** Finds values; an empty list where there is nothing. Throws JsonPathError where a step does not fit what it meets. */
export type JsonPath = (value: unknown) => readonly unknown[];

/** What makes a path no path, or a value one that the path cannot be followed in. */
export class JsonPathError extends Error {}

type Results = readonly unknown[];

function children(value: unknown): readonly unknown[] {
  if (typeof value === 'string') return Array.from(value);
  return typeof value === 'object' && value !== null ? Object.values(value) : [];
}

function descend(value: unknown): unknown[] {
  const inner = typeof value === 'object' ? children(value) : [];
  return inner.length === 0 ? [] : [value, ...inner.flatMap(descend)];
}

/** How Go names the type of a value of JSON, which is what messages say. */
function goTypeOf(value: unknown): string {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}

function sliceOf(value: unknown, { start, end, step, derived }: Extract<JsonPathNode, { kind: 'slice' }>): Results {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new JsonPathError(`${goTypeOf(value)} is not array or slice`);
  const { length } = value;
  const from = start === undefined ? 0 : start < 0 ? start + length : start;
  let to = end ?? length;
  if (to < 0 || (to === 0 && derived)) to += length;
  if (from === to) return [];
  const outside = (index: number): JsonPathError => new JsonPathError(`array index out of bounds: index ${index}, length ${length}`);
  if (from < 0 || from >= length) throw outside(from);
  if (to < 0 || to > length) throw outside(to - 1);
  if (from > to) throw new JsonPathError(`starting index ${from} is greater than ending index ${to}`);
  if (step !== undefined && step <= 0) throw new JsonPathError('step must be > 0');
  return value.slice(from, to).filter((_, i) => i % (step ?? 1) === 0);
}

function compare(left: unknown, operator: string, right: unknown): boolean {
  if (typeof left !== typeof right || typeof left === 'object' || typeof left === 'undefined') throw new JsonPathError('incompatible types for comparison');
  if (operator === '==') return left === right;
  if (operator === '!=') return left !== right;
  if (typeof left === 'boolean') throw new JsonPathError('invalid type for comparison');
  const [a, b] = [left as string, right as string];
  switch (operator) {
    case '<': return a < b;
    case '>': return a > b;
    case '<=': return a <= b;
    case '>=': return a >= b;
    default: throw new JsonPathError(`unrecognized filter operator ${operator}`);
  }
}

/** As in Go: what cannot be followed further is there. */
function exists(item: unknown, path: readonly JsonPathNode[]): boolean {
  try {
    return follow([item], path).length > 0;
  } catch (error) {
    if (error instanceof JsonPathError) return true;
    throw error;
  }
}

/** As Go's `%v` shows a value of JSON. */
const shown = (value: unknown): string => (isObject(value) ? `map[${Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, child]) => `${key}:${shown(child)}`).join(' ')}]` : value === null || value === undefined ? '<nil>' : String(value as string | number | boolean));

function filter(value: unknown, { left, operator, right }: Extract<JsonPathNode, { kind: 'filter' }>): Results {
  if (!Array.isArray(value)) throw new JsonPathError(`${shown(value)} is not array or slice and cannot be filtered`);
  return (value as unknown[]).filter((item) => {
    if (operator === 'exists') return exists(item, left);
    const lefts = follow([item], left);
    const rights = follow([item], right);
    if (lefts.length > 1 || rights.length > 1) throw new JsonPathError('can only compare one element at a time');
    return lefts.length === 1 && rights.length === 1 && compare(lefts[0], operator, rights[0]);
  });
}

function step(values: Results, node: JsonPathNode): Results {
  switch (node.kind) {
    case 'field': return values.flatMap((value) => (isObject(value) && Object.hasOwn(value, node.name) ? [value[node.name]] : []));
    case 'wildcard': return values.flatMap(children);
    case 'recursive': return values.flatMap(descend);
    case 'slice': return values.flatMap((value) => sliceOf(value, node));
    case 'filter': return values.flatMap((value) => filter(value, node));
    case 'union': return node.parts.flatMap((part) => follow(values, part));
    case 'constant': return values.map(() => node.value);
  }
}

function follow(values: Results, nodes: readonly JsonPathNode[]): Results {
  let current = values;
  for (const node of nodes) current = step(current, node);
  return current;
}

/** A path, ready to be followed. Throws JsonPathError for what is none. */
export function parseJsonPath(path: string): JsonPath {
  const nodes = jsonPathParser(path, (message) => new JsonPathError(message));
  return (value) => follow([value], nodes);
}
