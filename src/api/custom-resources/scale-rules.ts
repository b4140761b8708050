/** Where a custom resource keeps what its scale subresource reads and writes. */
import type { FieldError } from '../field-error.ts';
import { goNumber, invalid } from '../field-error.ts';
import type { ResourceDefinition } from '../groups/definition.ts';
import type { Loose } from '../meta/loose.ts';
import type { KubeObject } from '../meta/object.ts';
import { setMember } from '../../base/json-value.ts';
import type { JsonObject } from '../patch/json-value.ts';
import { ApiError, internalError } from '../status.ts';
import type { CustomResourceSubresourceScale } from '../types/apiextensions/v1.ts';
import { isInteger } from './numbers.ts';
import { isObject } from './schema-node.ts';

type ScaleDefinition = Loose<CustomResourceSubresourceScale>;
type Found = { readonly value: unknown } | { readonly error: string } | undefined;

const maxInt32 = 2 ** 31 - 1;

/** The names of a path's fields. */
export const fieldsOfPath = (path: string): readonly string[] => path.replace(/^\./, '').split('.');

/** `%v`, as far as messages about a wrong type need it. */
function goValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goValue).join(' ')}]`;
  if (isObject(value)) return `map[${Object.keys(value).sort().map((name) => `${name}:${goValue(value[name])}`).join(' ')}]`;
  if (value === null || value === undefined) return '<nil>';
  return typeof value === 'number' ? goNumber(value) : String(value);
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}';
  switch (typeof value) {
    case 'string': return 'string';
    case 'boolean': return 'bool';
    case 'number': return isInteger(value) ? 'int64' : 'float64';
    default: return value === null || value === undefined ? '<nil>' : 'map[string]interface {}';
  }
}

const accessorError = (fields: readonly string[], value: unknown, wanted: string): string => `.${fields.join('.')} accessor error: ${goValue(value)} is of the type ${goType(value)}, expected ${wanted}`;

/** Follows a path of fields. */
function find(object: unknown, fields: readonly string[]): Found {
  let value = object;
  for (const [i, field] of fields.entries()) {
    if (value === null || value === undefined) return undefined;
    if (!isObject(value)) return { error: accessorError(fields.slice(0, i + 1), value, 'map[string]interface{}') };
    if (!Object.hasOwn(value, field)) return undefined;
    value = value[field];
  }
  return { value };
}

function typed(object: unknown, path: string, wanted: 'int64' | 'string'): Found {
  const fields = fieldsOfPath(path);
  const found = find(object, fields);
  if (found === undefined || 'error' in found) return found;
  return goType(found.value) === wanted ? found : { error: accessorError(fields, found.value, wanted) };
}

/** The value; `missing` where there is none. Throws ApiError InternalError for one of a wrong type. */
function read<T extends string | number>(object: unknown, path: string, missing: T): T {
  const found = typed(object, path, typeof missing === 'number' ? 'int64' : 'string');
  if (found === undefined) return missing;
  if ('error' in found) throw new ApiError('InternalError', found.error);
  return found.value as T;
}

function addReplicas(errors: FieldError[], object: unknown, path: string): void {
  const found = typed(object, path, 'int64');
  if (found === undefined) return;
  if ('error' in found) return void errors.push(invalid(path, 0, found.error));
  const replicas = found.value as number;
  if (replicas < 0) errors.push(invalid(path, replicas, 'should be a non-negative integer'));
  else if (replicas > maxInt32) errors.push(invalid(path, replicas, `should be less than or equal to ${maxInt32}`));
}

/** What a scale cannot be made of. `spec` and `status`: which half is asked about. */
export function validateScale(object: unknown, scale: ScaleDefinition, half: 'spec' | 'status'): FieldError[] {
  const errors: FieldError[] = [];
  if (half === 'spec') {
    addReplicas(errors, object, scale.specReplicasPath ?? '');
    return errors;
  }
  addReplicas(errors, object, scale.statusReplicasPath ?? '');
  const { labelSelectorPath } = scale;
  const selector = labelSelectorPath === undefined ? undefined : typed(object, labelSelectorPath, 'string');
  if (selector !== undefined && 'error' in selector) errors.push(invalid(labelSelectorPath!, '', selector.error));
  return errors;
}

function setReplicas(object: unknown, path: string, replicas: number): void {
  const fields = fieldsOfPath(path);
  let at = object as JsonObject;
  for (const field of fields.slice(0, -1)) {
    const inner = Object.hasOwn(at, field) ? at[field] : undefined;
    // What stands may be shared and frozen.
    const next: JsonObject = isObject(inner) ? { ...(inner as JsonObject) } : {};
    setMember(at, field, next);
    at = next;
  }
  setMember(at, fields.at(-1)!, replicas);
}

/** Reads and writes the scale of an object. Reading throws ApiError where the object has no replicas. */
export function scaleAccess(scale: ScaleDefinition): NonNullable<ResourceDefinition<KubeObject>['scale']> {
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath = '' } = scale;
  return {
    replicas(object) {
      const replicas = read<number>(object, specReplicasPath, Number.NaN);
      if (Number.isNaN(replicas)) throw internalError(`the spec replicas field ${JSON.stringify(specReplicasPath)} does not exist`);
      return replicas;
    },
    missing: (object) => (typed(object, specReplicasPath, 'int64') === undefined ? specReplicasPath : undefined),
    setReplicas: (object, replicas) => setReplicas(object, specReplicasPath, replicas),
    statusReplicas: (object) => read<number>(object, statusReplicasPath, 0),
    selector: (object) => (labelSelectorPath === '' ? '' : read<string>(object, labelSelectorPath, '')),
  };
}
