import type { KubeObject } from '../../api/meta/object.ts';
import { namespaceOf } from '../../api/meta/object.ts';
import type { ResourceType } from '../../api/resource-type.ts';
import { ApiError } from '../../api/status.ts';
import type { UserInfo } from '../authentication/authenticator.ts';
import type { AdmissionAttributes, AdmissionPlugin } from './admission.ts';

/** Attributes for tests: the operation follows from which objects are given. */
export function attributesFor<T extends KubeObject>(
  type: ResourceType<T>,
  given: { readonly object?: T; readonly old?: T; readonly operation?: AdmissionAttributes['operation']; readonly subresource?: string; readonly user?: UserInfo; readonly name?: string; readonly namespace?: string; readonly dryRun?: boolean; readonly warn?: (message: string) => void },
): AdmissionAttributes {
  const subject = given.object ?? given.old;
  const operation = given.operation ?? (given.object === undefined ? 'DELETE' : given.old === undefined ? 'CREATE' : 'UPDATE');
  return {
    operation,
    group: type.group, version: type.version, resource: type.resource, kind: type.kind, subresource: given.subresource ?? '',
    namespace: given.namespace ?? (subject === undefined ? '' : namespaceOf(subject)),
    name: given.name ?? subject?.metadata.name ?? '',
    object: given.object, oldObject: given.old, user: given.user ?? { name: 'somebody', groups: [] }, dryRun: given.dryRun ?? false, warn: given.warn ?? (() => {}),
  };
}

/** Runs a plug-in as the server does; 'ok', or the message it refuses with. */
export async function admitted(plugin: AdmissionPlugin, attributes: AdmissionAttributes): Promise<string> {
  if (plugin.handles?.(attributes) === false) return 'ok';
  try {
    await plugin.admit?.(attributes);
    await plugin.validate?.(attributes);
    return 'ok';
  } catch (error) {
    if (error instanceof ApiError) return error.message;
    throw error;
  }
}
