import { Uint } from '../runtime/values.ts';
import type { Expr, MapEntry, StructField } from './ast.ts';
import type { Issue } from './issues.ts';
import { tokenize, unquote, unquoteBytes, type Token } from './lexer.ts';
import { expandMacro, type MacroOptions } from './macros.ts';

/** An expression longer than this is not read, as upstream does. */
const maxCodePoints = 100_000;
/** How deeply an expression may nest, chains of operators and selections included. */
const maxDepth = 250;

const reserved: ReadonlySet<string> = new Set([
  'as', 'break', 'const', 'continue', 'else', 'false', 'for', 'function', 'if', 'import', 'in', 'let', 'loop', 'package', 'namespace', 'null', 'return', 'true', 'var', 'void', 'while',
]);
const startOfPrimary = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";
const relations: ReadonlyMap<string, string> = new Map([['<', '_<_'], ['<=', '_<=_'], ['>=', '_>=_'], ['>', '_>_'], ['==', '_==_'], ['!=', '_!=_'], ['in', '@in']]);
const sums: ReadonlyMap<string, string> = new Map([['+', '_+_'], ['-', '_-_']]);
const products: ReadonlyMap<string, string> = new Map([['*', '_*_'], ['/', '_/_'], ['%', '_%_']]);

/** The tree of an expression, or what is wrong with its syntax. */
export function parse(source: string, options: MacroOptions = {}): { readonly expr: Expr; readonly issues?: never } | { readonly issues: readonly Issue[]; readonly expr?: never } {
  const size = source.length > maxCodePoints ? Array.from(source).length : 0;
  if (size > maxCodePoints) return { issues: [{ at: 0, message: `expression code point size exceeds limit: size: ${size}, limit ${maxCodePoints}` }] };
  const { tokens, issues } = tokenize(source);
  const parser = new Parser(tokens, issues, options);
  try {
    const expr = parser.start();
    return parser.issues.length === 0 ? { expr } : { issues: parser.issues };
  } catch (error) {
    if (!(error instanceof SyntaxStop)) throw error;
    return { issues: parser.issues };
  }
}

/** Ends parsing after an error there is no way on from. */
class SyntaxStop extends Error {}

class Parser {
  readonly issues: Issue[];
  readonly #tokens: readonly Token[];
  readonly #options: MacroOptions;
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], issues: readonly Issue[], options: MacroOptions) {
    this.#options = options;
    this.#tokens = tokens;
    this.issues = [...issues];
  }

  start(): Expr {
    const expr = this.#expression();
    const { kind, text, at } = this.#peek();
    if (kind !== 'end') {
      const alone = this.#tokens[this.#next + 1]?.kind === 'end';
      this.#stop(at, `Syntax error: ${alone ? 'extraneous' : 'mismatched'} input '${text}' expecting <EOF>`);
    }
    return expr;
  }

  #peek(ahead = 0): Token {
    const token = this.#tokens[this.#next + ahead] ?? this.#tokens.at(-1);
    return token ?? { kind: 'end', text: '<EOF>', at: 0 };
  }

  #take(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#next++;
    return token;
  }

  #isSymbol(text: string, ahead = 0): boolean {
    const token = this.#peek(ahead);
    return token.kind === 'symbol' && token.text === text;
  }

  #accept(text: string): Token | undefined {
    return this.#isSymbol(text) ? this.#take() : undefined;
  }

  #expect(text: string): Token {
    const found = this.#accept(text);
    if (found !== undefined) return found;
    const { kind, text: got, at } = this.#peek();
    return this.#stop(at, kind === 'end' ? `Syntax error: missing '${text}' at '<EOF>'` : `Syntax error: mismatched input '${got}' expecting '${text}'`);
  }

  #stop(at: number, message: string): never {
    this.issues.push({ at, message });
    throw new SyntaxStop(message);
  }

  #report(at: number, message: string): Expr {
    this.issues.push({ at, message });
    return { kind: 'literal', at, value: null };
  }

  #deeper(): void {
    if (++this.#depth > maxDepth) this.#stop(0, `expression recursion limit exceeded: ${maxDepth}`);
  }

  #expression(): Expr {
    this.#deeper();
    const condition = this.#logical('||');
    const question = this.#accept('?');
    if (question === undefined) {
      this.#depth--;
      return condition;
    }
    const yes = this.#logical('||');
    this.#expect(':');
    const no = this.#expression();
    this.#depth--;
    return { kind: 'call', at: question.at, name: '_?_:_', target: undefined, args: [condition, yes, no] };
  }

  /** A chain of one logical operator, as a balanced tree: long ones do not nest deeply. */
  #logical(operator: '||' | '&&'): Expr {
    const terms: Expr[] = [this.#logicalTerm(operator)];
    const places: number[] = [];
    for (let found = this.#accept(operator); found !== undefined; found = this.#accept(operator)) {
      places.push(found.at);
      terms.push(this.#logicalTerm(operator));
    }
    return balanced(`_${operator}_`, terms, places, 0, places.length - 1);
  }

  #logicalTerm(operator: '||' | '&&'): Expr {
    return operator === '||' ? this.#logical('&&') : this.#leftToRight(relations, () => this.#leftToRight(sums, () => this.#leftToRight(products, () => this.#unary())));
  }

  #leftToRight(operators: ReadonlyMap<string, string>, operand: () => Expr): Expr {
    let left = operand();
    const depth = this.#depth;
    for (;;) {
      const token = this.#peek();
      const name = token.kind === 'symbol' ? operators.get(token.text) : undefined;
      if (name === undefined) break;
      this.#deeper();
      this.#take();
      left = { kind: 'call', at: token.at, name, target: undefined, args: [left, operand()] };
    }
    this.#depth = depth;
    return left;
  }

  #unary(): Expr {
    const first = this.#peek();
    const sign = this.#isSymbol('!') ? '!' : this.#isSymbol('-') && !this.#isNegativeNumber() ? '-' : undefined;
    if (sign === undefined) return this.#member();
    let count = 0;
    while (this.#isSymbol(sign) && !(sign === '-' && this.#isNegativeNumber() && count % 2 === 1)) {
      this.#take();
      count++;
    }
    const operand = this.#member();
    return count % 2 === 0 ? operand : { kind: 'call', at: first.at, name: sign === '!' ? '!_' : '-_', target: undefined, args: [operand] };
  }

  #isNegativeNumber(): boolean {
    const { kind } = this.#peek(1);
    return this.#isSymbol('-') && (kind === 'int' || kind === 'double');
  }

  #member(): Expr {
    let expr = this.#primary();
    const depth = this.#depth;
    for (;;) {
      const token = this.#peek();
      if (this.#accept('.') !== undefined) expr = this.#selection(expr, token.at);
      else if (this.#accept('[') !== undefined) expr = this.#index(expr, token.at);
      else break;
      this.#deeper();
    }
    this.#depth = depth;
    return expr;
  }

  #selection(operand: Expr, at: number): Expr {
    const optional = this.#accept('?') !== undefined;
    const name = this.#take();
    if (name.kind === 'escaped') return this.#report(name.at, "unsupported syntax: '`'");
    if (name.kind !== 'identifier') this.#stop(name.at, `Syntax error: mismatched input '${name.text}' expecting IDENTIFIER`);
    if (optional) return { kind: 'call', at, name: '_?._', target: undefined, args: [operand, { kind: 'literal', at: name.at, value: name.text }] };
    const open = this.#accept('(');
    if (open === undefined) return { kind: 'select', at, operand, field: name.text, test: false };
    return this.#call(open.at, name.text, operand, this.#arguments());
  }

  #index(operand: Expr, at: number): Expr {
    const optional = this.#accept('?') !== undefined;
    const index = this.#expression();
    this.#expect(']');
    return { kind: 'call', at, name: optional ? '_[?_]' : '_[_]', target: undefined, args: [operand, index] };
  }

  #call(at: number, name: string, target: Expr | undefined, args: readonly Expr[]): Expr {
    const expanded = expandMacro(at, name, target, args, this.#options);
    if (expanded?.issue !== undefined) return this.#report(expanded.issue.at, expanded.issue.message);
    return expanded?.expr ?? { kind: 'call', at, name, target, args };
  }

  #arguments(): Expr[] {
    const args: Expr[] = [];
    if (this.#accept(')') !== undefined) return args;
    do args.push(this.#expression());
    while (this.#accept(',') !== undefined);
    this.#expect(')');
    return args;
  }

  #primary(): Expr {
    const token = this.#peek();
    if (token.kind === 'identifier') return this.#named('');
    if (token.kind !== 'symbol') return this.#literal();
    switch (token.text) {
      case '(': {
        this.#take();
        const inner = this.#expression();
        this.#expect(')');
        return inner;
      }
      case '[':
        return this.#list();
      case '{':
        return { kind: 'map', at: this.#take().at, entries: this.#entries() };
      case '.':
        this.#take();
        return this.#named('.');
      case '-':
        if (this.#isNegativeNumber()) return this.#literal();
        break;
    }
    return this.#stop(token.at, `Syntax error: mismatched input '${token.text}' expecting ${startOfPrimary}`);
  }

  #named(dot: string): Expr {
    const { kind, text, at } = this.#take();
    if (kind !== 'identifier') this.#stop(at, `Syntax error: mismatched input '${text}' expecting IDENTIFIER`);
    const struct = this.#structName(text);
    if (struct !== undefined) return { kind: 'struct', at: this.#take().at, typeName: dot + struct, fields: this.#fields() };
    if (reserved.has(text)) return this.#report(at, `reserved identifier: ${text}`);
    const open = this.#accept('(');
    if (open === undefined) return { kind: 'ident', at, name: dot + text };
    return this.#call(open.at, dot + text, undefined, this.#arguments());
  }

  /** Whether `a.b.c{` follows: then its name, with the brace next. */
  #structName(first: string): string | undefined {
    let ahead = 0;
    let name = first;
    while (this.#isSymbol('.', ahead) && this.#peek(ahead + 1).kind === 'identifier') {
      name += `.${this.#peek(ahead + 1).text}`;
      ahead += 2;
    }
    if (!this.#isSymbol('{', ahead)) return undefined;
    this.#next += ahead;
    return name;
  }

  #list(): Expr {
    const { at } = this.#take();
    const items: Expr[] = [];
    const optional = new Set<number>();
    while (!this.#isSymbol(']')) {
      if (this.#accept('?') !== undefined) optional.add(items.length);
      items.push(this.#expression());
      if (this.#accept(',') === undefined) break;
    }
    this.#expect(']');
    return { kind: 'list', at, items, optional };
  }

  #entries(): MapEntry[] {
    const entries: MapEntry[] = [];
    while (!this.#isSymbol('}')) {
      const optional = this.#accept('?') !== undefined;
      const key = this.#expression();
      this.#expect(':');
      entries.push({ key, value: this.#expression(), optional });
      if (this.#accept(',') === undefined) break;
    }
    this.#expect('}');
    return entries;
  }

  #fields(): StructField[] {
    const fields: StructField[] = [];
    while (!this.#isSymbol('}')) {
      const optional = this.#accept('?') !== undefined;
      const name = this.#take();
      if (name.kind === 'escaped') this.#report(name.at, "unsupported syntax: '`'");
      else if (name.kind !== 'identifier') this.#stop(name.at, `Syntax error: mismatched input '${name.text}' expecting {'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}`);
      const colon = this.#expect(':');
      fields.push({ name: name.text, at: colon.at, value: this.#expression(), optional });
      if (this.#accept(',') === undefined) break;
    }
    this.#expect('}');
    return fields;
  }

  #literal(): Expr {
    const minus = this.#accept('-');
    const { kind, text, at: place } = this.#take();
    const at = minus?.at ?? place;
    const sign = minus === undefined ? '' : '-';
    switch (kind) {
      case 'int': {
        const value = minus === undefined ? BigInt(text) : -BigInt(text);
        return BigInt.asIntN(64, value) === value ? { kind: 'literal', at, value } : this.#report(at, 'invalid int literal');
      }
      case 'uint': {
        const value = BigInt(text.slice(0, -1));
        return BigInt.asUintN(64, value) === value ? { kind: 'literal', at, value: new Uint(value) } : this.#report(at, 'invalid uint literal');
      }
      case 'double': {
        const value = Number(sign + text);
        return Number.isFinite(value) ? { kind: 'literal', at, value } : this.#report(at, 'invalid double literal');
      }
      case 'string': {
        const value = unquote(text);
        return value === undefined ? this.#report(at, 'invalid unicode code point') : { kind: 'literal', at, value };
      }
      case 'bytes': {
        const value = unquoteBytes(text);
        return value === undefined ? this.#report(at, 'unable to unescape string') : { kind: 'literal', at, value };
      }
      case 'true':
      case 'false':
        return { kind: 'literal', at, value: kind === 'true' };
      case 'null':
        return { kind: 'literal', at, value: null };
      default:
        return this.#stop(place, `Syntax error: mismatched input '${text}' expecting ${startOfPrimary}`);
    }
  }
}

function balanced(name: string, terms: readonly Expr[], places: readonly number[], from: number, to: number): Expr {
  const mid = Math.floor((from + to + 1) / 2);
  const half = (index: number, low: number, high: number): Expr => (low > high ? (terms[index] ?? { kind: 'literal', at: 0, value: null }) : balanced(name, terms, places, low, high));
  if (places.length === 0) return half(0, 1, 0);
  return { kind: 'call', at: places[mid] ?? 0, name, target: undefined, args: [half(mid, from, mid - 1), half(mid + 1, mid + 1, to)] };
}
