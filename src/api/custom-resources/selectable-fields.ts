/** The fields of a custom resource by which field selectors can choose. */
import type { ResourceDefinition } from '../groups/definition.ts';
import type { Loose } from '../meta/loose.ts';
import type { KubeObject } from '../meta/object.ts';
import type { SelectableField } from '../types/apiextensions/v1.ts';
import { parseJsonPath } from './json-path.ts';
import { printValue } from './printer-columns.ts';

/** Every field as text, an empty one where there is nothing; undefined where there are no such fields. */
export function selectableFieldsOf(fields: readonly Loose<SelectableField>[]): ResourceDefinition<KubeObject>['selectableFields'] {
  if (fields.length === 0) return undefined;
  const paths = fields.map(({ jsonPath = '' }) => ({ name: jsonPath.replace(/^\./, ''), find: parseJsonPath(jsonPath) }));
  return (object) => Object.fromEntries(paths.map(({ name, find }) => {
    const value = find(object)[0] ?? undefined;
    return [name, value === undefined ? '' : printValue(value)];
  }));
}
