/**
 * Managed fields as text. They are most of the bytes of a small object, and the same for all objects that are made
 * alike: the text of a tree is kept with it, and a text that was read before leads to the same tree again, so that ten
 * thousand pods of a cluster share a handful of trees.
 */
import { parseExactly } from '../codec/exact-integers.ts';
import type { ManagedFieldsEntry } from '../types/meta/v1.ts';
import { freezeNode } from './field-set.ts';
import type { FieldNode } from './field-set.ts';
import { Recent } from '../../base/recent.ts';

/** Trees and texts that are kept: the latest ones that were met twice, none of them large. */
const maxKept = 512;
const maxKeptLength = 8192;
const trees = new Recent<string, FieldNode | 'met once'>(maxKept);
const texts = new Recent<object, string>(maxKept);

/** Lists that many objects have: their text, once somebody wants it, is worth keeping. */
const shared = new WeakSet<readonly ManagedFieldsEntry[]>();

/** Says that many objects have this very list. It must not change. */
export function shareEntries(entries: readonly ManagedFieldsEntry[]): void {
  shared.add(entries);
}

/** The text of a set, which is kept from the second time on. */
function textOf(tree: FieldNode): string {
  const known = texts.get(tree);
  if (known !== undefined && known !== '') return known;
  const text = JSON.stringify(tree);
  if (text.length > maxKeptLength) return text;
  if (known === undefined) {
    texts.set(tree, '');
    return text;
  }
  freezeNode(tree);
  texts.set(tree, text);
  // What is read from this text later is the same tree.
  trees.set(text, tree);
  return text;
}

const plain = /^[ !#-[\]-~]*$/;
const quoted = (text: string): string => (plain.test(text) ? `"${text}"` : JSON.stringify(text));

/** The JSON of a list of entries. */
export function entriesText(entries: readonly ManagedFieldsEntry[]): string {
  const known = texts.get(entries);
  if (known !== undefined) return known;
  let text = '[';
  for (const entry of entries) {
    text += text === '[' ? '{' : ',{';
    let first = true;
    for (const key in entry) {
      const value = entry[key as keyof ManagedFieldsEntry];
      if (value === undefined) continue;
      text += `${first ? '"' : ',"'}${key}":${typeof value === 'string' ? quoted(value) : textOf(value as FieldNode)}`;
      first = false;
    }
    text += '}';
  }
  text += ']';
  if (text.length <= maxKeptLength && shared.has(entries)) texts.set(entries, text);
  return text;
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
  if (known !== undefined && known !== 'met once') return known;
  const tree = JSON.parse(text) as FieldNode;
  if (text.length > maxKeptLength) return tree;
  if (known === undefined) {
    trees.set(text, 'met once');
    return tree;
  }
  freezeNode(tree);
  trees.set(text, tree);
  texts.set(tree, text);
  return tree;
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
