import { StoredObject } from '../../api/codec/stored.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { validateFinalizerNames } from '../../api/groups/registry.ts';
import { validateObjectMeta } from '../../api/meta/object-meta.ts';
import type { FieldError } from '../../api/field-error.ts';
import { alreadyExistsError, ApiError, badRequestError, forbiddenError, invalidError, isReason } from '../../api/status.ts';
import { formatTime } from '../../base/clock.ts';
import type { Answer } from '../answer.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import type { Core, Reservation, WriteContext } from '../core.ts';
import type { ServerRequest } from '../pipeline/server-request.ts';
import type { StoredResource } from '../served-resources.ts';
import { admit, validateAdmission } from './admit.ts';
import { decodeResource } from './decode-object.ts';
import { dropDisabledFields } from './disabled-fields.ts';
import { checkAdmitted, fieldManagerOf, trackRequest } from './field-manager.ts';
import { namespaceOfRequest, objectKey } from './get.ts';
import { dryRunObject, put } from './store-object.ts';
import { refusedErrors, writeContextOf } from './write-context.ts';
import { writeOptions } from './write-options.ts';

/** How often a generated name is tried. */
const maxGenerateAttempts = 8;
/** A prefix is cut so that the name with its suffix fits a label. */
const maxGeneratedPrefix = 63 - 5;

/** Creates one object from a request's body. */
export async function create(core: Core, served: StoredResource, request: ServerRequest): Promise<Answer> {
  const options = writeOptions(request.queryOrUndefined, 'CreateOptions');
  const warn = (message: string): void => request.warn(message);
  const object = decodeResource(await request.lentBody(served.schema.kind), served, { fieldValidation: options.fieldValidation, warn });
  const namespace = namespaceOfRequest(served, request.info);
  matchNamespace(object, namespace);
  const manager = fieldManagerOf(request, served, options);
  wipeSystemFields(object);
  const tracking = trackRequest(core, manager, undefined, object);
  if (tracking !== undefined) await tracking;
  const created = await createObject(core, served.home, object, writeContextOf(request, served, options));
  return { kind: 'stored', code: 201, object: created, served };
}

/** The body may leave its namespace out, but not contradict the path. */
export function matchNamespace(object: KubeObject, namespace: string): void {
  const given = object.metadata.namespace ?? '';
  if (given === namespace) return;
  if (namespace === '') delete object.metadata.namespace;
  else if (given === '') object.metadata.namespace = namespace;
  else throw badRequestError('the namespace of the provided object does not match the namespace sent on the request');
}

const noReservation: Reservation = { commit: () => {}, rollback: () => {} };

/** What no client decides about a new object. */
function wipeSystemFields({ metadata }: KubeObject): void {
  if (metadata.uid !== undefined) delete metadata.uid;
  if (metadata.creationTimestamp !== undefined) delete metadata.creationTimestamp;
  if (metadata.deletionTimestamp !== undefined) delete metadata.deletionTimestamp;
  if (metadata.deletionGracePeriodSeconds !== undefined) delete metadata.deletionGracePeriodSeconds;
}

/**
 * Creates an object that was decoded and defaulted, in its stored version: admission, generated name, validation, then
 * the write. The object is taken over. Throws AlreadyExists, Invalid, and what admission throws.
 */
export async function createObject(core: Core, served: StoredResource, object: KubeObject, context: WriteContext): Promise<CachedObject> {
  try {
    return await admitAndCreate(core, served, object, context);
  } catch (error) {
    if (context.origin !== undefined) core.provenance.refused(error, object, context.origin);
    throw error;
  }
}

async function admitAndCreate(core: Core, served: StoredResource, object: KubeObject, context: WriteContext): Promise<CachedObject> {
  const meta = object.metadata;
  if (meta.resourceVersion === '' || meta.resourceVersion === '0') delete meta.resourceVersion;
  wipeSystemFields(object);
  const { managedFields, namespace = '' } = meta;
  if (served.custom?.terminating === true) throw forbiddenError(served.schema, meta.name ?? '', 'create not allowed while custom resource definition is terminating');
  const waiting = admit(core, { operation: 'CREATE', schema: served.schema, subresource: '', namespace, name: meta.name ?? '', object, oldObject: undefined }, context);
  if (waiting !== undefined) await waiting;
  // Admission changes objects, but does not move them elsewhere.
  matchNamespace(object, namespace);
  checkAdmitted(object, managedFields, (message) => context.warn(message));
  const loading = served.definition.load?.(object, undefined);
  if (loading !== undefined) await loading;

  // Admission may have put another in its place.
  const admitted = object.metadata;
  if ((admitted.name ?? '') !== '' || (admitted.generateName ?? '') === '') return attempt(core, served, object, context);
  for (let i = 1; ; i++) {
    admitted.name = admitted.generateName!.slice(0, maxGeneratedPrefix) + core.random.suffix(5);
    try {
      // Another attempt sets again whatever this one has set, so that the object need not be copied for it.
      return await attempt(core, served, object, context);
    } catch (error) {
      if (i >= maxGenerateAttempts || !isReason(error, 'AlreadyExists')) throw error;
    }
  }
}

async function attempt(core: Core, served: StoredResource, object: KubeObject, context: WriteContext): Promise<CachedObject> {
  const { definition, storage, schema } = served;
  const nowMs = core.clock.now();
  object.metadata.uid = core.random.uuid();
  object.metadata.creationTimestamp = formatTime(nowMs);
  dropDisabledFields(core, served, object);
  definition.prepareForCreate?.(object, { nowMs, user: context.user });
  const hook = core.hooks.get(`${storage.group}/${storage.resource}`);
  const reservation = hook?.beginCreate?.(object) ?? noReservation;
  let committed = false;
  try {
    validateNew(served, object, nowMs, context);
    if (hook?.checkNew !== undefined) throwInvalid(served, object, await hook.checkNew(object));
    for (const warning of definition.warnings?.(object, undefined) ?? []) context.warn(warning);
    const allowing = context.mayCreate?.();
    if (allowing !== undefined) await allowing;
    const { namespace = '', name = '' } = object.metadata;
    const waiting = validateAdmission(core, { operation: 'CREATE', schema, subresource: '', namespace, name, object, oldObject: undefined }, context);
    if (waiting !== undefined) await waiting;
    // The store's to refuse, in upstream: after all who may say something of the object, and not when it is dry.
    if (object.metadata.resourceVersion !== undefined) {
      if (!context.dryRun) throw new ApiError('', 'resourceVersion should not be set on objects to be created');
      delete object.metadata.resourceVersion;
    }

    const key = objectKey(namespace, name);
    if (context.dryRun || reservation.claim !== undefined) {
      const existing = storage.cache.get(key);
      if (existing !== undefined) throw existsError(served, name, existing);
      if (context.dryRun) return dryRunObject(key, object, 0);
      await reservation.claim?.();
    }
    const result = await put(core, served, key, new StoredObject(object, { wanted: context.answersObject }), 0);
    if (!result.ok) throw existsError(served, name, result.current);
    committed = true;
    if (context.origin !== undefined) core.provenance.wrote(storage, key, { operation: 'created', revision: result.object.revision, uid: object.metadata.uid }, context.origin);
    const ending = reservation.commit();
    if (ending !== undefined) await ending;
    return result.object;
  } finally {
    if (!committed) await reservation.rollback();
  }
}

function existsError(served: StoredResource, name: string, existing: CachedObject | undefined): ApiError {
  const error = alreadyExistsError(served.schema, name);
  if (existing?.object.metadata.deletionTimestamp === undefined) return error;
  return new ApiError('AlreadyExists', `object is being deleted: ${error.message}`, { ...(error.details && { details: error.details }) });
}

/** Everything that is wrong with a new object. Throws Invalid. */
function validateNew(served: StoredResource, object: KubeObject, nowMs: number, context: WriteContext): void {
  const { definition, schema } = served;
  const errors: FieldError[] = validateObjectMeta(object.metadata, { namespaced: schema.namespaced, nameRule: definition.nameRule ?? 'dns-1123-subdomain' });
  errors.push(...validateFinalizerNames(definition, object.metadata.finalizers), ...(definition.validate?.(object, { nowMs }) ?? []));
  throwInvalid(served, object, refusedErrors(errors, context));
}

function throwInvalid({ schema }: StoredResource, object: KubeObject, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidError(schema, object.metadata.name ?? '', errors);
}
