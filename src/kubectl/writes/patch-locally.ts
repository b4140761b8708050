import { KubectlError } from '../errors.ts';
import type { AnyObject } from '../resources/item.ts';
import { groupOf } from '../resources/item.ts';

/** A patch of one of the API's types, as a value. */
export interface LocalPatch { readonly type: 'json' | 'merge' | 'strategic'; readonly value: unknown }

/** What an object becomes by a patch, without asking a server. Throws KubectlError where the kind's fields do not say how a strategic patch is merged. */
export async function patchLocally(object: AnyObject, { type, value }: LocalPatch): Promise<AnyObject> {
  if (type === 'json') return patchByOperations(object, value);
  if (type === 'merge') return (await import('../../api/patch/merge-patch.ts')).applyMergePatch(object, value) as AnyObject;
  const [{ applyStrategicMergePatch }, { builtinSchema }] = await Promise.all([import('../../api/patch/strategic-merge-patch.ts'), import('../../api/schema/table.ts')]);
  const { apiVersion = '', kind = '' } = object;
  const schema = builtinSchema.kind(groupOf(apiVersion), apiVersion.slice(apiVersion.indexOf('/') + 1), kind);
  if (schema === undefined) throw new KubectlError(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "k8s.io/client-go/kubernetes/scheme/register.go:83"`);
  return applyStrategicMergePatch(object, value, schema) as AnyObject;
}

async function patchByOperations(object: AnyObject, operations: unknown): Promise<AnyObject> {
  const { applyJsonPatch } = await import('../../api/patch/json-patch.ts');
  if (!Array.isArray(operations)) throw new KubectlError(`json: cannot unmarshal ${operations === null || typeof operations === 'object' ? 'object' : typeof operations} into Go value of type jsonpatch.Patch`);
  try {
    return applyJsonPatch(object, operations, { explain: true, negativeIndexes: true }) as AnyObject;
  } catch (error) {
    const field = /doc is missing key: (.*)$/.exec((error as Error).message)?.[1];
    throw new KubectlError(field === undefined ? (error as Error).message : `Object to be patched is missing field (${field})`, { cause: error });
  }
}
