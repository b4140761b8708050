import type { Issue } from './issues.ts';

/** `symbol` is punctuation and the word `in`; its text says which. */
export type TokenKind = 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'true' | 'false' | 'null' | 'identifier' | 'escaped' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  readonly at: number;
}

const space = /[\t\n\f\r ]+|\/\/[^\n]*/y;
const float = /(?:[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)/y;
const integer = /(?:0x[0-9a-fA-F]+|[0-9]+)[uU]?/y;
const word = /[_a-zA-Z][_a-zA-Z0-9]*/y;
const escapedWord = /`[a-zA-Z0-9_.\-/ ]+`/y;
const symbol = /==|!=|<=|>=|&&|\|\||[<>[\]{}().,\-!?:+*/%]/y;
const escape = String.raw`\\(?:[abfnrtv"'\\?${'`'}]|[0-3][0-7][0-7]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})`;
const raw = /[bB]?[rR](?:"""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\n\r]*"|'[^'\n\r]*')/y;
const quoted = new RegExp(String.raw`[bB]?(?:"""(?:${escape}|[^\\])*?"""|'''(?:${escape}|[^\\])*?'''|"(?:${escape}|[^\\"\n\r])*"|'(?:${escape}|[^\\'\n\r])*')`, 'y');

/** The tokens of an expression, and what could not be read of it. The last token is the end. */
export function tokenize(source: string): { readonly tokens: readonly Token[]; readonly issues: readonly Issue[] } {
  const tokens: Token[] = [];
  const issues: Issue[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  while (at < source.length) {
    const blank = match(space);
    if (blank !== undefined) {
      at += blank.length;
      continue;
    }
    const token = readToken(match, at);
    if (token === undefined) {
      const wrong = String.fromCodePoint(source.codePointAt(at) ?? 0);
      issues.push({ at, message: `Syntax error: token recognition error at: '${wrong === '\n' ? '\\n' : wrong}'` });
      at += wrong.length;
      continue;
    }
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: 'end', text: '<EOF>', at });
  return { tokens, issues };
}

function readToken(match: (pattern: RegExp) => string | undefined, at: number): Token | undefined {
  const text = match(raw) ?? match(quoted);
  if (text !== undefined) return { kind: /^[bB]/.test(text) ? 'bytes' : 'string', text, at };
  const floating = match(float);
  if (floating !== undefined) return { kind: 'double', text: floating, at };
  const whole = match(integer);
  if (whole !== undefined) return { kind: /[uU]$/.test(whole) ? 'uint' : 'int', text: whole, at };
  const name = match(word);
  if (name !== undefined) return { kind: wordKind(name), text: name, at };
  const escaped = match(escapedWord);
  if (escaped !== undefined) return { kind: 'escaped', text: escaped, at };
  const mark = match(symbol);
  return mark === undefined ? undefined : { kind: 'symbol', text: mark, at };
}

function wordKind(name: string): TokenKind {
  if (name === 'in') return 'symbol';
  return name === 'true' || name === 'false' || name === 'null' ? name : 'identifier';
}

const escapes: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** The text of a string literal, or the bytes of a bytes literal; undefined when it names what is no code point. */
export function unquote(text: string): string | undefined {
  const { body, isRaw } = quotedBody(text);
  if (isRaw) return body;
  let valid = true;
  const value = body.replace(/\\(?:([0-3][0-7][0-7])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g, (_, octal?: string, hex?: string, short?: string, long?: string, one?: string) => {
    if (one !== undefined) return escapes[one] ?? one;
    const code = octal !== undefined ? Number.parseInt(octal, 8) : Number.parseInt(hex ?? short ?? long ?? '', 16);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) valid = false;
    return valid ? String.fromCodePoint(code) : '';
  });
  return valid ? value : undefined;
}

/** In bytes, `\x` and octal escapes are bytes; everything else is its UTF-8. Undefined where `\u` stands. */
export function unquoteBytes(text: string): Uint8Array | undefined {
  const { body, isRaw } = quotedBody(text);
  const encoder = new TextEncoder();
  if (isRaw) return encoder.encode(body);
  const bytes: number[] = [];
  for (const [part, octal, hex, one] of body.matchAll(/\\(?:([0-3][0-7][0-7])|[xX]([0-9a-fA-F]{2})|([\s\S]))|[^\\]+/g)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (one === 'u' || one === 'U') return undefined;
    else bytes.push(...encoder.encode(one === undefined ? part : (escapes[one] ?? one)));
  }
  return Uint8Array.from(bytes);
}

function quotedBody(text: string): { readonly body: string; readonly isRaw: boolean } {
  const prefix = /^[bBrR]*/.exec(text)?.[0] ?? '';
  const rest = text.slice(prefix.length).replaceAll(/\r\n?/g, '\n');
  const width = rest.length >= 6 && (rest.startsWith('"""') || rest.startsWith("'''")) ? 3 : 1;
  return { body: rest.slice(width, -width), isRaw: /[rR]/.test(prefix) };
}
