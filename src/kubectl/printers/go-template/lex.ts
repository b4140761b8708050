import { KubectlError } from '../../errors.ts';

/** A piece of a template: text between actions, or what an action says. */
export type Piece = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'action'; readonly tokens: readonly Token[]; readonly line: number };

export interface Token {
  readonly kind: 'word' | 'field' | 'variable' | 'string' | 'number' | 'symbol' | 'space';
  readonly text: string;
  /** As it is written, and where in the template. */
  readonly source: string;
  readonly at: number;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v', '\\': '\\', '"': '"', '\'': '\'' };

const unquote = (text: string): string => text.slice(1, -1).replaceAll(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)/gs, (_, code: string) => (/^[xu]./.test(code) ? String.fromCodePoint(Number.parseInt(code.slice(1), 16)) : escapes[code] ?? code));

const pattern = /(?<space>\s+)|(?<string>"(?:[^"\\]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)+')|(?<number>[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?))|(?<variable>\$[\p{L}\p{N}_]*)|(?<field>\.[\p{L}_][\p{L}\p{N}_]*|\.)|(?<word>[\p{L}_][\p{L}\p{N}_]*)|(?<symbol>:=|[()|,=])/uy;

function tokensOf(action: string, start: number): Token[] {
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < action.length) {
    const at = pattern.lastIndex;
    const found = pattern.exec(action)?.groups;
    if (found === undefined) throw new KubectlError(`unexpected ${JSON.stringify(action[at])} in command`);
    const [kind, text] = Object.entries(found).find(([, value]) => (value as string | undefined) !== undefined)! as [Token['kind'], string];
    const place = { source: text, at: start + at };
    if (kind === 'number') tokens.push({ kind, text: text.replaceAll('_', ''), ...place });
    else if (kind !== 'string') tokens.push({ kind, text, ...place });
    else if (text.startsWith('\'')) tokens.push({ kind: 'number', text: String(unquote(text).codePointAt(0)), ...place });
    else tokens.push({ kind, text: text.startsWith('`') ? text.slice(1, -1) : unquote(text), ...place });
  }
  return tokens;
}

/** Where an action ends: quotes and comments may hold braces. */
function endOf(template: string, from: number): number {
  let quote = '';
  for (let at = from; at < template.length; at++) {
    const c = template[at]!;
    if (quote !== '') {
      if (c === '\\' && quote !== '`') at++;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === '`' || c === '\'') quote = c;
    else if (template.startsWith('}}', at)) return at;
  }
  if (quote !== '') throw new KubectlError(quote === '"' ? 'unterminated quoted string' : quote === '`' ? 'unterminated raw quoted string' : 'unterminated character constant');
  return -1;
}

/** Reads a template into its pieces; `{{-` and `-}}` take the space beside them away. Throws KubectlError. */
export function lex(template: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trimNext = false;
  while (at < template.length) {
    const open = template.indexOf('{{', at);
    let text = template.slice(at, open < 0 ? undefined : open);
    if (trimNext) text = text.trimStart();
    const trimBefore = open >= 0 && /^\{\{-\s/.test(template.slice(open, open + 4));
    if (trimBefore) text = text.trimEnd();
    if (text !== '') pieces.push({ kind: 'text', text });
    if (open < 0) break;
    const start = open + (trimBefore ? 3 : 2);
    // Nothing but the mark that trims may stand before a comment.
    const comment = (trimBefore ? /^\s\/\*/ : /^\/\*/).test(template.slice(start, start + 4));
    const end = comment ? template.indexOf('}}', template.indexOf('*/', start)) : endOf(template, start);
    if (end < 0) throw new KubectlError(comment ? 'unclosed comment' : 'unclosed action');
    let action = template.slice(start, end);
    trimNext = /\s-$/.test(action);
    if (trimNext) action = action.slice(0, -1);
    if (!comment) pieces.push({ kind: 'action', tokens: tokensOf(action, start), line: template.slice(0, open).split('\n').length });
    at = end + 2;
  }
  return pieces;
}
