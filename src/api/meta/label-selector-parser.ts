import { formatFieldError, invalid } from '../field-error.ts';
import type { Requirement, Selector, SelectorOperator } from './labels.ts';
import { binaryOperators, newRequirement, SelectorError, selectorOf } from './labels.ts';
import { qualifiedName } from './validation.ts';

/** `identifier` and `error` carry text; all others are their own text. */
type TokenKind = 'identifier' | 'error' | 'end' | ')' | ',' | '!' | '==' | '=' | '>' | 'in' | '<' | '!=' | 'notin' | '(';
interface Token { readonly kind: TokenKind; readonly text: string }

const keywords = new Set<string>([')', ',', '!', '==', '=', '>', 'in', '<', '!=', 'notin', '(']);
const isSpace = (c: string): boolean => c === ' ' || c === '\t' || c === '\r' || c === '\n';
const isSpecial = (c: string): boolean => '=!(),><'.includes(c);

/** Takes the longest run of special symbols that is an operator, as upstream's lexer does. */
function scanSymbol(text: string, start: number): { token: Token; next: number } {
  let found: string | undefined;
  let end = start;
  while (end < text.length && isSpecial(text[end]!)) {
    const candidate = text.slice(start, end + 1);
    if (keywords.has(candidate)) found = candidate;
    else if (found !== undefined) break;
    end++;
  }
  if (found === undefined) return { token: { kind: 'error', text: `error expected: keyword found '${text.slice(start, end)}'` }, next: end };
  return { token: { kind: found as TokenKind, text: found }, next: end };
}

function scan(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (at < text.length && isSpace(text[at]!)) at++;
    if (at >= text.length || text[at] === '\0') break;
    if (isSpecial(text[at]!)) {
      const { token, next } = scanSymbol(text, at);
      tokens.push(token);
      at = next;
    } else {
      const start = at;
      while (at < text.length && !isSpecial(text[at]!) && !isSpace(text[at]!)) at++;
      const word = text.slice(start, at);
      tokens.push({ kind: keywords.has(word) ? (word as TokenKind) : 'identifier', text: word });
    }
  }
  tokens.push({ kind: 'end', text: '' });
  return tokens;
}

const endToken: Token = { kind: 'end', text: '' };
const operatorOf: Partial<Record<TokenKind, SelectorOperator>> = { in: 'in', notin: 'notin', '=': '=', '==': '==', '!=': '!=', '>': 'gt', '<': 'lt' };

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = scan(text);
  }

  /** Where a value may stand, `in` and `notin` are ordinary words. */
  #peek(): Token {
    const token = this.#tokens[this.#at] ?? endToken;
    return token.kind === 'in' || token.kind === 'notin' ? { kind: 'identifier', text: token.text } : token;
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const { kind, text } = this.#peek();
      if (kind === 'end') return requirements;
      if (kind !== 'identifier' && kind !== '!') throw new SelectorError(`found '${text}', expected: !, identifier, or 'end of string'`);
      try {
        requirements.push(this.#requirement());
      } catch (error) {
        throw error instanceof SelectorError ? new SelectorError(`unable to parse requirement: ${error.message}`) : error;
      }
      const after = this.#next();
      if (after.kind === 'end') return requirements;
      if (after.kind !== ',') throw new SelectorError(`found '${after.text}', expected: ',' or 'end of string'`);
      const following = this.#peek();
      if (following.kind !== 'identifier' && following.kind !== '!') throw new SelectorError(`found '${following.text}', expected: identifier after ','`);
    }
  }

  #requirement(): Requirement {
    let token = this.#next();
    const absent = token.kind === '!';
    if (absent) token = this.#next();
    if (token.kind !== 'identifier') throw new SelectorError(`found '${token.text}', expected: identifier`);
    const key = token.text;
    const wrong = qualifiedName(key);
    // Upstream prints the missing path of the key as Go's nil.
    if (wrong.length > 0) throw new SelectorError(formatFieldError(invalid('<nil>', key, wrong.join('; '))));
    if (absent) return newRequirement(key, '!', []);
    const after = this.#peek().kind;
    if (after === 'end' || after === ',') return newRequirement(key, 'exists', []);

    const symbol = this.#tokens[this.#at] ?? endToken;
    this.#at++;
    const operator = operatorOf[symbol.kind];
    if (operator === undefined) throw new SelectorError(`found '${symbol.text}', expected: ${binaryOperators.join(', ')}`);
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()];
    return newRequirement(key, operator, [...new Set(values)].sort());
  }

  #values(): string[] {
    const open = this.#next();
    if (open.kind !== '(') throw new SelectorError(`found '${open.text}' expected: '('`);
    const first = this.#peek();
    if (first.kind === ')') {
      this.#next();
      return [''];
    }
    if (first.kind !== 'identifier' && first.kind !== ',') throw new SelectorError(`found '${first.text}', expected: ',', ')' or identifier`);
    const values = this.#list();
    if (this.#next().kind !== ')') throw new SelectorError(`found '${first.text}', expected: ')'`);
    return values;
  }

  /** `a,b`, where any of them may be empty. */
  #list(): string[] {
    const values: string[] = [];
    for (;;) {
      const token = this.#next();
      const after = this.#peek();
      if (token.kind === 'identifier') {
        values.push(token.text);
        if (after.kind === ')') return values;
        if (after.kind !== ',') throw new SelectorError(`found '${after.text}', expected: ',' or ')'`);
      } else if (token.kind === ',') {
        if (values.length === 0 || after.kind === ',' || after.kind === ')') values.push('');
        if (after.kind === ')') return values;
      } else {
        throw new SelectorError(`found '${token.text}', expected: ',', or identifier`);
      }
    }
  }

  #exactValue(): string {
    const { kind } = this.#peek();
    if (kind === 'end' || kind === ',') return '';
    const token = this.#next();
    if (token.kind !== 'identifier') throw new SelectorError(`found '${token.text}', expected: identifier`);
    return token.text;
  }
}

/** Parses `app=web,tier in (a,b),!old`. Throws SelectorError with the message of upstream's `labels.Parse`. */
export function parseLabelSelector(text: string): Selector {
  return selectorOf(new Parser(text).parse());
}
