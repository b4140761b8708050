import type { KubeObject } from '../../api/meta/object.ts';
import { ApiError, badRequestError } from '../../api/status.ts';
import { cloneJson } from '../../base/json-value.ts';
import type { Answer } from '../answer.ts';
import type { Core } from '../core.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { StoredResource } from '../served-resources.ts';
import { matchNamespace } from './create.ts';
import { decodeResource } from './decode-object.ts';
import { fieldManagerOf, trackRequest } from './field-manager.ts';
import { namespaceOfRequest, objectKey } from './get.ts';
import { mayCreate } from './may-create.ts';
import { standingOf } from './shared-parts.ts';
import { updateObject } from './update-object.ts';
import { updateRules } from './update-rules.ts';
import { writeContextOf } from './write-context.ts';
import { writeOptions } from './write-options.ts';

/** 405, worded as upstream's router words it. */
export const methodNotAllowed = (): ApiError => new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', { details: {} });

/** The object's own name must be the path's. */
export function matchName(object: KubeObject, name: string): void {
  const given = object.metadata.name ?? '';
  if (given === '') throw badRequestError(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (given !== name) throw badRequestError(`the name of the object (${given}) does not match the name on the URL (${name})`);
}

/** Replaces an object, or what one of its subresources covers, with a request's body. */
export async function update(core: Core, served: StoredResource, request: ServerRequest): Promise<Answer> {
  const { info } = request;
  const rules = updateRules(served, info.subresource);
  if (rules === undefined) throw methodNotAllowed();
  const options = writeOptions(request.queryOrUndefined, 'UpdateOptions');
  const warn = (message: string): void => request.warn(message);
  const namespace = namespaceOfRequest(served, info);
  // What comes over a connection shares nothing.
  const standing = request.inProcess ? standingOf(served, info.subresource, served.storage.cache.get(objectKey(namespace, info.name))?.object) : undefined;
  const object = decodeResource(await request.lentBody(served.schema.kind), served, { fieldValidation: options.fieldValidation, warn }, standing);
  matchNamespace(object, namespace);
  matchName(object, info.name);
  const manager = fieldManagerOf(request, served, options);
  let first: KubeObject | undefined = object;
  const pristine = (object.metadata.resourceVersion ?? '') === '' ? cloneJson(object) : undefined;
  const { object: updated, created } = await updateObject(core, {
    served: served.home, namespace, name: info.name, subresource: info.subresource, rules,
    uid: object.metadata.uid,
    allowCreate: info.subresource === '' && served.home.definition.allowCreateOnUpdate === true,
    // Admission and the rules change the object: another try needs it as it was sent.
    desired: (existing) => {
      const wanted = first ?? cloneJson(pristine ?? object);
      first = undefined;
      const tracking = trackRequest(core, manager, existing, wanted);
      return tracking === undefined ? wanted : tracking.then(() => wanted);
    },
  }, writeContextOf(request, served, { dryRun: options.dryRun, mayCreate: () => mayCreate(core, request) }));
  return { kind: 'stored', code: created ? 201 : 200, object: updated, served };
}
