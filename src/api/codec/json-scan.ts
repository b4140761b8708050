/**
 * A slow, careful reader of JSON text. `JSON.parse` decodes requests; this one is asked only when that failed, to word
 * the error as Go's encoding/json does, and when the client wants to hear of duplicate fields.
 */

/** The text is no JSON. `message` is worded as Go's encoding/json words it. */
export class JsonSyntaxError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'JsonSyntaxError';
  }
}

/** Upstream stops collecting strict errors here. */
const maxDuplicates = 100;

function quoteCharacter(c: string): string {
  if (c === "'") return String.raw`'\''`;
  if (c === '"') return `'"'`;
  const escapes: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' };
  const code = c.codePointAt(0)!;
  if (escapes[c] !== undefined) return `'${escapes[c]}'`;
  return code < 0x20 || code === 0x7f ? `'\\x${code.toString(16).padStart(2, '0')}'` : `'${c}'`;
}

interface ScanOptions {
  readonly maxDepth: number;
  /** Hears of every field in the order of the text; `again`: its object has had it before. */
  readonly onField?: (path: string, again: boolean) => void;
}

class Scanner {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #onField: ((path: string, again: boolean) => void) | undefined;
  readonly duplicates: string[] = [];
  #at = 0;

  constructor(text: string, { maxDepth, onField }: ScanOptions) {
    this.#text = text;
    this.#maxDepth = maxDepth;
    this.#onField = onField;
  }

  run(): void {
    this.#value('', 0);
    this.#space();
    if (this.#at < this.#text.length) this.#fail('after top-level value');
  }

  #fail(where: string): never {
    if (this.#at >= this.#text.length) throw new JsonSyntaxError('unexpected end of JSON input');
    throw new JsonSyntaxError(`invalid character ${quoteCharacter(String.fromCodePoint(this.#text.codePointAt(this.#at)!))} ${where}`);
  }

  #space(): void {
    while (this.#at < this.#text.length && ' \t\r\n'.includes(this.#text[this.#at]!)) this.#at++;
  }

  #value(path: string, depth: number): void {
    if (depth > this.#maxDepth) throw new JsonSyntaxError('exceeded max depth');
    this.#space();
    const c = this.#text[this.#at] ?? '';
    if (c === '{') this.#object(path, depth);
    else if (c === '[') this.#array(path, depth);
    else if (c === '"') this.#string();
    else if (c === '-' || (c >= '0' && c <= '9')) this.#number();
    else if (c === 't') this.#literal('true');
    else if (c === 'f') this.#literal('false');
    else if (c === 'n') this.#literal('null');
    else this.#fail('looking for beginning of value');
  }

  #object(path: string, depth: number): void {
    const seen = new Set<string>();
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === '}') {
      this.#at++;
      return;
    }
    for (;;) {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail('looking for beginning of object key string');
      const key = this.#string();
      const child = path === '' ? key : `${path}.${key}`;
      if (seen.has(key) && this.duplicates.length < maxDuplicates) this.duplicates.push(`duplicate field ${JSON.stringify(child)}`);
      this.#onField?.(child, seen.has(key));
      seen.add(key);
      this.#space();
      if (this.#text[this.#at] !== ':') this.#fail('after object key');
      this.#at++;
      this.#value(child, depth + 1);
      this.#space();
      const c = this.#text[this.#at];
      if (c === '}') {
        this.#at++;
        return;
      }
      if (c !== ',') this.#fail('after object key:value pair');
      this.#at++;
    }
  }

  #array(path: string, depth: number): void {
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === ']') {
      this.#at++;
      return;
    }
    for (let i = 0; ; i++) {
      this.#value(`${path}[${i}]`, depth + 1);
      this.#space();
      const c = this.#text[this.#at];
      if (c === ']') {
        this.#at++;
        return;
      }
      if (c !== ',') this.#fail('after array element');
      this.#at++;
    }
  }

  #string(): string {
    const start = this.#at++;
    for (;;) {
      const c = this.#text[this.#at];
      if (c === undefined) this.#fail('');
      if (c === '"') break;
      if (c < ' ') this.#fail('in string literal');
      this.#at++;
      if (c !== '\\') continue;
      const escape = this.#text[this.#at];
      if (escape === undefined || !'"\\/bfnrtu'.includes(escape)) this.#fail('in string escape code');
      this.#at++;
      if (escape !== 'u') continue;
      for (let i = 0; i < 4; i++) {
        if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? '')) this.#fail('in \\u hexadecimal character escape');
        this.#at++;
      }
    }
    this.#at++;
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #digits(where: string): void {
    if (!/[0-9]/.test(this.#text[this.#at] ?? '')) this.#fail(where);
    while (/[0-9]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #number(): void {
    if (this.#text[this.#at] === '-') this.#at++;
    if (this.#text[this.#at] === '0') this.#at++;
    else this.#digits('in numeric literal');
    if (this.#text[this.#at] === '.') {
      this.#at++;
      this.#digits('after decimal point in numeric literal');
    }
    if (this.#text[this.#at] === 'e' || this.#text[this.#at] === 'E') {
      this.#at++;
      if (this.#text[this.#at] === '+' || this.#text[this.#at] === '-') this.#at++;
      this.#digits('in exponent of numeric literal');
    }
  }

  #literal(word: string): void {
    for (let i = 0; i < word.length; i++) {
      if (this.#text[this.#at] !== word[i]) this.#fail(`in literal ${word} (expecting ${quoteCharacter(word[i]!)})`);
      this.#at++;
    }
  }
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** How many fields a text has that `JSON.parse` took: its strings that a colon follows. */
function fieldsOfText(text: string): number {
  let count = 0;
  for (let at = text.indexOf('"'); at >= 0;) {
    let end = text.indexOf('"', at + 1);
    while (text.charCodeAt(end - 1) === backslash && isEscaped(text, end)) end = text.indexOf('"', end + 1);
    let next = end + 1;
    while (text.charCodeAt(next) <= 0x20) next++;
    if (text.charCodeAt(next) === colon) {
      count += 1;
      next += 1;
    }
    // What follows a field's name is another string more often than not.
    at = text.charCodeAt(next) === quote ? next : text.indexOf('"', next);
  }
  return count;
}

/** An odd number of backslashes. */
function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (text.charCodeAt(start - 1) === backslash) start--;
  return (at - start) % 2 === 1;
}

function fieldsOfValue(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') count += fieldsOfValue(item);
    return count;
  }
  const object = value as Record<string, unknown>;
  // oxlint-disable-next-line guard-for-in -- the value comes from JSON.parse: it has own properties only
  for (const key in object) {
    count += 1;
    const item = object[key];
    if (typeof item === 'object') count += fieldsOfValue(item);
  }
  return count;
}

/** Does the text give a field twice? `value`: what JSON.parse made of it. Costs a fraction of a scan. */
export function hasDuplicates(text: string, value: unknown): boolean {
  return fieldsOfText(text) !== fieldsOfValue(value);
}

/** The duplicate fields of a JSON text, as `duplicate field "spec.replicas"`, in order. Throws JsonSyntaxError. */
export function scanJson(text: string, options: ScanOptions): string[] {
  const scanner = new Scanner(text, options);
  scanner.run();
  return scanner.duplicates;
}

/**
 * What is wrong with a text's fields (`unknown field "…"`, `duplicate field "…"`), as a strict reader comes upon it:
 * in the order of the text, each once, and nothing of what an unknown field has come with.
 */
export function inTextOrder(text: string, problems: readonly string[], options: ScanOptions): string[] {
  const known = new Set(problems);
  const found = new Set<string>();
  const unknown: string[] = [];
  scanJson(text, {
    ...options,
    onField(path, again) {
      if (unknown.some((one) => path === one || path.startsWith(`${one}.`) || path.startsWith(`${one}[`))) return;
      const quoted = JSON.stringify(path);
      if (known.has(`unknown field ${quoted}`)) {
        unknown.push(path);
        found.add(`unknown field ${quoted}`);
      } else if (again && known.has(`duplicate field ${quoted}`)) {
        found.add(`duplicate field ${quoted}`);
      }
    },
  });
  return [...found];
}
