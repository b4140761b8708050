import type { UpdateRules } from '../../api/groups/definition.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import type { StoredResource } from '../served-resources.ts';

/** The rules for writing a resource or one of its subresources; undefined when the subresource cannot be written so. */
export function updateRules(served: StoredResource, subresource: string): UpdateRules<KubeObject> | undefined {
  const { definition } = served.home;
  return subresource === '' ? (definition.update ?? {}) : definition.subresources?.[subresource];
}
