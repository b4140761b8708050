/** The parameters of API operations, by name and type. */
import type { ObjectSchema } from '../../api/schema/schema.ts';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly type: 'boolean' | 'integer' | 'string';
}

const query = (type: Parameter['type'], ...names: readonly string[]): Parameter[] => names.map((name) => ({ name, in: 'query', type }));
const byName = (parameters: readonly Parameter[]): readonly Parameter[] => [...parameters].sort((a, b) => (a.name < b.name ? -1 : 1));

export const nameParameter: Parameter = { name: 'name', in: 'path', type: 'string' };
export const namespaceParameter: Parameter = { name: 'namespace', in: 'path', type: 'string' };
export const prettyParameter: Parameter = { name: 'pretty', in: 'query', type: 'string' };
/** What follows `proxy/` in the path. */
export const remainderParameter: Parameter = { name: 'path', in: 'path', type: 'string' };

export const listParameters: readonly Parameter[] = byName([
  ...query('boolean', 'allowWatchBookmarks', 'sendInitialEvents', 'watch'),
  ...query('integer', 'limit', 'timeoutSeconds'),
  ...query('string', 'continue', 'fieldSelector', 'labelSelector', 'resourceVersion', 'resourceVersionMatch', 'shardSelector'),
]);
/** Of reading one custom resource; upstream says nothing of it for built-in kinds. */
export const getParameters: readonly Parameter[] = query('string', 'resourceVersion');
export const writeParameters: readonly Parameter[] = query('string', 'dryRun', 'fieldManager', 'fieldValidation');
export const patchParameters: readonly Parameter[] = [...writeParameters, ...query('boolean', 'force')];
export const deleteParameters: readonly Parameter[] = byName([
  ...query('string', 'dryRun', 'propagationPolicy'),
  ...query('integer', 'gracePeriodSeconds'),
  ...query('boolean', 'ignoreStoreReadErrorWithClusterBreakingPotential', 'orphanDependents'),
]);
export const deleteCollectionParameters: readonly Parameter[] = byName([...deleteParameters, ...listParameters.filter((parameter) => parameter.name !== 'allowWatchBookmarks' && parameter.name !== 'watch')]);

/** The query parameters that an options kind (PodExecOptions …) stands for: its scalars, and its lists of scalars. */
export function optionParameters(schema: ObjectSchema): readonly Parameter[] {
  const parameters: Parameter[] = [];
  for (const { name, value } of schema.fields.values()) {
    if (name === 'apiVersion' || name === 'kind') continue;
    const scalar = value.kind === 'list' ? value.items : value;
    if (scalar.kind === 'string') parameters.push({ name, in: 'query', type: 'string' });
    else if (scalar.kind === 'boolean') parameters.push({ name, in: 'query', type: 'boolean' });
    else if (scalar.kind === 'int32' || scalar.kind === 'int64') parameters.push({ name, in: 'query', type: 'integer' });
  }
  return byName(parameters);
}
