/** The columns of a custom resource's table. */
import { goNumber } from '../field-error.ts';
import type { Column, RuleContext } from '../groups/definition.ts';
import type { Loose } from '../meta/loose.ts';
import type { KubeObject } from '../meta/object.ts';
import { humanDuration, parseTime } from '../meta/time.ts';
import type { CustomResourceColumnDefinition } from '../types/apiextensions/v1.ts';
import { nameColumn } from '../codec/table.ts';
import type { JsonPath } from './json-path.ts';
import { JsonPathError, parseJsonPath } from './json-path.ts';
import { isInteger } from './numbers.ts';

type ColumnDefinition = Loose<CustomResourceColumnDefinition>;
type Cell = string | number | bigint | boolean | null;

const ageDefinition: ColumnDefinition = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/** Go's JSON has its keys in order. */
const sorted = (value: unknown): string => JSON.stringify(value, (_, one: unknown) => (typeof one === 'object' && one !== null && !Array.isArray(one) ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1))) : one));

/** A value as Go prints it. */
export function printValue(value: unknown): string {
  if (value === null || value === undefined) return '<no value>';
  if (typeof value === 'object') return sorted(value);
  return typeof value === 'number' ? goNumber(value) : String(value);
}

function dateCell(value: unknown, { nowMs }: RuleContext): Cell {
  if (typeof value !== 'string') return null;
  if (value === '' || value === 'null') return '<unknown>';
  const epochMs = parseTime(value);
  return epochMs === undefined ? '<invalid>' : humanDuration(nowMs - epochMs);
}

function cellOf(type: string, value: unknown, context: RuleContext): Cell {
  switch (type) {
    case 'string': return printValue(value);
    case 'integer': return typeof value === 'bigint' ? value : typeof value === 'number' ? (isInteger(value) ? value : Math.trunc(value)) : null;
    case 'number': return typeof value === 'number' ? value : typeof value === 'bigint' ? Number(value) : null;
    case 'boolean': return typeof value === 'boolean' ? value : null;
    case 'date': return dateCell(value, context);
    default: return null;
  }
}

/** The first value of several is what is shown; nothing is shown where the path does not fit the object. */
function firstOf(path: JsonPath, object: unknown): { readonly value: unknown } | undefined {
  try {
    const found = path(object);
    return found.length === 0 ? undefined : { value: found[0] };
  } catch (error) {
    if (error instanceof JsonPathError) return undefined;
    throw error;
  }
}

function columnOf({ name = '', type = '', format = '', jsonPath = '', description = '', priority = 0 }: ColumnDefinition): Column<KubeObject> {
  const path = parseJsonPath(jsonPath);
  return {
    name, priority,
    type: type as Column<KubeObject>['type'],
    ...(format !== '' && { format }),
    description: description === '' ? `Custom resource definition column (in JSONPath format): ${jsonPath}` : description,
    cell(object, context) {
      const found = firstOf(path, object);
      return found === undefined ? null : cellOf(type, found.value, context);
    },
  };
}

/** The columns that a version asks for after the name; its age where it asks for none. Ends before one whose path is none. */
export function printerColumns(definitions: readonly ColumnDefinition[] | undefined): readonly Column<KubeObject>[] {
  if (definitions === undefined || definitions.length === 0) {
    const { description: _none, ...age } = columnOf(ageDefinition);
    return [nameColumn, age];
  }
  const columns = [nameColumn];
  for (const definition of definitions) {
    try {
      columns.push(columnOf(definition));
    } catch (error) {
      if (error instanceof JsonPathError) return columns;
      throw error;
    }
  }
  return columns;
}
