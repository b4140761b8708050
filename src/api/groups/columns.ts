/** Small pieces that printer columns are made of. */
import { ageColumn, createdAtColumns, nameColumn } from '../codec/table.ts';
import { parseTime } from '../meta/time.ts';
import type { Column, RuleContext } from './definition.ts';

export { ageColumn, createdAtColumns, nameColumn };

type CellValue = string | number | boolean | null;

interface ColumnOptions {
  /** Default: string. */
  readonly type?: Column<never>['type'];
  /** Shown with `-o wide` only. */
  readonly wide?: boolean;
  readonly format?: string;
}

/**
 * One column. Kinds that are not fully validated yet may have been stored without parts that their type requires; a
 * cell that misses one is empty, so that one such object cannot spoil a whole list.
 */
export function column<T>(name: string, cell: (object: T, context: RuleContext) => CellValue, options: ColumnOptions = {}): Column<T> {
  const { type = 'string', wide = false, format } = options;
  const tolerant = (object: T, context: RuleContext): CellValue => {
    try {
      return cell(object, context);
    } catch (error) {
      if (error instanceof TypeError) return '';
      throw error;
    }
  };
  return { name, type, priority: wide ? 1 : 0, cell: tolerant, ...(format !== undefined && { format }) };
}

/** The text, or what stands for none. */
export const orNone = (text: string | undefined): string => (text === undefined || text === '' ? '<none>' : text);
export const orUnset = (text: string | undefined): string => text ?? '<unset>';
export const orUnknown = (text: string | undefined): string => (text === undefined || text === '' ? '<unknown>' : text);

/** `a,b,c + 2 more...`: the first `max` of a list. */
export function listWithMore(items: readonly string[], max = 3): string {
  const shown = items.slice(0, max).join(',');
  if (items.length > max) return `${shown} + ${items.length - max} more...`;
  return shown === '' ? '<unset>' : shown;
}

/** `host:port`, with brackets around an IPv6 address. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Names and images of a pod template's containers, each joined by commas. */
export function containerColumns<T>(containersOf: (object: T) => readonly { readonly name: string; readonly image?: string }[] | undefined, options: { readonly wide?: boolean } = {}): Column<T>[] {
  const wide = options.wide ?? true;
  return [
    column<T>('Containers', (object) => (containersOf(object) ?? []).map(({ name }) => name).join(','), { wide }),
    column<T>('Images', (object) => (containersOf(object) ?? []).map(({ image }) => image ?? '').join(','), { wide }),
  ];
}

/** Milliseconds since the epoch; undefined for a missing or malformed time. */
export function timeOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : parseTime(time);
}
