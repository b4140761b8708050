import type { KubeObject } from '../../api/meta/object.ts';
import { isReason } from '../../api/status.ts';
import type { Core, WriteContext } from '../core.ts';
import type { StoredResource } from '../served-resources.ts';
import { createObject } from '../verbs/create.ts';
import { deleteObject } from '../verbs/delete-object.ts';
import type { DeletePlan } from '../verbs/delete-options.ts';
import { trackWrite } from '../verbs/field-manager.ts';

/** In whose name the server writes objects of its own. */
export const ownContext: WriteContext = { user: { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] }, dryRun: false, warn: () => {} };
/** The server writes through its own API as any client does. */
export const serverManager = 'kube-apiserver';

export const plainDelete: DeletePlan = { dryRun: false, options: {}, gracePeriodSeconds: undefined, propagation: undefined, orphanDependents: undefined, uid: undefined, resourceVersion: undefined };

/** The resource of an object as it is stored; undefined for what the runtime configuration has turned off. */
export function homeOf(core: Core, object: KubeObject): StoredResource | undefined {
  const [group = '', version = ''] = object.apiVersion!.includes('/') ? object.apiVersion!.split('/', 2) : ['', object.apiVersion];
  const served = core.resources.byKind(group, version, object.kind!);
  if (served === undefined) return undefined;
  if (served.storage === undefined) throw new Error(`bootstrap: ${object.kind} in ${object.apiVersion} is not stored`);
  return (served as StoredResource).home;
}

/** Creates an object in the server's own name, where its kind is served. The object is copied. Throws AlreadyExists. */
export async function createOwn(core: Core, object: KubeObject): Promise<void> {
  const home = homeOf(core, object);
  if (home === undefined) return;
  const copy = structuredClone(object);
  home.definition.applyDefaults?.(copy);
  trackWrite(core, { name: serverManager, served: home, subresource: '' }, undefined, copy);
  await createObject(core, home, copy, ownContext);
}

/** Deletes an object in the server's own name. It may be gone already. */
export async function removeObject(core: Core, object: KubeObject): Promise<void> {
  const { namespace = '', name = '' } = object.metadata;
  const home = homeOf(core, object);
  if (home === undefined) return;
  try {
    await deleteObject(core, home, { namespace, name }, plainDelete, ownContext);
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
  }
}
