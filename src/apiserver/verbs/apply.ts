import type { UpdateRules } from '../../api/groups/definition.ts';
import { applyPatchTo, describeObject } from '../../api/managed-fields/apply.ts';
import type { Applied } from '../../api/managed-fields/apply.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { isJsonObject } from '../../api/patch/json-value.ts';
import type { JsonObject } from '../../api/patch/json-value.ts';
import { ApiError, badRequestError, conflictError, isReason } from '../../api/status.ts';
import type { Answer } from '../answer.ts';
import type { Core } from '../core.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { StoredResource } from '../served-resources.ts';
import { matchNamespace } from './create.ts';
import type { DecodedBody } from './decoded-body.ts';
import { decodeResource } from './decode-object.ts';
import { fieldManagerOf, writerOf } from './field-manager.ts';
import { namespaceOfRequest } from './get.ts';
import { betweenSteps } from './large.ts';
import { mayCreate } from './may-create.ts';
import { matchName } from './update.ts';
import { updateObject } from './update-object.ts';
import { writeContextOf } from './write-context.ts';
import { writeOptions } from './write-options.ts';
import type { FieldValidation } from './write-options.ts';

/** The body of an apply. Fields that stand in it twice are refused or warned of, as `fieldValidation` asks. */
export async function readApplied(request: ServerRequest): Promise<{ readonly patch: JsonObject; readonly sizeBytes: number; report(fieldValidation: FieldValidation): void }> {
  let body: DecodedBody;
  try {
    body = await request.decodedBody();
  } catch (error) {
    throw isReason(error, 'BadRequest') ? badRequestError(`error ${request.header('content-type')?.includes('cbor') === true ? 'decoding' : 'encoding'} patch: ${error.message}`) : error;
  }
  const { value, duplicates } = body;
  if (!isJsonObject(value ?? {})) throw badRequestError(`error decoding patch: json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value} into Go value of type map[string]interface {}`);
  return {
    patch: (value ?? {}) as JsonObject,
    sizeBytes: body.sizeBytes ?? 0,
    report(fieldValidation) {
      if (duplicates.length === 0 || fieldValidation === 'Ignore') return;
      if (fieldValidation === 'Strict') throw badRequestError(`error strict decoding patch: error converting YAML to JSON: yaml: unmarshal errors:\n  ${duplicates.join('\n  ')}`);
      for (const duplicate of duplicates) request.warn(duplicate);
    },
  };
}

/** PATCH with an applied configuration: creates the object where there is none. */
export async function apply(core: Core, served: StoredResource, request: ServerRequest, rules: UpdateRules<KubeObject>): Promise<Answer> {
  const { info } = request;
  const options = writeOptions(request.queryOrUndefined, 'PatchOptions', true);
  const { patch, sizeBytes, report } = await readApplied(request);
  const namespace = namespaceOfRequest(served, info);
  const manager = fieldManagerOf(request, served, options);
  const desired = async (existing: KubeObject | undefined): Promise<KubeObject> => {
    const applied = await (served.custom === undefined ? merge(existing) : served.custom.converting(() => merge(existing)));
    await betweenSteps(sizeBytes);
    return complete(existing, applied);
  };
  const merge = (existing: KubeObject | undefined): Applied => {
    const live = existing === undefined || served.conversion === undefined ? existing : served.conversion.fromStored(existing);
    return applyPatchTo(live, patch, { apiVersion: served.apiVersion, kind: served.schema.kind }, writerOf(core, manager), { force: options.force });
  };
  const complete = (existing: KubeObject | undefined, applied: Applied): KubeObject => {
    report(options.fieldValidation);
    // Nothing applied to nothing is an object without a name, which is refused below.
    const object = applied.object === undefined && existing !== undefined ? structuredClone(existing) : decodeApplied(applied.object ?? { apiVersion: served.apiVersion, kind: served.schema.kind, metadata: {} }, served);
    if (applied.managedFields === undefined) delete object.metadata.managedFields;
    else object.metadata.managedFields = applied.managedFields;
    const { uid = '' } = object.metadata;
    if (existing === undefined && uid !== '') throw conflictError(served.schema, info.name, `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`);
    matchNamespace(object, namespace);
    matchName(object, info.name);
    return object;
  };
  const { object, created } = await updateObject(core, { served: served.home, namespace, name: info.name, subresource: info.subresource, rules, allowCreate: info.subresource === '', desired }, writeContextOf(request, served, { dryRun: options.dryRun, mayCreate: () => mayCreate(core, request) }));
  return { kind: 'stored', code: created ? 201 : 200, object, served };
}

/** What came out of an apply as an object of its type, in the stored version. */
function decodeApplied(object: JsonObject, served: StoredResource): KubeObject {
  const { managedFields: _, ...metadata } = (object['metadata'] ?? {}) as JsonObject;
  try {
    return decodeResource({ value: structuredClone({ ...object, metadata }), duplicates: [] }, served, { fieldValidation: 'Ignore', warn: () => {} });
  } catch (error) {
    if (!isReason(error, 'BadRequest')) throw error;
    throw new ApiError('', `failed to convert new object (${describeObject(object)}) to proper version: ${error.message}`);
  }
}
