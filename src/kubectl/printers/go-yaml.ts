/**
 * Values of JSON written as sigs.k8s.io/yaml writes them, byte for byte: scripts cut and compare this output. The `yaml`
 * package writes other quotes, folds elsewhere and orders keys otherwise.
 */

/** Where a line is folded, at the next space. */
const bestWidth = 80;
/** A key longer than this is written on a line of its own, after a question mark. */
const maxSimpleKey = 128;

const boolsAndNulls = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON', 'n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF', '', '~', 'null', 'Null', 'NULL']);
const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const special = /^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$/;
const integer = /^[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]*|[1-9][0-9]*)$/;
const base60 = /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/;
const time = /^\d{4}-\d{1,2}-\d{1,2}([Tt ]\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?\s?(Z|z|[-+]\d\d:\d\d)?)?$/;

/** Read back without quotes, this text would be something other than a string. */
export function readsAsOther(text: string): boolean {
  if (boolsAndNulls.has(text)) return true;
  if (!/^[-+.0-9]/.test(text)) return false;
  const digits = text.replaceAll('_', '');
  return float.test(digits) || integer.test(digits) || special.test(text) || base60.test(text) || time.test(text);
}

const isBreak = (c: string | undefined): boolean => c !== undefined && (c === '\n' || c === '\r' || c === '\u0085' || c === '\u2028' || c === '\u2029');
const isBlankOrEnd = (c: string | undefined): boolean => c === undefined || c === ' ' || c === '\t' || isBreak(c);

function isPrintable(c: string): boolean {
  const code = c.codePointAt(0)!;
  return code === 0x0a || (code >= 0x20 && code <= 0x7e) || (code >= 0xa0 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd && code !== 0xfeff);
}

interface Allowed { readonly plain: boolean; readonly single: boolean; readonly block: boolean }

/** Which styles can hold a text. */
function analyze(text: string): Allowed {
  if (text === '') return { plain: true, single: true, block: false };
  const characters = Array.from(text);
  let indicators = text.startsWith('---') || text.startsWith('...');
  let unprintable = false;
  let breaks = false;
  let spaceBreak = false;
  let breakSpace = false;
  characters.forEach((c, i) => {
    const next = characters[i + 1];
    const before = characters[i - 1];
    if (i === 0 && '#,[]{}&*!|>\'"%@`'.includes(c)) indicators = true;
    if ((c === ':' || (i === 0 && (c === '?' || c === '-'))) && isBlankOrEnd(next)) indicators = true;
    if (i > 0 && c === '#' && isBlankOrEnd(before)) indicators = true;
    if (!isPrintable(c)) unprintable = true;
    if (isBreak(c)) {
      breaks = true;
      if (before === ' ') spaceBreak = true;
    }
    if (c === ' ' && isBreak(before)) breakSpace = true;
  });
  const [first, last] = [characters[0], characters.at(-1)];
  const edges = first === ' ' || last === ' ' || isBreak(first) || isBreak(last);
  const none = spaceBreak || unprintable;
  return { plain: !(none || edges || breakSpace || breaks || indicators), single: !(none || breakSpace), block: !(none || last === ' ') };
}

const escapes: Readonly<Record<string, string>> = { '\0': '\\0', '\x07': '\\a', '\b': '\\b', '\t': '\\t', '\n': '\\n', '\v': '\\v', '\f': '\\f', '\r': '\\r', '\x1b': '\\e', '"': '\\"', '\\': '\\\\', '\u0085': '\\N', '\u00a0': '\\_', '\u2028': '\\L', '\u2029': '\\P' };

function escape(c: string): string {
  const known = escapes[c];
  if (known !== undefined) return known;
  const code = c.codePointAt(0)!;
  const hex = code.toString(16).toUpperCase();
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** Natural order, as upstream sorts keys: `a2` before `a10`, letters after what is none. */
export function compareKeys(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  const digit = (c: string | undefined): boolean => c !== undefined && /\p{Nd}/u.test(c);
  const letter = (c: string): boolean => /\p{L}/u.test(c);
  let digits = false;
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [l, r] = [left[i]!, right[i]!];
    if (l === r) { digits = digit(l); continue; }
    const [ll, rl] = [letter(l), letter(r)];
    if (ll && rl) return l.codePointAt(0)! - r.codePointAt(0)!;
    if (ll || rl) return (digits ? ll : rl) ? -1 : 1;
    const numberAt = (characters: readonly string[]): { readonly value: bigint; readonly end: number } => {
      let end = i;
      while (digit(characters[end])) end++;
      const tens = (l === '0' || r === '0') && /[1-9]\d*$/.test(left.slice(0, i).join('')) ? '1' : '';
      const text = tens + characters.slice(i, end).join('');
      return { value: text === '' ? 0n : BigInt(text), end };
    };
    const [ln, rn] = [numberAt(left), numberAt(right)];
    if (ln.value !== rn.value) return ln.value < rn.value ? -1 : 1;
    return ln.end === rn.end ? l.codePointAt(0)! - r.codePointAt(0)! : ln.end - rn.end;
  }
  return left.length - right.length;
}

/** Writes documents piece by piece, and knows the column it is in. */
class Writer {
  readonly #pieces: string[] = [];
  #column = 0;

  write(text: string): void {
    this.#pieces.push(text);
    this.#column += Array.from(text).length;
  }

  newline(indent: number): void {
    this.#pieces.push(`\n${' '.repeat(indent)}`);
    this.#column = indent;
  }

  get column(): number { return this.#column; }
  toString(): string { return this.#pieces.join(''); }

  /** A scalar whose further lines stand at `indent`. */
  scalar(value: string | number | boolean | null, indent: number, key: boolean): void {
    if (typeof value !== 'string') {
      this.write(value === null ? 'null' : typeof value === 'number' ? formatNumber(value) : String(value));
      return;
    }
    const allowed = analyze(value);
    if (value.includes('\n') && allowed.block && !key) this.#literal(value, indent);
    else if (value.includes('\n') || readsAsOther(value)) this.#double(value, indent, key);
    else if (allowed.plain) this.#folded(value, indent, key, '');
    else if (allowed.single) this.#folded(value, indent, key, '\'');
    else this.#double(value, indent, key);
  }

  #folded(text: string, indent: number, key: boolean, quote: string): void {
    this.write(quote);
    const characters = Array.from(text);
    let spaces = false;
    characters.forEach((c, i) => {
      if (c === ' ') {
        const inside = quote === '' || (i > 0 && i < characters.length - 1);
        if (!key && !spaces && this.#column > bestWidth && inside && characters[i + 1] !== ' ') this.newline(indent);
        else this.write(c);
        spaces = true;
      } else {
        this.write(c === '\'' && quote !== '' ? '\'\'' : c);
        spaces = false;
      }
    });
    this.write(quote);
  }

  #double(text: string, indent: number, key: boolean): void {
    this.write('"');
    const characters = Array.from(text);
    let spaces = false;
    characters.forEach((c, i) => {
      if (!isPrintable(c) || isBreak(c) || c === '"' || c === '\\') {
        this.write(escape(c));
        spaces = false;
      } else if (c === ' ') {
        if (!key && !spaces && this.#column > bestWidth && i > 0 && i < characters.length - 1) {
          this.newline(indent);
          if (characters[i + 1] === ' ') this.write('\\');
        } else this.write(c);
        spaces = true;
      } else {
        this.write(c);
        spaces = false;
      }
    });
    this.write('"');
  }

  #literal(text: string, indent: number): void {
    const lines = text.split('\n');
    const ends = text.endsWith('\n');
    const keep = ends && (lines.length === 2 && lines[0] === '' ? true : lines.at(-2) === '' || text === '\n');
    this.write(`|${/^[ \n]/.test(text) ? '2' : ''}${ends ? (keep ? '+' : '') : '-'}`);
    const body = ends ? lines.slice(0, -1) : lines;
    for (const line of body) {
      if (line === '') this.newline(0);
      else {
        this.newline(indent);
        this.write(line);
      }
    }
  }
}

/** As Go writes floats of JSON: whole numbers as they are, large and small ones with an exponent. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e21) return String(value);
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}

type Scalar = string | number | boolean | null;
const isScalar = (value: unknown): value is Scalar => value === null || typeof value !== 'object';

/** `indent`: the column of the collection that this node is in. */
function node(out: Writer, value: unknown, indent: number, after: 'key' | 'dash' | 'start'): void {
  if (isScalar(value)) out.scalar(value, indent + 2, false);
  else if (Array.isArray(value)) sequence(out, value as unknown[], indent, after);
  else mapping(out, value as Readonly<Record<string, unknown>>, indent, after);
}

function sequence(out: Writer, items: readonly unknown[], indent: number, after: 'key' | 'dash' | 'start'): void {
  if (items.length === 0) { out.write('[]'); return; }
  const column = after === 'dash' ? indent + 2 : indent;
  items.forEach((item, i) => {
    if (i > 0 || after === 'key') out.newline(column);
    out.write('- ');
    node(out, item, column, 'dash');
  });
}

function mapping(out: Writer, object: Readonly<Record<string, unknown>>, indent: number, after: 'key' | 'dash' | 'start'): void {
  const keys = Object.keys(object).filter((key) => object[key] !== undefined).sort(compareKeys);
  if (keys.length === 0) { out.write('{}'); return; }
  const column = after === 'start' ? indent : indent + 2;
  keys.forEach((key, i) => {
    if (i > 0 || after === 'key') out.newline(column);
    const simple = Buffer.byteLength(key) <= maxSimpleKey;
    if (!simple) out.write('? ');
    out.scalar(key, column + 2, true);
    if (!simple) out.newline(column);
    const value = object[key];
    const empty = !isScalar(value) && (Array.isArray(value) ? value.length === 0 : Object.keys(value as object).length === 0);
    out.write(isScalar(value) || empty ? ': ' : ':');
    node(out, value, column, 'key');
  });
}

/** One document, with a newline at its end. */
export function toGoYaml(value: unknown): string {
  const out = new Writer();
  node(out, value, 0, 'start');
  const text = out.toString();
  return text.endsWith('\n') && typeof value === 'string' ? text : `${text}\n`;
}
