/** The names that Go's decoder uses in its errors, derived from the schema. */
import type { ObjectSchema, ValueSchema } from '../schema/schema.ts';

/** `io.k8s.api.apps.v1.DeploymentSpec` -> `DeploymentSpec`. */
export function structNameOf(definition: string): string {
  return definition.slice(definition.lastIndexOf('.') + 1);
}

/** `v1.DeploymentSpec`: Go prints the last element of the package path, which is the version. */
function qualifiedName(schema: ObjectSchema): string {
  return schema.name.split('.').slice(-2).join('.');
}

/**
 * `int32`, `[]v1.Container`, `map[string]string` … Named string and list types (v1.RestartPolicy, v1.ResourceList) are
 * printed as what they are made of: the OpenAPI document does not know their names.
 */
export function goTypeOf(schema: ValueSchema): string {
  switch (schema.kind) {
    case 'object': return qualifiedName(schema);
    case 'list': return `[]${goTypeOf(schema.items)}`;
    case 'map': return `map[string]${goTypeOf(schema.values)}`;
    case 'string': return 'string';
    case 'bytes': return '[]uint8';
    case 'boolean': return 'bool';
    case 'number': return 'float64';
    case 'int32': case 'int64': return schema.kind;
    case 'quantity': return 'resource.Quantity';
    case 'int-or-string': return 'intstr.IntOrString';
    case 'time': return 'v1.Time';
    case 'micro-time': return 'v1.MicroTime';
    case 'duration': return 'v1.Duration';
    case 'any': return 'interface {}';
  }
}
