import type { KubeObject } from '../../api/meta/object.ts';
import type { ObjectSchema } from '../../api/schema/schema.ts';
import { amongGoEmpties } from '../../api/patch/go-empties.ts';
import { applyJsonPatch } from '../../api/patch/json-patch.ts';
import { applyMergePatch } from '../../api/patch/merge-patch.ts';
import { applyStrategicMergePatch } from '../../api/patch/strategic-merge-patch.ts';
import { badRequestError, isReason, notFoundError } from '../../api/status.ts';
import type { Answer } from '../answer.ts';
import type { Core } from '../core.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { StoredResource } from '../served-resources.ts';
import { matchNamespace } from './create.ts';
import { apply } from './apply.ts';
import { decodeResource } from './decode-object.ts';
import { fieldManagerOf, trackRequest } from './field-manager.ts';
import { namespaceOfRequest } from './get.ts';
import { patchProblems, patchRefusal } from './patch-errors.ts';
import type { PatchType } from './patch-type.ts';
import { customPatchTypeOf, patchTypeOf } from './patch-type.ts';
import { standingOf } from './shared-parts.ts';
import { matchName, methodNotAllowed } from './update.ts';
import { updateObject } from './update-object.ts';
import { updateRules } from './update-rules.ts';
import { writeContextOf } from './write-context.ts';
import { writeOptions } from './write-options.ts';

/** How often a patch that names a resourceVersion by its own content is tried again, as upstream does. */
const maxConflictRetries = 5;

/** Applies a patch to a document, which stays as it is. */
export function applyPatch(type: PatchType, document: object, patch: unknown, schema: ObjectSchema): unknown {
  switch (type) {
    case 'json': return amongGoEmpties(document, schema, (object) => applyJsonPatch(object, patch));
    case 'merge': return applyMergePatch(document, patch);
    case 'strategic': return applyStrategicMergePatch(document, patch, schema);
  }
}

/** Patches an object, or what one of its subresources covers. */
export async function patch(core: Core, served: StoredResource, request: ServerRequest): Promise<Answer> {
  const { info } = request;
  const rules = updateRules(served, info.subresource);
  if (rules === undefined) throw methodNotAllowed();
  const type = served.custom === undefined ? patchTypeOf(request.header('content-type')) : customPatchTypeOf(request.header('content-type'));
  if (type === 'apply') return apply(core, served, request, rules);
  const options = writeOptions(request.queryOrUndefined, 'PatchOptions');
  const warn = (message: string): void => request.warn(message);
  const body = await request.decodedBody().catch((error: unknown) => {
    throw type !== 'strategic' && options.fieldValidation !== 'Ignore' && isReason(error, 'BadRequest') ? badRequestError(`error decoding patch: ${error.message}`) : error;
  });
  const duplicates = patchProblems(type, body, options.fieldValidation);
  const namespace = namespaceOfRequest(served, info);
  const manager = fieldManagerOf(request, served, options);
  const desired = (existing: KubeObject | undefined): KubeObject | Promise<KubeObject> => {
    if (existing === undefined) throw notFoundError(served.home.schema, info.name);
    const document = served.conversion === undefined ? existing : served.conversion.fromStored(existing);
    const patched = applyPatch(type, document, body.value, served.schema.schema);
    // What the patch left alone is shared with the cache, and frozen.
    const standing = standingOf(served, info.subresource, document) ?? { object: document, leaves: () => false };
    const object = decodeResource({ value: patched, borrowed: true, duplicates }, served, { fieldValidation: options.fieldValidation, warn, refuse: patchRefusal(type, body.value, patched) }, standing);
    matchNamespace(object, namespace);
    matchName(object, info.name);
    const tracking = trackRequest(core, manager, existing, object);
    return tracking === undefined ? object : tracking.then(() => object);
  };
  for (let attempt = 0; ; attempt++) {
    try {
      const { object } = await updateObject(core, { served: served.home, namespace, name: info.name, subresource: info.subresource, rules, allowCreate: false, desired }, writeContextOf(request, served, options));
      return { kind: 'stored', code: 200, object, served };
    } catch (error) {
      const wanted = (body.value as { metadata?: { resourceVersion?: unknown; uid?: unknown } } | null)?.metadata;
      if (attempt >= maxConflictRetries || !isReason(error, 'Conflict') || type === 'json' || wanted?.resourceVersion !== undefined || wanted?.uid !== undefined) throw error;
    }
  }
}
