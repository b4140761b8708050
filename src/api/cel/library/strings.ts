import { asIndex, asList, asString } from '../runtime/arguments.ts';
import { CelFailure } from '../runtime/failure.ts';
import { ValueList, type CelList } from '../runtime/values.ts';
import { member, overload, type Library } from '../language/declarations.ts';
import { DYN, INT, listOf, STRING } from '../language/types.ts';
import { formatText } from './format-text.ts';

/** The longest string a replacement may make. Upstream would make it and charge for the input only. */
const maxReplaced = 16 * 1024 * 1024;

/** Strings are indexed by code points. Those of ASCII need not be taken apart. */
function characters(text: string): readonly string[] | string {
  // eslint-disable-next-line no-control-regex -- All of ASCII is meant.
  return /^[\x00-\x7f]*$/.test(text) ? text : Array.from(text);
}

const outOfRange = (index: number): CelFailure => new CelFailure(`index out of range: ${index}`);

function charAt(text: string, index: number): string {
  const all = characters(text);
  if (index < 0 || index > all.length) throw outOfRange(index);
  return all[index] ?? '';
}

function substring(text: string, start: number, end: number | undefined): string {
  const all = characters(text);
  const to = end ?? all.length;
  if (end !== undefined && start > end) throw new CelFailure(`invalid substring range. start: ${start}, end: ${end}`);
  if (start < 0 || start > all.length) throw outOfRange(start);
  if (to < 0 || to > all.length) throw outOfRange(to);
  return typeof all === 'string' ? all.slice(start, to) : all.slice(start, to).join('');
}

const startsAt = (all: readonly string[] | string, part: readonly string[] | string, at: number): boolean => {
  for (let i = 0; i < part.length; i++) if (all[at + i] !== part[i]) return false;
  return true;
};

function indexOf(text: string, part: string, from: number): number {
  if (part === '') return from;
  const all = characters(text);
  if (from < 0 || from > all.length) throw outOfRange(from);
  if (typeof all === 'string') return all.indexOf(part, from);
  const wanted = characters(part);
  for (let at = from; at + wanted.length <= all.length; at++) if (startsAt(all, wanted, at)) return at;
  return -1;
}

function lastIndexOf(text: string, part: string, from: number | undefined): number {
  const all = characters(text);
  if (part === '') return from ?? all.length;
  const start = from ?? all.length;
  if (start < 0 || (from !== undefined && start > all.length)) throw outOfRange(start);
  const wanted = characters(part);
  for (let at = Math.min(start, all.length - wanted.length); at >= 0; at--) if (startsAt(all, wanted, at)) return at;
  return -1;
}

function replace(text: string, old: string, by: string, limit: number): string {
  const pieces = old === '' ? Array.from(text) : text.split(old);
  const all = old === '' ? pieces.length + 1 : pieces.length - 1;
  const count = limit < 0 ? all : Math.min(all, limit);
  if (text.length + count * by.length > maxReplaced) throw new CelFailure('replacement is too long');
  if (old !== '') return pieces.slice(0, count).map((piece) => piece + by).join('') + pieces.slice(count).join(old);
  return pieces.map((piece, i) => (i < count ? by : '') + piece).join('') + (count > pieces.length ? by : '');
}

function split(text: string, separator: string, limit: number): ValueList {
  if (limit === 0) return new ValueList([]);
  const pieces = separator === '' ? Array.from(text) : text.split(separator);
  if (limit < 0 || pieces.length <= limit) return new ValueList(pieces);
  return new ValueList([...pieces.slice(0, limit - 1), pieces.slice(limit - 1).join(separator)]);
}

const join = (list: CelList, separator: string): string => [...list].map(asString).join(separator);

const quotes: Readonly<Record<string, string>> = { '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '\\': '\\\\', '"': '\\"' };

const quotable = new RegExp(`[${Object.keys(quotes).map((one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}]`, 'g');

const white = String.raw`[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
const trimmed = new RegExp(`^${white}+|${white}+$`, 'g');

/** cel-go's strings extension, version 2, as Kubernetes has it. */
export const strings: Library = {
  charAt: [member('string_char_at_int', [STRING, INT], STRING, (text, index) => charAt(asString(text), asIndex(index)))],
  indexOf: [
    member('string_index_of_string', [STRING, STRING], INT, (text, part) => BigInt(indexOf(asString(text), asString(part), 0))),
    member('string_index_of_string_int', [STRING, STRING, INT], INT, (text, part, from) => BigInt(indexOf(asString(text), asString(part), asIndex(from)))),
  ],
  lastIndexOf: [
    member('string_last_index_of_string', [STRING, STRING], INT, (text, part) => BigInt(lastIndexOf(asString(text), asString(part), undefined))),
    member('string_last_index_of_string_int', [STRING, STRING, INT], INT, (text, part, from) => BigInt(lastIndexOf(asString(text), asString(part), asIndex(from)))),
  ],
  lowerAscii: [member('string_lower_ascii', [STRING], STRING, (text) => asString(text).replace(/[A-Z]+/g, (found) => found.toLowerCase()))],
  upperAscii: [member('string_upper_ascii', [STRING], STRING, (text) => asString(text).replace(/[a-z]+/g, (found) => found.toUpperCase()))],
  replace: [
    member('string_replace_string_string', [STRING, STRING, STRING], STRING, (text, old, by) => replace(asString(text), asString(old), asString(by), -1)),
    member('string_replace_string_string_int', [STRING, STRING, STRING, INT], STRING, (text, old, by, limit) => replace(asString(text), asString(old), asString(by), asIndex(limit))),
  ],
  split: [
    member('string_split_string', [STRING, STRING], listOf(STRING), (text, separator) => split(asString(text), asString(separator), -1)),
    member('string_split_string_int', [STRING, STRING, INT], listOf(STRING), (text, separator, limit) => split(asString(text), asString(separator), asIndex(limit))),
  ],
  substring: [
    member('string_substring_int', [STRING, INT], STRING, (text, start) => substring(asString(text), asIndex(start), undefined)),
    member('string_substring_int_int', [STRING, INT, INT], STRING, (text, start, end) => substring(asString(text), asIndex(start), asIndex(end))),
  ],
  trim: [member('string_trim', [STRING], STRING, (text) => asString(text).replace(trimmed, ''))],
  format: [member('string_format', [STRING, listOf(DYN)], STRING, (text, args) => formatText(asString(text), asList(args)))],
  'strings.quote': [overload('strings_quote', [STRING], STRING, (text) => `"${asString(text).toWellFormed().replace(quotable, (found) => quotes[found] ?? found)}"`)],
  join: [
    member('list_join', [listOf(STRING)], STRING, (list) => join(asList(list), '')),
    member('list_join_string', [listOf(STRING), STRING], STRING, (list, separator) => join(asList(list), asString(separator))),
  ],
};
