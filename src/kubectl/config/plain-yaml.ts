/** YAML as programs write their configuration: maps and lists in block form, scalars on one line. */

interface Line { readonly indent: number; readonly text: string }

/** Thrown and caught here: the text is more than plain. */
const notPlain = new Error('not plain');

/** A plain scalar that is a string under every version of YAML. */
const plainText = /^[A-Za-z/][A-Za-z0-9/_.+=@~%-]*(?::[A-Za-z0-9/_.+=@~%-]+)*$/;
const words: ReadonlyMap<string, boolean | null> = new Map([['true', true], ['false', false], ['null', null]]);
/** What reads as something else than a string somewhere. */
const ambiguous = /^(?:y|n|yes|no|on|off|true|false|null)$/i;
const key = /^(?:"([^"\\]+)"|'([^']+)'|([A-Za-z][A-Za-z0-9_./-]*)):(?: +|$)/;

function scalar(text: string): unknown {
  if (words.has(text)) return words.get(text);
  if (text === '{}') return {};
  if (text === '[]') return [];
  const quoted = /^"([^"\\]*)"$|^'([^']*)'$/.exec(text);
  if (quoted !== null) return quoted[1] ?? quoted[2];
  if (/^[1-9][0-9]{0,14}$/.test(text)) return Number(text);
  if (plainText.test(text) && !ambiguous.test(text)) return text;
  throw notPlain;
}

class Reader {
  readonly #lines: Line[];
  #at = 0;

  constructor(lines: Line[]) {
    this.#lines = lines;
  }

  get done(): boolean { return this.#at >= this.#lines.length; }

  /** The node whose first line stands at `indent`. */
  node(indent: number): unknown {
    return this.#isItem() ? this.#list(indent) : this.#map(indent);
  }

  #isItem(): boolean {
    const text = this.#lines[this.#at]?.text;
    return text === '-' || text?.startsWith('- ') === true;
  }

  #list(indent: number): unknown[] {
    const items: unknown[] = [];
    while (this.#lines[this.#at]?.indent === indent && this.#isItem()) {
      const { text } = this.#lines[this.#at]!;
      const rest = text.slice(1).trimStart();
      if (rest === '') throw notPlain;
      if (key.test(rest)) {
        // A map that begins behind the dash: its first key stands where the text does.
        const inner = indent + text.length - rest.length;
        this.#lines[this.#at] = { indent: inner, text: rest };
        items.push(this.#map(inner));
      } else {
        this.#at++;
        items.push(scalar(rest));
      }
    }
    return items;
  }

  #map(indent: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    while (this.#lines[this.#at]?.indent === indent && !this.#isItem()) {
      const { text } = this.#lines[this.#at]!;
      const match = key.exec(text);
      if (match === null) throw notPlain;
      const name = match[1] ?? match[2] ?? match[3]!;
      if (Object.hasOwn(map, name) || name === '__proto__') throw notPlain;
      this.#at++;
      const rest = text.slice(match[0].length);
      const next = this.#lines[this.#at];
      if (rest !== '') map[name] = scalar(rest);
      else if (next !== undefined && (next.indent > indent || (next.indent === indent && this.#isItem()))) map[name] = this.node(next.indent);
      else map[name] = null;
    }
    const next = this.#lines[this.#at];
    if (next !== undefined && next.indent > indent) throw notPlain;
    return map;
  }
}

/**
 * The value of a YAML text, or undefined when it has anything that this small reader does not know: then the whole
 * parser has to be asked, which takes ten times as long, and that is most of what a short command takes.
 */
export function parsePlainYaml(text: string): unknown {
  const lines: Line[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.trimEnd();
    const body = line.trimStart();
    if (body === '' || body.startsWith('#') || (lines.length === 0 && line === '---')) continue;
    if (line.includes('\t') || line.includes(' #')) return undefined;
    lines.push({ indent: line.length - body.length, text: body });
  }
  if (lines[0]?.indent !== 0) return undefined;
  const reader = new Reader(lines);
  try {
    const value = reader.node(0);
    return reader.done ? value : undefined;
  } catch (error) {
    if (error === notPlain) return undefined;
    throw error;
  }
}
