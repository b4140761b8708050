import { formatLabels } from '../../api/meta/labels.ts';
import { ageOf } from '../../api/meta/time.ts';
import type { AnyMetadata, AnyObject } from '../resources/item.ts';
import { isList, isTable } from '../resources/item.ts';
import type { TabWriter } from './tab-writer.ts';

/** What is shown of a table, beside what the server put into it. */
export interface TableOptions {
  readonly noHeaders: boolean;
  readonly wide: boolean;
  readonly showLabels: boolean;
  readonly columnLabels: readonly string[];
  readonly withNamespace: boolean;
  /** `pod` or `deployment.apps`, put before names; undefined: names alone. */
  readonly kind: string | undefined;
  readonly nowMs: number;
}

interface Column { readonly name: string; readonly type?: string; readonly format?: string; readonly priority?: number }
interface Row { readonly cells: readonly unknown[]; readonly object?: { readonly metadata?: AnyMetadata } }

const eventNames: Readonly<Record<string, string>> = { ADDED: 'ADDED   ', MODIFIED: 'MODIFIED', DELETED: 'DELETED ', ERROR: 'ERROR   ' };
const objectColumns: readonly Column[] = [{ name: 'Name', type: 'string', format: 'name' }, { name: 'Age', type: 'string' }];

/** A cell's text: its first line, and nothing that a terminal would take for a command. */
function cellText(cell: unknown): string {
  const text = cell === null || cell === undefined ? '' : typeof cell === 'object' ? JSON.stringify(cell) : String(cell as string | number | boolean);
  const end = text.search(/[\f\n\r]/);
  return (end < 0 ? text : `${text.slice(0, end)}...`).replaceAll('\x1b', '^[');
}

/**
 * Tables from the server under the headers of their columns; headers are written again when the columns change. What is
 * no Table, from a server that has none for it, is shown by its name and age.
 */
export class TablePrinter {
  readonly #options: TableOptions;
  #columns: readonly Column[] = [];
  #headersWritten = false;

  constructor(options: TableOptions) {
    this.#options = options;
  }

  /** Writes the rows of a Table, or of an object, to the aligner. `event`: what a watch says has happened. */
  print(object: AnyObject, out: TabWriter, event?: string): void {
    const table = isTable(object) ? { columns: (object['columnDefinitions'] as Column[] | null | undefined) ?? [], rows: (object['rows'] as Row[] | null | undefined) ?? [] } : this.#ofObject(object);
    this.#table(table, out, event);
  }

  #ofObject(object: AnyObject): { readonly columns: readonly Column[]; readonly rows: readonly Row[] } {
    const objects = isList(object) ? object.items : [object];
    return { columns: objectColumns, rows: objects.map((one) => ({ cells: [one.metadata?.name ?? '', ageOf(one.metadata?.creationTimestamp, this.#options.nowMs)], object: one })) };
  }

  #table({ columns: sent, rows }: { readonly columns: readonly Column[]; readonly rows: readonly Row[] }, out: TabWriter, event: string | undefined): void {
    const { noHeaders, wide, withNamespace, columnLabels, showLabels } = this.#options;
    const same = sent.length === 0 || JSON.stringify(sent) === JSON.stringify(this.#columns);
    if (!same) {
      this.#columns = sent;
      this.#headersWritten = false;
    }
    const headers = !noHeaders && !this.#headersWritten && rows.length > 0;
    if (rows.length > 0) this.#headersWritten = true;
    const columns = this.#columns;
    const shown = columns.map(({ priority = 0 }) => wide || priority === 0);
    const lines: string[][] = [];
    if (headers) {
      lines.push([
        ...(event === undefined ? [] : ['EVENT']),
        ...(withNamespace ? ['NAMESPACE'] : []),
        ...columns.filter((_, i) => shown[i]).map(({ name }) => name.toUpperCase()),
        ...columnLabels.map((label) => label.split('/').at(-1)!.toUpperCase()),
        ...(showLabels ? ['LABELS'] : []),
      ]);
    }
    const nameColumn = this.#options.kind === undefined ? -1 : columns.findIndex(({ format, type }) => format === 'name' && type === 'string');
    for (const { cells, object } of rows) {
      const labels = object?.metadata?.labels ?? {};
      lines.push([
        ...(event === undefined ? [] : [eventNames[event] ?? event]),
        ...(withNamespace ? [object?.metadata?.namespace ?? ''] : []),
        ...cells.slice(0, columns.length).map((cell, i) => (i === nameColumn ? `${this.#options.kind!}/${cellText(cell)}` : cellText(cell))).filter((_, i) => shown[i]),
        ...columnLabels.map((label) => labels[label] ?? ''),
        ...(showLabels ? [formatLabels(labels)] : []),
      ]);
    }
    for (const line of lines) out.write(`${line.join('\t')}\n`);
  }
}
