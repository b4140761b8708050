/** Reads the dialect of JSONPath of client-go: what stands between the braces of its templates. */

export type JsonPathNode =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'recursive' }
  /** `derived`: the end was not given, but follows from a single index. */
  | { readonly kind: 'slice'; readonly start: number | undefined; readonly end: number | undefined; readonly step: number | undefined; readonly derived: boolean }
  | { readonly kind: 'filter'; readonly left: readonly JsonPathNode[]; readonly operator: string; readonly right: readonly JsonPathNode[] }
  | { readonly kind: 'union'; readonly parts: readonly (readonly JsonPathNode[])[] }
  | { readonly kind: 'constant'; readonly value: string | number | boolean };

type Refuse = (message: string) => Error;

/** Paths nest in filters and unions. */
const maxDepth = 20;

const isTerminator = (c: string | undefined): boolean => c === undefined || ' \t\r\n.,[]$@{}'.includes(c);

class Parser {
  readonly nodes: JsonPathNode[] = [];
  readonly #text: string;
  readonly #refuse: Refuse;
  readonly #depth: number;
  #at = 0;

  constructor(text: string, refuse: Refuse, depth: number) {
    this.#text = text;
    this.#refuse = refuse;
    this.#depth = depth;
    if (depth > maxDepth) throw refuse('nested too deeply');
  }

  parse(): readonly JsonPathNode[] {
    while (this.#at < this.#text.length) this.#one();
    return this.nodes;
  }

  #inner(text: string): readonly JsonPathNode[] {
    return new Parser(text, this.#refuse, this.#depth + 1).parse();
  }

  #one(): void {
    const rest = this.#text.slice(this.#at);
    const c = rest[0]!;
    if (rest.startsWith('[?(')) return this.#filter();
    if (rest.startsWith('..')) return this.#recursive();
    if (c === ' ' || c === '@' || c === '$') this.#at++;
    else if (c === '[') this.#bracket();
    else if (c === '"' || c === '\'') this.#quote(c);
    else if (c === '.') {
      this.#at++;
      this.#field();
    } else if (/[0-9+-]/.test(c)) this.#number();
    else if (/[\p{L}_]/u.test(c)) this.#word();
    else throw this.#refuse(c === '\n' || c === '\r' ? 'unclosed action' : `unrecognized character in action: U+${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')} '${c}'`);
  }

  #recursive(): void {
    if (this.nodes.at(-1)?.kind === 'recursive') throw this.#refuse('invalid multiple recursive descent');
    this.#at += 2;
    this.nodes.push({ kind: 'recursive' });
    if (/[\p{L}\p{N}_]/u.test(this.#text[this.#at] ?? '')) this.#field();
  }

  #field(): void {
    let name = '';
    while (!isTerminator(this.#text[this.#at])) {
      if (this.#text[this.#at] === '\\') this.#at++;
      name += this.#text[this.#at++] ?? '';
    }
    this.nodes.push(name === '*' ? { kind: 'wildcard' } : { kind: 'field', name });
  }

  #number(): void {
    const text = /^[+-]?[0-9.]*/.exec(this.#text.slice(this.#at))![0];
    const value = Number(text);
    if (text === '' || !/[0-9]/.test(text) || Number.isNaN(value)) throw this.#refuse(`cannot parse number ${text}`);
    this.#at += text.length;
    this.nodes.push({ kind: 'constant', value });
  }

  #word(): void {
    let word = '';
    while (!isTerminator(this.#text[this.#at])) word += this.#text[this.#at++];
    if (word !== 'true' && word !== 'false') throw this.#refuse(`unrecognized identifier ${word}`);
    this.nodes.push({ kind: 'constant', value: word === 'true' });
  }

  #quote(quote: string): void {
    let end = this.#at + 1;
    while (end < this.#text.length && (this.#text[end] !== quote || this.#text[end - 1] === '\\')) end++;
    if (end >= this.#text.length) throw this.#refuse('unterminated quoted string');
    const value = this.#text.slice(this.#at + 1, end).replace(/\\(.)/g, (_, c: string) => ({ n: '\n', t: '\t', r: '\r' })[c] ?? c);
    this.#at = end + 1;
    this.nodes.push({ kind: 'constant', value });
  }

  #bracket(): void {
    const close = this.#text.indexOf(']', this.#at);
    if (close < 0) throw this.#refuse('unterminated array');
    const inside = this.#text.slice(this.#at + 1, close);
    this.#at = close + 1;
    const parts = inside.split(',');
    if (parts.length > 1) {
      this.nodes.push({ kind: 'union', parts: parts.map((part) => this.#inner(`[${part.trim()}]`)) });
      return;
    }
    const key = /^'([^']*)'$/.exec(inside);
    if (key !== null) {
      this.nodes.push(...this.#inner(`.${key[1]}`));
      return;
    }
    this.#slice(inside === '*' ? ':' : inside);
  }

  #slice(text: string): void {
    const found = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/.exec(text);
    if (found === null) throw this.#refuse(`invalid array index ${text}`);
    const [start, end, step] = [found[1] ?? '', found[2], found[3]].map((part) => {
      const digits = part?.replace(':', '') ?? '';
      if (digits === '-') throw this.#refuse(`array index ${digits} is not a number`);
      return digits === '' ? undefined : Number(digits);
    });
    const derived = found[2] === undefined;
    this.nodes.push({ kind: 'slice', start, end: derived ? (start ?? 0) + 1 : end, step, derived });
  }

  #filter(): void {
    const begin = this.#at + 3;
    let quote = '';
    let at = begin;
    for (; at < this.#text.length; at++) {
      const c = this.#text[at]!;
      if (quote === '' && c === ')') break;
      if (c === '"' || c === '\'') quote = quote === '' ? c : c === quote && this.#text[at - 1] !== '\\' ? '' : quote;
    }
    if (at >= this.#text.length) throw this.#refuse('unterminated filter');
    if (this.#text[at + 1] !== ']') throw this.#refuse('unclosed array expect ]');
    const inside = this.#text.slice(begin, at);
    this.#at = at + 2;
    const parts = /^([^!<>=]+)([!<>=]+)(.+)$/.exec(inside);
    if (parts === null) this.nodes.push({ kind: 'filter', left: this.#inner(inside), operator: 'exists', right: [] });
    else this.nodes.push({ kind: 'filter', left: this.#inner(parts[1]!), operator: parts[2]!, right: this.#inner(parts[3]!) });
  }
}

/** The steps of a path. Throws what `refuse` makes of its message. */
export function jsonPathParser(path: string, refuse: Refuse): readonly JsonPathNode[] {
  return new Parser(path, refuse, 0).parse();
}
