import { KubectlError } from '../../errors.ts';
import { functions } from './functions.ts';
import type { Piece, Token } from './lex.ts';
import { lex } from './lex.ts';

/** Where something stands in a template, and how it is written: errors tell of both. */
export interface Written { readonly at: number; readonly source: string }

/** What a command's words are. */
export type Operand = Written & (
  | { readonly kind: 'value'; readonly value: unknown }
  /** Fields after the dot, a variable or a pipeline in brackets. */
  | { readonly kind: 'path'; readonly from: 'dot' | { readonly variable: string } | { readonly pipeline: Pipeline }; readonly fields: readonly string[] }
  | { readonly kind: 'function'; readonly name: string });

export interface Pipeline {
  readonly variables: readonly string[];
  /** `=` and not `:=`. */
  readonly assigns: boolean;
  readonly commands: readonly (readonly Operand[])[];
  readonly source: string;
}

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipeline: Pipeline }
  | { readonly kind: 'if' | 'range' | 'with'; readonly pipeline: Pipeline; readonly body: readonly TemplateNode[]; readonly otherwise: readonly TemplateNode[] }
  | (Written & { readonly kind: 'template'; readonly name: string; readonly pipeline: Pipeline | undefined })
  | { readonly kind: 'break' | 'continue' };

export interface Template { readonly body: readonly TemplateNode[]; readonly named: ReadonlyMap<string, readonly TemplateNode[]> }

const isWord = (token: Token | undefined, word: string): boolean => token?.kind === 'word' && token.text === word;
const knownFunctions: ReadonlySet<string> = new Set([...Object.keys(functions), 'and', 'or', 'call']);
const constants: Readonly<Record<string, unknown>> = { true: true, false: false, nil: null };

/** Reads the tokens of one action. */
class ActionReader {
  readonly #tokens: readonly Token[];
  /** The variables that there are here. */
  readonly #scope: string[];
  #at = 0;

  constructor(tokens: readonly Token[], scope: string[]) {
    this.#tokens = tokens;
    this.#scope = scope;
  }

  peek(): Token | undefined {
    while (this.#tokens[this.#at]?.kind === 'space') this.#at++;
    return this.#tokens[this.#at];
  }

  next(): Token | undefined {
    const token = this.peek();
    this.#at++;
    return token;
  }

  /** Fields that follow at once, without a space. */
  #fields(): string[] {
    const fields: string[] = [];
    for (let token = this.#tokens[this.#at]; token?.kind === 'field' && token.text !== '.'; token = this.#tokens[this.#at]) {
      fields.push(token.text.slice(1));
      this.#at++;
    }
    const token = this.#tokens[this.#at];
    if (token?.kind === 'field' && token.text === '.') throw new KubectlError('unexpected <.> in operand');
    return fields;
  }

  #operand(): Operand | undefined {
    const token = this.peek();
    if (token === undefined) return undefined;
    const written = { at: token.at, source: token.source };
    switch (token.kind) {
      case 'string': this.#at++; return { kind: 'value', value: token.text, ...written };
      case 'number': this.#at++; return { kind: 'value', value: Number(token.text), ...written };
      case 'word':
        this.#at++;
        if (Object.hasOwn(constants, token.text)) return { kind: 'value', value: constants[token.text], ...written };
        if (!knownFunctions.has(token.text)) throw new KubectlError(`function ${JSON.stringify(token.text)} not defined`);
        return { kind: 'function', name: token.text, ...written };
      case 'field':
        this.#at++;
        return token.text === '.' ? { kind: 'path', from: 'dot', fields: [], ...written } : this.#path(token, 'dot', [token.text.slice(1)]);
      case 'variable':
        this.#at++;
        if (!this.#scope.includes(token.text)) throw new KubectlError(`undefined variable ${JSON.stringify(token.text)}`);
        return this.#path(token, { variable: token.text }, []);
      case 'symbol': {
        if (token.text !== '(') return undefined;
        this.#at++;
        const pipeline = this.pipeline('parenthesized pipeline');
        const close = this.next();
        if (close?.text !== ')') throw new KubectlError('unclosed left paren');
        return this.#path({ ...token, source: `(${pipeline.source})` }, { pipeline }, []);
      }
      case 'space': return undefined;
    }
  }

  /** A path stands where its second part does, as in upstream's tree. */
  #path(token: Token, from: Extract<Operand, { kind: 'path' }>['from'], first: readonly string[]): Operand {
    const next = this.#tokens[this.#at];
    const more = this.#fields();
    return { kind: 'path', from, fields: [...first, ...more], at: more.length > 0 && next !== undefined ? next.at : token.at, source: token.source + more.map((field) => `.${field}`).join('') };
  }

  #declared(): { readonly variables: string[]; readonly assigns: boolean } {
    const start = this.#at;
    const variables: string[] = [];
    for (;;) {
      const token = this.next();
      if (token?.kind !== 'variable') break;
      variables.push(token.text);
      const after = this.next();
      if (after?.text === ':=') this.#scope.push(...variables);
      if (after?.text === ':=' || after?.text === '=') return { variables, assigns: after.text === '=' };
      if (after?.text !== ',') break;
    }
    this.#at = start;
    return { variables: [], assigns: false };
  }

  /** `context`: what the pipeline is for, where there is none. */
  pipeline(context: string): Pipeline {
    const declared = this.#declared();
    const commands: Operand[][] = [];
    for (;;) {
      const words: Operand[] = [];
      for (let operand = this.#operand(); operand !== undefined; operand = this.#operand()) words.push(operand);
      if (words.length === 0) throw new KubectlError(`missing value for ${context}`);
      if (commands.length > 0 && words[0]!.kind === 'value') throw new KubectlError(`non executable command in pipeline stage ${commands.length + 1}`);
      commands.push(words);
      if (this.peek()?.text !== '|' || this.peek()?.kind !== 'symbol') break;
      this.#at++;
    }
    const { variables, assigns } = declared;
    const source = commands.map((words) => words.map((word) => word.source).join(' ')).join(' | ');
    return { ...declared, commands, source: variables.length === 0 ? source : `${variables.join(', ')} ${assigns ? '=' : ':='} ${source}` };
  }

  end(): void {
    const token = this.peek();
    if (token !== undefined && token.text !== ')') throw new KubectlError(`unexpected ${JSON.stringify(token.text)} in command`);
  }
}

class Parser {
  readonly named = new Map<string, readonly TemplateNode[]>();
  readonly #pieces: readonly Piece[];
  #at = 0;
  #scope = ['$'];
  #ranges = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  /** Nodes up to `end`, `else` or the end of the text; says what stopped it. */
  nodes(inside: string | undefined): { readonly nodes: readonly TemplateNode[]; readonly stop: ActionReader | undefined; readonly word: string } {
    const nodes: TemplateNode[] = [];
    while (this.#at < this.#pieces.length) {
      const piece = this.#pieces[this.#at++]!;
      if (piece.kind === 'text') {
        nodes.push(piece);
        continue;
      }
      const reader = new ActionReader(piece.tokens, this.#scope);
      const first = reader.peek();
      const word = first?.kind === 'word' ? first.text : '';
      if (word === 'end' || word === 'else') {
        if (inside === undefined) throw new KubectlError(`unexpected {{${word}}}`);
        reader.next();
        return { nodes, stop: reader, word };
      }
      nodes.push(...this.#node(reader, word));
    }
    if (inside !== undefined) throw new KubectlError('unexpected EOF');
    return { nodes, stop: undefined, word: '' };
  }

  #node(reader: ActionReader, word: string): TemplateNode[] {
    switch (word) {
      case 'if': case 'range': case 'with':
        reader.next();
        return [this.#block(reader, word)];
      case 'define': {
        reader.next();
        const name = reader.next()?.text ?? '';
        this.#define(name, 'define');
        return [];
      }
      case 'block': case 'template': {
        reader.next();
        const token = reader.next();
        const name = token?.text ?? '';
        const pipeline = reader.peek() === undefined ? undefined : reader.pipeline(`${word} clause`);
        if (word === 'block') this.#define(name, 'block');
        return [{ kind: 'template', name, pipeline, at: token?.at ?? 0, source: `{{template ${JSON.stringify(name)}${pipeline === undefined ? '' : ` ${pipeline.source}`}}}` }];
      }
      case 'break': case 'continue':
        if (this.#ranges === 0) throw new KubectlError(`{{${word}}} outside {{range}}`);
        return [{ kind: word }];
      default: {
        const pipeline = reader.pipeline('command');
        reader.end();
        return [{ kind: 'print', pipeline }];
      }
    }
  }

  #block(reader: ActionReader, kind: 'if' | 'range' | 'with'): TemplateNode {
    const before = this.#scope.length;
    const pipeline = reader.pipeline(kind);
    if (kind === 'range') this.#ranges++;
    const { nodes: body, stop, word } = this.nodes(kind);
    if (kind === 'range') this.#ranges--;
    const otherwise = word === 'else' ? this.#otherwise(stop, kind) : [];
    this.#scope.length = before;
    return { kind, pipeline, body, otherwise };
  }

  /** What a name stands for knows nothing of what is around it. */
  #define(name: string, word: 'define' | 'block'): void {
    const [scope, ranges] = [this.#scope, this.#ranges];
    [this.#scope, this.#ranges] = [['$'], 0];
    this.named.set(name, this.nodes(word).nodes);
    [this.#scope, this.#ranges] = [scope, ranges];
  }

  #otherwise(stop: ActionReader | undefined, kind: 'if' | 'range' | 'with'): readonly TemplateNode[] {
    const after = stop?.peek();
    // `else if` is an `if` of its own that needs no `end` of its own.
    if (isWord(after, 'if') || isWord(after, 'with')) {
      stop!.next();
      return [this.#block(stop!, after!.text as 'if' | 'with')];
    }
    return this.nodes(kind).nodes;
  }
}

/** Reads a template. Throws KubectlError. */
export function parseGoTemplate(text: string): Template {
  const parser = new Parser(lex(text));
  const body = parser.nodes(undefined).nodes;
  return { body, named: parser.named };
}
