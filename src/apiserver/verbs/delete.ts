import type { Status } from '../../api/types/meta/v1.ts';
import type { Answer } from '../answer.ts';
import type { Core } from '../core.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { StoredResource } from '../served-resources.ts';
import { deleteObject } from './delete-object.ts';
import { deletePlan } from './delete-options.ts';
import { namespaceOfRequest } from './get.ts';
import { listWith } from './list.ts';
import { parseListOptions } from './list-options.ts';
import { writeContextOf } from './write-context.ts';

/** Kinds whose deletion is answered with the object that went; all others answer a Status. */
const returnsObject: ReadonlySet<string> = new Set([
  '/persistentvolumeclaims', '/persistentvolumes', '/pods', '/podtemplates', '/resourcequotas', '/serviceaccounts', '/services',
  'resource.k8s.io/deviceclasses', 'resource.k8s.io/resourceclaims', 'resource.k8s.io/resourceclaimtemplates', 'resource.k8s.io/resourceslices', 'resource.k8s.io/devicetaintrules',
  'storage.k8s.io/csidrivers', 'storage.k8s.io/csinodes', 'storage.k8s.io/storageclasses', 'storage.k8s.io/volumeattachments', 'storage.k8s.io/volumeattributesclasses',
]);

/** Deletes one object. Answers the object while it is still there, and where the kind does so always; else a Status. */
export async function deleteOne(core: Core, served: StoredResource, request: ServerRequest): Promise<Answer> {
  const { info } = request;
  const plan = { ...(await deletePlan(request)), defaultPropagation: served.conversion?.defaultPropagation };
  const target = { namespace: namespaceOfRequest(served, info), name: info.name };
  const { object, deleted } = await deleteObject(core, served.home, target, plan, writeContextOf(request, served, { dryRun: plan.dryRun, options: () => ({ ...plan.options }) }));
  if (!deleted || returnsObject.has(`${served.schema.group}/${served.schema.resource}`)) {
    const code = !deleted && plan.orphanDependents === false ? 202 : 200;
    return { kind: 'stored', code, object, served };
  }
  const { uid } = object.object.metadata;
  const status: Status = {
    kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success',
    details: { name: info.name, ...(served.schema.group !== '' && { group: served.schema.group }), kind: served.schema.resource, ...(uid !== undefined && { uid }) },
  };
  return { kind: 'object', code: 200, object: status };
}

/** Deletes everything that the query's selectors choose, one by one. Answers what was chosen, as it stood before. */
export async function deleteCollection(core: Core, served: StoredResource, request: ServerRequest): Promise<Answer> {
  const { info } = request;
  const options = parseListOptions(request.queryOrUndefined, served, { watch: false, name: info.name });
  const plan = { ...(await deletePlan(request)), defaultPropagation: served.conversion?.defaultPropagation };
  const context = writeContextOf(request, served, { dryRun: plan.dryRun, options: () => ({ ...plan.options }) });
  const found = await listWith(core, served, { namespace: info.namespace, name: info.name }, options);
  for (const item of found.items) {
    try {
      await deleteObject(core, served.home, { namespace: item.namespace, name: item.name }, plan, context);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }
  return found;
}

const isGone = (error: unknown): boolean => (error as { reason?: unknown }).reason === 'NotFound';
