import type { JsonPath } from '../../api/custom-resources/json-path.ts';
import { JsonPathError } from '../../api/custom-resources/json-path.ts';
import { KubectlError } from '../errors.ts';
import type { AnyObject } from '../resources/item.ts';
import { isList } from '../resources/item.ts';
import { toGoJson } from './go-json.ts';
import { relaxedPath } from './json-path.ts';
import type { Printer } from './printer.ts';
import { TabWriter } from './tab-writer.ts';

interface Column { readonly header: string; readonly path: JsonPath }

/** `HEADER:.path,…`. */
export function parseColumns(spec: string): Column[] {
  if (spec === '') throw new KubectlError('custom-columns format specified but no custom columns given');
  return spec.split(',').map((part) => {
    const colon = part.indexOf(':');
    if (colon < 0) throw new KubectlError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    return { header: part.slice(0, colon), path: relaxedPath(part.slice(colon + 1)) };
  });
}

/** A file whose first line has the headers and whose second line has the paths. */
export function parseColumnsFile(text: string): Column[] {
  const [headers = '', paths = ''] = text.split('\n').filter((line) => line.trim() !== '');
  const [names, expressions] = [headers, paths].map((line) => line.trim().split(/\s+/)) as [string[], string[]];
  if (headers === '' || names.length !== expressions.length) throw new KubectlError(`number of headers (${names.length}) and field specifications (${expressions.length}) don't match`);
  return names.map((header, i) => ({ header, path: relaxedPath(expressions[i]!) }));
}

const shown = (value: unknown): string => (typeof value === 'object' && value !== null ? Array.isArray(value) ? `[${value.map(shown).join(' ')}]` : `map[${Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, child]) => `${key}:${shown(child)}`).join(' ')}]` : String(value as string | number | boolean));

/** `-o custom-columns=…`: a table of the user's own. */
export class CustomColumnsPrinter implements Printer {
  readonly #columns: readonly Column[];
  readonly #noHeaders: boolean;
  readonly #writer = new TabWriter();
  #started = false;

  constructor(columns: readonly Column[], { noHeaders }: { readonly noHeaders: boolean }) {
    this.#columns = columns;
    this.#noHeaders = noHeaders;
  }

  print(object: AnyObject): string {
    if (!this.#started && !this.#noHeaders) this.#writer.write(`${this.#columns.map(({ header }) => header).join('\t')}\n`);
    this.#started = true;
    for (const one of isList(object) ? object.items : [object]) this.#writer.write(`${this.#columns.map(({ path }) => this.#cell(path, one)).join('\t')}\n`);
    return this.#writer.flush();
  }

  #cell(path: JsonPath, object: AnyObject): string {
    try {
      const found = path(object);
      return found.length === 0 ? '<none>' : found.map((value) => (value === null ? '<nil>' : shown(value))).join(',');
    } catch (error) {
      if (error instanceof JsonPathError) throw new KubectlError(`${error.message}: ${toGoJson(object)}`, { cause: error });
      throw error;
    }
  }
}
