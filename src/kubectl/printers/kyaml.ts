import { formatNumber, readsAsOther } from './go-yaml.ts';

/**
 * KYAML (KEP-5295): YAML that needs no indentation to be understood. Braces and brackets around all that has parts,
 * strings in double quotes, and commas at the ends of lines.
 */

const plainKey = /^[\p{L}\p{Nd}_][\p{L}\p{Nd}_./-]*$/u;
/** Words that some reader of YAML takes for something else, beside those of YAML itself. */
const otherWords = /^(?:[tTfF]|inf|Inf|INF|nan|NaN|NAN)$/;

const escapes: Readonly<Record<string, string>> = { '\0': '\\0', '\x07': '\\a', '\b': '\\b', '\n': '\\n', '\v': '\\v', '\f': '\\f', '\r': '\\r', '\x1b': '\\e', '"': '\\"', '\\': '\\\\', '\u0085': '\\N', '\u00a0': '\\_', '\u2028': '\\L', '\u2029': '\\P' };

const escaped = (text: string): string => text.replaceAll(/["\\]|(?![\t ])[\p{C}\p{Z}]/gu, (c) => {
  const known = escapes[c];
  if (known !== undefined) return known;
  const code = c.codePointAt(0)!;
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
});

/** A text of several lines has each on a line of its own, which says where it begins. */
function stringText(text: string, indent: string): string {
  if (!text.includes('\n')) return `"${escaped(text)}"`;
  const lines = text.split('\n');
  const last = lines.pop()!;
  const shown = (line: string, end: string): string => `${indent}  ${/^[ \t]/.test(line) ? '\\' : ' '}${escaped(line)}${end}\\\n`;
  return `"\\\n${lines.map((line) => shown(line, '\\n')).join('')}${last === '' ? '' : shown(last, '')}${indent}  "`;
}

const keyText = (key: string): string => (plainKey.test(key) && !otherWords.test(key) && !readsAsOther(key) ? key : `"${escaped(key)}"`);

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

type KeysOf = (object: Record<string, unknown>) => readonly string[];

function listText(items: readonly unknown[], indent: string, keysOf: KeysOf): string {
  if (items.length === 0) return '[]';
  // Brackets of the same kind stand together.
  if (items.every(isObject) || items.every(Array.isArray)) return `[${items.map((item) => text(item, indent, keysOf)).join(', ')}]`;
  return `[\n${items.map((item) => `${indent}  ${text(item, `${indent}  `, keysOf)},\n`).join('')}${indent}]`;
}

function text(value: unknown, indent: string, keysOf: KeysOf): string {
  if (typeof value === 'string') return stringText(value, indent);
  if (typeof value === 'number') return formatNumber(value);
  if (Array.isArray(value)) return listText(value, indent, keysOf);
  if (!isObject(value)) return String(value);
  const keys = keysOf(value);
  if (keys.length === 0) return '{}';
  return `{\n${keys.map((key) => `${indent}  ${keyText(key)}: ${text(value[key], `${indent}  `, keysOf)},\n`).join('')}${indent}}`;
}

/** A value of JSON as a document of KYAML. */
export const toKyaml = (value: unknown): string => `---\n${text(value, '', (object) => Object.keys(object).sort((a, b) => (a < b ? -1 : 1)))}\n`;

/** As `toKyaml`, with keys in the order in which they stand: that of Go's own structures. */
export const toKyamlAsItIs = (value: unknown): string => `---\n${text(value, '', Object.keys)}\n`;
