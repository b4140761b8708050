import { labelSelectorAsSelector } from '../../../api/meta/labels.ts';
import type { KubeObject } from '../../../api/meta/object.ts';
import type { ParamKind, ParamRef } from '../../../api/types/admissionregistration/v1.ts';
import type { CachedObject } from '../../cache/cached-object.ts';
import type { ServedResource, ServedResources, StoredResource } from '../../served-resources.ts';

/** Something is wrong with a policy or binding itself; its failure policy decides. */
export class ConfigurationError extends Error {}

/** The resource that a policy's parameters are of. Throws ConfigurationError where there is none. */
export function paramResource(resources: ServedResources, { apiVersion = '', kind = '' }: ParamKind): StoredResource {
  const slash = apiVersion.indexOf('/');
  const [group, version] = slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
  const served = resources.byKind(group, version, kind);
  if (served?.storage === undefined) throw new ConfigurationError(`failed to find resource referenced by paramKind: '${group}/${version}, Kind=${kind}'`);
  return served as StoredResource;
}

/**
 * The parameters that a binding chooses for a request in `namespace` (empty: cluster-scoped). One that is undefined:
 * the policy is judged once, without. None: it is not judged. Throws ConfigurationError.
 */
export async function paramsOf(served: StoredResource | undefined, ref: ParamRef | undefined, namespace: string): Promise<readonly (KubeObject | undefined)[]> {
  if (served === undefined || ref === undefined) return [undefined];
  const { name = '', namespace: stated = '', selector, parameterNotFoundAction } = ref;
  const { namespaced } = served.schema;
  if (!namespaced && stated !== '') throw new ConfigurationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  const inside = namespaced ? stated || namespace : '';
  if (namespaced && inside === '') throw new ConfigurationError('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  if (name !== '' && selector !== undefined) throw new ConfigurationError('paramRef.name and paramRef.selector are mutually exclusive');
  if (name === '' && selector === undefined) throw new ConfigurationError('one of name or selector must be provided');
  const prefix = namespaced ? `${inside}/` : '';
  const found: CachedObject[] = [];
  const { cache } = served.storage;
  if (name !== '') {
    const one = cache.get(prefix + name);
    if (one !== undefined) found.push(one);
  } else {
    const chosen = labelSelectorAsSelector(selector);
    cache.scan(prefix, undefined, (one) => (chosen.matches(one.labels) ? found.push(one) : 1) > 0);
  }
  if (found.length === 0 && parameterNotFoundAction === 'Deny') throw new ConfigurationError('no params found for policy binding with `Deny` parameterNotFoundAction');
  return Promise.all(found.map((one) => inOwnVersion(served, one)));
}

async function inOwnVersion({ conversion, custom }: ServedResource, found: CachedObject): Promise<KubeObject> {
  if (custom !== undefined) {
    await custom.ready();
    return (await custom.view(found)).object;
  }
  const { object } = found;
  return conversion === undefined ? object : conversion.fromStored(object);
}
