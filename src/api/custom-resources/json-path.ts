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

function sliceOf(value: unknown, { start, end, step, derived }: Extract<JsonPathNode, { kind: 'slice' }>): Results {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw new JsonPathError('not an array or slice');
  const { length } = value;
  const from = start === undefined ? 0 : start < 0 ? start + length : start;
  let to = end ?? length;
  if (to < 0 || (to === 0 && derived)) to += length;
  if (from === to) return [];
  if (from < 0 || from >= length || to < 0 || to > length || from > to || (step !== undefined && step <= 0)) throw new JsonPathError('array index out of bounds');
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

function filter(value: unknown, { left, operator, right }: Extract<JsonPathNode, { kind: 'filter' }>): Results {
  if (!Array.isArray(value)) throw new JsonPathError('not an array or slice, cannot be filtered');
  return (value as unknown[]).filter((item) => {
    const lefts = follow([item], left);
    if (operator === 'exists') return lefts.length > 0;
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
