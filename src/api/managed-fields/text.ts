/**
 * Managed fields as text. They are most of the bytes of a small object, and the same for all objects that are made
 * alike: the text of a tree is kept with it, and a text that was read before leads to the same tree again, so that ten
 * thousand pods of a cluster share a handful of trees.
 */
import { parseExactly } from '../codec/exact-integers.ts';
import type { ManagedFieldsEntry } from '../types/meta/v1.ts';
import { freezeNode } from './field-set.ts';
import type { FieldNode } from './field-set.ts';

/** Trees and texts that are kept: the latest ones that were met twice, none of them large. */
const maxKept = 1024;
const maxKeptLength = 8192;
/** Undefined: met once. */
const trees = new Map<string, FieldNode | undefined>();
const texts = new Map<object, string>();

function keep<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.set(key, value);
  if (map.size <= maxKept) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

/** Lists that many objects have: their text, once somebody wants it, is worth keeping. */
const shared = new WeakSet<object>();

/** Says that many objects have this very list. It must not change. */
export function shareEntries(entries: readonly ManagedFieldsEntry[]): void {
  for (const { fieldsV1 } of entries) {
    freezeNode(fieldsV1 as FieldNode);
    shared.add(fieldsV1 as FieldNode);
  }
  shared.add(entries);
}

function kept(key: object, text: string): string {
  if (shared.has(key) && text.length <= maxKeptLength) keep(texts, key, text);
  return text;
}

const textOf = (node: FieldNode): string => texts.get(node) ?? kept(node, JSON.stringify(node));

const plain = /^[ !#-[\]-~]*$/;
const quoted = (text: string): string => (plain.test(text) ? `"${text}"` : JSON.stringify(text));

/** The JSON of a list of entries. */
export function entriesText(entries: readonly ManagedFieldsEntry[]): string {
  const known = texts.get(entries);
  if (known !== undefined) return known;
  let text = '[';
  for (const entry of entries) {
    if (text !== '[') text += ',';
    let inner = '';
    for (const key in entry) {
      const value = entry[key as keyof ManagedFieldsEntry];
      if (value === undefined) continue;
      inner += `${inner === '' ? '' : ','}"${key}":${typeof value === 'string' ? quoted(value) : textOf(value as FieldNode)}`;
    }
    text += `{${inner}}`;
  }
  return kept(entries, `${text}]`);
}

const fieldsMark = '"fieldsV1":{';
const quote = 0x22;
const backslash = 0x5c;

/** Where the JSON value that begins at `at` with a bracket ends: after its closing one. */
function endOf(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) {
      for (i++; text.charCodeAt(i) !== quote; i++) if (text.charCodeAt(i) === backslash) i++;
    } else if (code === 0x7b || code === 0x5b) depth++;
    else if ((code === 0x7d || code === 0x5d) && --depth === 0) return i + 1;
  }
  return text.length;
}

function treeOf(text: string): FieldNode {
  const known = trees.get(text);
  if (known !== undefined) return known;
  const node = JSON.parse(text) as FieldNode;
  if (text.length > maxKeptLength) return node;
  if (!trees.has(text)) {
    keep(trees, text, undefined);
    return node;
  }
  freezeNode(node);
  trees.set(text, node);
  keep(texts, node, text);
  return node;
}

/**
 * Parses an object whose managed fields, as `entriesText` writes them, begin in `text` at `from` with their bracket.
 * Their trees are shared, and frozen; all else is the caller's.
 */
export function parseSharing<T extends { metadata: { managedFields?: ManagedFieldsEntry[] } }>(text: string, from: number): T {
  const found: FieldNode[] = [];
  let done = from + 1;
  let rest = text.slice(0, done);
  // Inside a string the mark would have its quotes escaped.
  for (let at = text.indexOf(fieldsMark, from); at >= 0; at = text.indexOf(fieldsMark, done)) {
    if (!isInList(text, done, at)) break;
    const start = at + fieldsMark.length - 1;
    const end = endOf(text, start);
    found.push(treeOf(text.slice(start, end)));
    rest += `${text.slice(done, start)}null`;
    done = end;
  }
  const object = parseExactly(rest + text.slice(done)) as T;
  const entries = object.metadata.managedFields ?? [];
  let i = 0;
  for (const entry of entries) if (entry.fieldsV1 !== undefined) entry.fieldsV1 = found[i++]!;
  return object;
}

/** Between two entries stands nothing that closes the list. */
function isInList(text: string, from: number, to: number): boolean {
  let depth = 0;
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) {
      for (i++; text.charCodeAt(i) !== quote; i++) if (text.charCodeAt(i) === backslash) i++;
    } else if (code === 0x5b) depth++;
    else if (code === 0x5d && --depth < 0) return false;
  }
  return true;
}
