import { parseQuantity } from '../../../api/meta/quantity.ts';
import { KubectlError } from '../../errors.ts';
import { relaxedPath } from '../../printers/json-path.ts';
import type { AnyObject } from '../../resources/item.ts';
import { isTable } from '../../resources/item.ts';

function compareStrings(a: string, b: string): number {
  // As upstream: what reads as a quantity on both sides is compared as one.
  const [left, right] = [quantityOf(a), quantityOf(b)];
  if (left !== undefined && right !== undefined) return left < right ? -1 : left > right ? 1 : 0;
  return a < b ? -1 : a > b ? 1 : 0;
}

function quantityOf(text: string): bigint | undefined {
  try {
    return parseQuantity(text).nanos;
  } catch {
    // A word like any other.
    return undefined;
  }
}

function compare(a: unknown, b: unknown): number {
  if (a === undefined || a === null) return b === undefined || b === null ? 0 : -1;
  if (b === undefined || b === null) return 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  throw new KubectlError(`unsortable type: ${Array.isArray(a) ? 'array' : typeof a}`);
}

/** Sorts by a field. Throws KubectlError when none of them has it. */
export function sortBy<T>(things: readonly T[], field: string, objectOf: (thing: T) => unknown): T[] {
  const path = relaxedPath(field);
  const keyed = things.map((thing) => ({ thing, values: path(objectOf(thing)) }));
  if (things.length > 0 && !keyed.some(({ values }) => values.length > 0)) throw new KubectlError(`couldn't find any field with path ${JSON.stringify(`{${field.replace(/^\{|\}$/g, '').replace(/^(?!\.)/, '.')}}`)} in the list of objects`);
  return keyed.sort((a, b) => compare(a.values[0], b.values[0])).map(({ thing }) => thing);
}

interface Row { readonly object?: unknown }

/** The same Table with its rows sorted by a field of their objects; undefined where none of them has it, or it cannot be sorted by. */
export function sortTable(table: AnyObject, field: string): AnyObject | undefined {
  const rows = table['rows'] as readonly Row[] | null | undefined;
  if (!isTable(table) || rows === null || rows === undefined || rows.length < 2) return table;
  try {
    return { ...table, rows: sortBy(rows, field, ({ object }) => object) };
  } catch (error) {
    if (error instanceof KubectlError && !error.message.startsWith('unsortable')) return undefined;
    throw error;
  }
}
