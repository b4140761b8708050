import { KubectlError } from '../../errors.ts';
import type { Piece, Token } from './lex.ts';
import { lex } from './lex.ts';

/** What a command's words are. */
export type Operand =
  | { readonly kind: 'value'; readonly value: unknown }
  /** Fields after the dot, a variable or a pipeline in brackets. */
  | { readonly kind: 'path'; readonly from: 'dot' | { readonly variable: string } | { readonly pipeline: Pipeline }; readonly fields: readonly string[] }
  | { readonly kind: 'function'; readonly name: string };

export interface Pipeline {
  readonly variables: readonly string[];
  /** `=` and not `:=`. */
  readonly assigns: boolean;
  readonly commands: readonly (readonly Operand[])[];
}

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipeline: Pipeline }
  | { readonly kind: 'if' | 'range' | 'with'; readonly pipeline: Pipeline; readonly body: readonly TemplateNode[]; readonly otherwise: readonly TemplateNode[] }
  | { readonly kind: 'template'; readonly name: string; readonly pipeline: Pipeline | undefined }
  | { readonly kind: 'break' | 'continue' };

export interface Template { readonly body: readonly TemplateNode[]; readonly named: ReadonlyMap<string, readonly TemplateNode[]> }

const isWord = (token: Token | undefined, word: string): boolean => token?.kind === 'word' && token.text === word;
const constants: Readonly<Record<string, unknown>> = { true: true, false: false, nil: null };

/** Reads the tokens of one action. */
class ActionReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
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
    return fields;
  }

  #operand(): Operand | undefined {
    const token = this.peek();
    if (token === undefined) return undefined;
    switch (token.kind) {
      case 'string': this.#at++; return { kind: 'value', value: token.text };
      case 'number': this.#at++; return { kind: 'value', value: Number(token.text) };
      case 'word':
        this.#at++;
        return token.text in constants ? { kind: 'value', value: constants[token.text] } : { kind: 'function', name: token.text };
      case 'field':
        this.#at++;
        return { kind: 'path', from: 'dot', fields: token.text === '.' ? [] : [token.text.slice(1), ...this.#fields()] };
      case 'variable':
        this.#at++;
        return { kind: 'path', from: { variable: token.text }, fields: this.#fields() };
      case 'symbol': {
        if (token.text !== '(') return undefined;
        this.#at++;
        const pipeline = this.pipeline();
        const close = this.next();
        if (close?.text !== ')') throw new KubectlError('unclosed left paren');
        return { kind: 'path', from: { pipeline }, fields: this.#fields() };
      }
      case 'space': return undefined;
    }
  }

  #declared(): { readonly variables: string[]; readonly assigns: boolean } {
    const start = this.#at;
    const variables: string[] = [];
    for (;;) {
      const token = this.next();
      if (token?.kind !== 'variable') break;
      variables.push(token.text);
      const after = this.next();
      if (after?.text === ':=' || after?.text === '=') return { variables, assigns: after.text === '=' };
      if (after?.text !== ',') break;
    }
    this.#at = start;
    return { variables: [], assigns: false };
  }

  pipeline(): Pipeline {
    const declared = this.#declared();
    const commands: Operand[][] = [];
    for (;;) {
      const words: Operand[] = [];
      for (let operand = this.#operand(); operand !== undefined; operand = this.#operand()) words.push(operand);
      if (words.length === 0) throw new KubectlError('missing value for command');
      commands.push(words);
      if (this.peek()?.text !== '|' || this.peek()?.kind !== 'symbol') break;
      this.#at++;
    }
    return { ...declared, commands };
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
      const reader = new ActionReader(piece.tokens);
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
        this.named.set(name, this.nodes('define').nodes);
        return [];
      }
      case 'block': case 'template': {
        reader.next();
        const name = reader.next()?.text ?? '';
        const pipeline = reader.peek() === undefined ? undefined : reader.pipeline();
        if (word === 'block') this.named.set(name, this.nodes('block').nodes);
        return [{ kind: 'template', name, pipeline }];
      }
      case 'break': case 'continue': return [{ kind: word }];
      default: {
        const pipeline = reader.pipeline();
        reader.end();
        return [{ kind: 'print', pipeline }];
      }
    }
  }

  #block(reader: ActionReader, kind: 'if' | 'range' | 'with'): TemplateNode {
    const pipeline = reader.pipeline();
    const { nodes: body, stop, word } = this.nodes(kind);
    if (word !== 'else') return { kind, pipeline, body, otherwise: [] };
    const after = stop?.peek();
    // `else if` is an `if` of its own that needs no `end` of its own.
    if (isWord(after, 'if') || isWord(after, 'with')) {
      stop!.next();
      return { kind, pipeline, body, otherwise: [this.#block(stop!, after!.text as 'if' | 'with')] };
    }
    return { kind, pipeline, body, otherwise: this.nodes(kind).nodes };
  }
}

/** Reads a template. Throws KubectlError. */
export function parseGoTemplate(text: string): Template {
  const parser = new Parser(lex(text));
  const body = parser.nodes(undefined).nodes;
  return { body, named: parser.named };
}
