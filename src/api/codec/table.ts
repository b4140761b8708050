import { formatTime } from '../../base/clock.ts';
import type { Column, RuleContext } from '../groups/definition.ts';
import type { KubeObject } from '../meta/object.ts';
import { ageOf, parseTime } from '../meta/time.ts';
import { ApiError } from '../status.ts';
import type { ListMeta } from '../types/meta/v1.ts';
import type { MetaVersion, PartialObjectMetadata } from './partial-metadata.ts';
import { partialMetadata } from './partial-metadata.ts';

/** What each row carries beside its cells. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableColumnDefinition {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

export type Cell = string | number | bigint | boolean | null;

export interface TableRow {
  readonly cells: readonly Cell[];
  readonly object: KubeObject | PartialObjectMetadata | null;
}

/** `metav1.Table`. */
export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: string;
  readonly metadata: ListMeta;
  /** Null: said before, in an earlier event of the same watch. */
  readonly columnDefinitions: readonly TableColumnDefinition[] | null;
  readonly rows: readonly TableRow[];
}

export interface TableOptions {
  readonly context: RuleContext;
  /** Default: Metadata. */
  readonly includeObject?: IncludeObject;
  /** Of the list; for a single object its resourceVersion is taken. */
  readonly metadata?: ListMeta;
  /** Default: v1. */
  readonly version?: MetaVersion;
  /** Rows without column definitions: what a watch sends after its first event. */
  readonly withoutDefinitions?: boolean;
}

/** Name, with the format that tells kubectl which cell names the object. */
export const nameColumn: Column<KubeObject> = { name: 'Name', type: 'string', format: 'name', priority: 0, cell: (object) => object.metadata.name ?? '' };

/** How long ago the object was made. */
export const ageColumn: Column<KubeObject> = { name: 'Age', type: 'string', priority: 0, cell: (object, context) => ageOf(object.metadata.creationTimestamp, context.nowMs) };

/** What resources show that define no columns of their own (custom resources and upstream's default printer). */
export const defaultColumns: readonly Column<KubeObject>[] = [nameColumn, ageColumn];

/** Upstream's form for objects that have no printer at all. */
export const createdAtColumns: readonly Column<KubeObject>[] = [
  nameColumn,
  {
    name: 'Created At',
    type: 'date',
    priority: 0,
    cell: (object) => {
      const epochMs = parseTime(object.metadata.creationTimestamp ?? '');
      return epochMs === undefined ? '0001-01-01T00:00:00Z' : formatTime(epochMs);
    },
  },
];

/** The `includeObject` query parameter. Throws ApiError BadRequest for a value that is none of the three. */
export function parseIncludeObject(text: string | null): IncludeObject {
  if (text === null || text === '') return 'Metadata';
  if (text === 'None' || text === 'Metadata' || text === 'Object') return text;
  throw new ApiError('BadRequest', `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(text)}: must be 'Metadata', 'Object', 'None', or empty`);
}

function definitionOf({ name, type, format, description, priority }: Column<never>): TableColumnDefinition {
  return { name, type, format: format ?? '', description: description ?? '', priority };
}

/** The heads of a table's columns; `undefined`: of a resource that defines none of its own. */
export function columnDefinitions(columns: readonly Column<never>[] = defaultColumns): TableColumnDefinition[] {
  return columns.map(definitionOf);
}

/** One row for one object. */
export function tableRow<T extends KubeObject>(columns: readonly Column<T>[] | undefined, object: T, options: Pick<TableOptions, 'context' | 'includeObject' | 'version'>): TableRow {
  const { context, includeObject = 'Metadata', version = 'v1' } = options;
  const carried = includeObject === 'Object' ? object : includeObject === 'Metadata' ? partialMetadata(object, version) : null;
  const shown: readonly Column<T>[] = columns ?? defaultColumns;
  return { cells: shown.map((column) => column.cell(object, context)), object: carried };
}

/** A table of objects: all of a list, or a single one. */
export function toTable<T extends KubeObject>(columns: readonly Column<T>[] | undefined, objects: readonly T[], options: TableOptions): Table {
  const shown: readonly Column<T>[] = columns ?? defaultColumns;
  const only = objects.length === 1 ? objects[0] : undefined;
  const resourceVersion = only?.metadata.resourceVersion;
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version ?? 'v1'}`,
    metadata: options.metadata ?? (resourceVersion === undefined ? {} : { resourceVersion }),
    columnDefinitions: options.withoutDefinitions === true ? null : columnDefinitions(shown),
    rows: objects.map((object) => tableRow(shown, object, options)),
  };
}
