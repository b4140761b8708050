import type { JsonPath } from '../../api/custom-resources/json-path.ts';
import { JsonPathError, parseJsonPath } from '../../api/custom-resources/json-path.ts';
import { KubectlError } from '../errors.ts';
import type { AnyObject } from '../resources/item.ts';
import { toGoJson } from './go-json.ts';
import { goValue } from './go-value.ts';
import type { Printer } from './printer.ts';

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'path'; readonly path: JsonPath; readonly source: string }
  | { readonly kind: 'range'; readonly path: JsonPath; readonly body: readonly Part[] };

const unquoted = (text: string): string => text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, code: string | undefined, c: string | undefined) => (code === undefined ? ({ n: '\n', t: '\t', r: '\r' })[c!] ?? c! : String.fromCharCode(Number.parseInt(code, 16))));

/** Pieces between braces and around them; braces in quotes and in filters do not count. */
function pieces(template: string): { readonly inside: boolean; readonly text: string }[] {
  const found: { inside: boolean; text: string }[] = [];
  let at = 0;
  while (at < template.length) {
    const open = template.indexOf('{', at);
    if (open < 0) { found.push({ inside: false, text: template.slice(at) }); break; }
    if (open > at) found.push({ inside: false, text: template.slice(at, open) });
    let end = open + 1;
    let quote = '';
    while (end < template.length && (quote !== '' || template[end] !== '}')) {
      const c = template[end]!;
      if (quote === '' && (c === '"' || c === '\'')) quote = c;
      else if (c === quote && template[end - 1] !== '\\') quote = '';
      end++;
    }
    if (end >= template.length) {
      // What is wrong inside comes before the brace that is missing.
      compile(template.slice(open + 1));
      throw new KubectlError('unclosed action');
    }
    found.push({ inside: true, text: template.slice(open + 1, end) });
    at = end + 1;
  }
  return found;
}

function compile(path: string): JsonPath {
  try {
    return parseJsonPath(path);
  } catch (error) {
    if (error instanceof JsonPathError) throw new KubectlError(error.message, { cause: error });
    throw error;
  }
}

/** Reads a template of client-go's dialect: text, `{.path}`, `{range .path}…{end}`, `{"text"}`. */
function parseTemplate(template: string): readonly Part[] {
  const stack: { readonly path: JsonPath | undefined; readonly parts: Part[] }[] = [{ path: undefined, parts: [] }];
  for (const { inside, text } of pieces(template)) {
    const { parts } = stack.at(-1)!;
    const action = text.trim();
    if (!inside) parts.push({ kind: 'text', text });
    else if (/^range\b/.test(action)) stack.push({ path: compile(action.slice('range'.length).trim()), parts: [] });
    else if (action === 'end') {
      const done = stack.pop()!;
      if (done.path === undefined || stack.length === 0) throw new KubectlError('not in range, nothing to end');
      stack.at(-1)!.parts.push({ kind: 'range', path: done.path, body: done.parts });
    } else {
      const quoted = /^(["'])((?:[^\\]|\\.)*)\1$/s.exec(action);
      parts.push(quoted === null || quoted[2]!.includes(quoted[1]!) ? { kind: 'path', path: compile(action), source: action } : { kind: 'text', text: unquoted(quoted[2]!) });
    }
  }
  // The template's end ends what is open.
  while (stack.length > 1) {
    const { path, parts } = stack.pop()!;
    stack.at(-1)!.parts.push({ kind: 'range', path: path!, body: parts });
  }
  return stack[0]!.parts;
}

const shown = (value: unknown): string => (value === null || value === undefined ? '' : typeof value === 'object' ? toGoJson(value) : String(value as string | number | boolean));

/** What each part yields, in its order. */
function evaluate(parts: readonly Part[], value: unknown, allowMissing: boolean): (readonly unknown[])[] {
  return parts.flatMap((part) => {
    if (part.kind === 'text') return [[part.text]];
    const found = part.path(value);
    if (part.kind === 'range') return found.flatMap((one) => evaluate(part.body, one, allowMissing));
    if (found.length === 0 && !allowMissing && /\.[\w-]+$/.test(part.source)) throw new KubectlError(`${/\.([\w-]+)$/.exec(part.source)![1]!} is not found`);
    return [found];
  });
}

/** `-o jsonpath=TEMPLATE`; `asJson`: what each of its parts yields is written as a list. */
export class JsonPathPrinter implements Printer {
  readonly #template: string;
  readonly #parts: readonly Part[];
  readonly #allowMissing: boolean;
  readonly #asJson: boolean;

  constructor(template: string, { allowMissing = true, asJson = false }: { readonly allowMissing?: boolean; readonly asJson?: boolean } = {}) {
    this.#template = template;
    try {
      this.#parts = parseTemplate(template);
    } catch (error) {
      throw error instanceof KubectlError ? new KubectlError(`error parsing jsonpath ${template}, ${error.message}`, { cause: error }) : error;
    }
    this.#allowMissing = allowMissing;
    this.#asJson = asJson;
  }

  print(object: AnyObject): string {
    try {
      return evaluate(this.#parts, object, this.#allowMissing).map((found) => (this.#asJson ? `${toGoJson(found, '    ')}\n` : found.map(shown).join(' '))).join('');
    } catch (error) {
      if (!(error instanceof JsonPathError || error instanceof KubectlError)) throw error;
      throw new KubectlError(`error executing jsonpath ${JSON.stringify(this.#template)}: Error executing template: ${error.message}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${this.#template}\n\tobject given to jsonpath engine was:\n\t\t${goValue(object)}\n\n\n`, { cause: error });
    }
  }
}

/** `x.y`, `.x.y`, `{.x.y}` and `{x.y}`, all read as `{.x.y}`: columns and sort keys are written loosely. */
export function relaxedPath(text: string): JsonPath {
  const match = /^\{?\.?([^{}]*)\}?$/.exec(text.replace(/^\{?\$/, (start) => start.replace('$', '')));
  if (text === '' || match === null || (text.startsWith('{') !== text.endsWith('}'))) throw new KubectlError(`unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`);
  return compile(match[1] === '' ? '' : `.${match[1]!}`);
}
