import type { FieldError } from '../../api/field-error.ts';
import { invalid } from '../../api/field-error.ts';
import type { UpdateRules } from '../../api/groups/definition.ts';
import { validateFinalizerNames } from '../../api/groups/registry.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { validateObjectMetaUpdate } from '../../api/meta/object-meta.ts';
import { conflictError, invalidError, notFoundError } from '../../api/status.ts';
import { StoredObject } from '../../api/codec/stored.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import type { Core, Reservation, WriteContext } from '../core.ts';
import type { StoredResource } from '../served-resources.ts';
import { admit, validateAdmission } from './admit.ts';
import { createObject, matchNamespace } from './create.ts';
import { dropDisabledFields } from './disabled-fields.ts';
import { checkAdmitted, keepTimes } from './field-manager.ts';
import { objectKey } from './get.ts';
import { betweenSteps } from './large.ts';
import { dryRunObject, existingOf, put, remove } from './store-object.ts';
import { refusedErrors } from './write-context.ts';

export const modifiedMessage = 'the object has been modified; please apply your changes to the latest version and try again';

/** How one object is to be changed; everything is in the version that is stored. */
export interface UpdatePlan {
  /** The resource in the version that is stored. */
  readonly served: StoredResource;
  readonly namespace: string;
  readonly name: string;
  /** Empty: the resource itself. */
  readonly subresource: string;
  readonly rules: UpdateRules<KubeObject>;
  /**
   * The object wanted, defaulted, from what stands (frozen; undefined: nothing). Asked again
   * when somebody else wrote meanwhile. The answer is taken over.
   */
  desired(existing: KubeObject | undefined): KubeObject | Promise<KubeObject>;
  /** What stands must have this uid; empty or undefined: any. */
  readonly uid?: string | undefined;
  readonly allowCreate: boolean;
  /** What admission sees instead of the whole object, and how what it changed gets back; of a scale subresource. */
  readonly view?: { of(object: KubeObject): KubeObject; put(object: KubeObject, view: KubeObject): void };
}

export interface UpdateOutcome {
  readonly object: CachedObject;
  readonly created: boolean;
}

const noReservation: Reservation = { commit: () => {}, rollback: () => {} };

/**
 * Changes one object by compare-and-swap, trying again for as long as others get in between and the wish does not name
 * a resourceVersion. What changes nothing is not written. Removing the last finalizer of an object that is being
 * deleted deletes it. Throws NotFound, Conflict, Invalid, and what admission throws.
 */
export async function updateObject(core: Core, plan: UpdatePlan, context: WriteContext): Promise<UpdateOutcome> {
  let existing: CachedObject | undefined;
  try {
    return await tryUntilDone(core, plan, context, (found) => { existing = found; });
  } catch (error) {
    // What was to be created has been told of already.
    if (context.origin !== undefined && existing !== undefined) core.provenance.refused(error, existing.object, context.origin);
    throw error;
  }
}

async function tryUntilDone(core: Core, plan: UpdatePlan, context: WriteContext, onExisting: (existing: CachedObject | undefined) => void): Promise<UpdateOutcome> {
  const { served, namespace, name } = plan;
  const waiting = core.cache.fresh();
  if (waiting !== undefined) await waiting;
  const found = existingOf(served, objectKey(namespace, name));
  let existing = found instanceof Promise ? await found : found;
  for (;;) {
    onExisting(existing);
    if (existing === undefined) {
      if (!plan.allowCreate) throw notFoundError(served.schema, name);
      return { object: await createObject(core, served, await plan.desired(undefined), context), created: true };
    }
    const outcome = await tryUpdate(core, plan, existing, context);
    if (outcome.done) return { object: outcome.object, created: false };
    existing = outcome.current;
  }
}

type Try = { readonly done: true; readonly object: CachedObject } | { readonly done: false; readonly current: CachedObject | undefined };

async function tryUpdate(core: Core, plan: UpdatePlan, existing: CachedObject, context: WriteContext): Promise<Try> {
  const { served } = plan;
  const { storage, definition, schema } = served;
  const old = existing.object;
  if (plan.uid !== undefined && plan.uid !== '' && plan.uid !== old.metadata.uid) {
    throw conflictError(schema, plan.name, `StorageError: invalid object, Code: 4, Key: ${storage.cache.prefix}${existing.key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${plan.uid}, UID in object meta: ${old.metadata.uid ?? ''}`);
  }
  const object = await plan.desired(old);
  const giving = betweenSteps(existing.weight);
  if (giving !== undefined) await giving;
  const { managedFields } = object.metadata;
  const { view } = plan;
  const admittee = { operation: 'UPDATE' as const, schema, subresource: plan.subresource, namespace: plan.namespace, name: plan.name, ...(view === undefined ? { object, oldObject: old } : { kind: 'Scale', object: view.of(object), oldObject: view.of(old) }) };
  const waiting = admit(core, admittee, context);
  if (waiting !== undefined) {
    await waiting;
    view?.put(object, admittee.object);
  }
  matchNamespace(object, plan.namespace);
  checkAdmitted(object, managedFields, (message) => context.warn(message));
  checkResourceVersion(plan, object, existing);
  const loading = definition.load?.(object, old);
  if (loading !== undefined) await loading;

  const nowMs = core.clock.now();
  prepareMeta(object, old);
  dropDisabledFields(core, served, object, old);
  plan.rules.prepareForUpdate?.(object, old, { nowMs });
  finishMeta(object, old);
  keepTimes(object, old);
  const hook = core.hooks.get(`${storage.group}/${storage.resource}`);
  const reservation = (plan.subresource === '' ? hook?.beginUpdate?.(object, old) : undefined) ?? noReservation;
  let committed = false;
  try {
    const errors: FieldError[] = validateObjectMetaUpdate(object.metadata, old.metadata);
    if (plan.subresource === 'status' && context.origin !== undefined) {
      const checking = hook?.checkStatus?.(object, old, context.origin);
      if (checking !== undefined) errors.push(...(await checking));
    }
    errors.push(...validateFinalizerNames(definition, object.metadata.finalizers), ...(plan.rules.validateUpdate?.(object, old, { nowMs, warn: (message) => context.warn(message) }) ?? []));
    const refused = refusedErrors(errors, context);
    if (refused.length > 0) throw invalidError(schema, plan.name, refused);
    if (plan.subresource === '') for (const warning of definition.warnings?.(object, old) ?? []) context.warn(warning);
    const validating = validateAdmission(core, view === undefined ? admittee : { ...admittee, object: view.of(object) }, context);
    if (validating !== undefined) await validating;
    if (reservation.claim !== undefined && !context.dryRun) await reservation.claim();
    const result = await write(core, plan, { object, existing }, context);
    if (result.done && !context.dryRun) {
      committed = true;
      const ending = reservation.commit();
      if (ending !== undefined) await ending;
      if (plan.subresource === 'status') hook?.afterStatus?.(result.object.object, old);
    }
    return result;
  } finally {
    if (!committed) await reservation.rollback();
  }
}

function checkResourceVersion({ served, name }: UpdatePlan, object: KubeObject, existing: CachedObject): void {
  const given = object.metadata.resourceVersion ?? '';
  if (given === '' || given === '0') {
    if (served.definition.allowUnconditionalUpdate !== true) throw invalidError({ group: served.schema.group, kind: served.schema.resource }, name, [invalid('metadata.resourceVersion', 0, 'must be specified for an update')]);
    object.metadata.resourceVersion = String(existing.revision);
  } else if (given !== String(existing.revision)) {
    throw conflictError(served.schema, name, modifiedMessage);
  }
}

/** What no update may change, put back before the resource's own rules look at the object. */
function prepareMeta({ metadata: meta }: KubeObject, { metadata: old }: KubeObject): void {
  if (old.generation !== undefined) meta.generation = old.generation;
  else if (meta.generation !== undefined) delete meta.generation;
  if (meta.selfLink !== undefined) delete meta.selfLink;
}

function finishMeta({ metadata: meta }: KubeObject, { metadata: old }: KubeObject): void {
  if ((meta.uid ?? '') === '' && old.uid !== undefined) meta.uid = old.uid;
  if (old.creationTimestamp !== undefined) meta.creationTimestamp = old.creationTimestamp;
  if (old.deletionTimestamp !== undefined) meta.deletionTimestamp = old.deletionTimestamp;
  else if (meta.deletionTimestamp !== undefined) delete meta.deletionTimestamp;
  if (meta.deletionGracePeriodSeconds === undefined && old.deletionGracePeriodSeconds !== undefined) meta.deletionGracePeriodSeconds = old.deletionGracePeriodSeconds;
  else if (meta.deletionGracePeriodSeconds !== undefined && old.deletionGracePeriodSeconds === undefined) delete meta.deletionGracePeriodSeconds;
}

/** Namespaces wait for their own, second list of finalizers too. */
function emptiedFinalizers({ served }: UpdatePlan, object: KubeObject, old: KubeObject): boolean {
  if ((object.metadata.finalizers ?? []).length > 0 || old.metadata.deletionTimestamp === undefined) return false;
  if (served.schema.group === '' && served.schema.resource === 'namespaces') {
    if (((object as { spec?: { finalizers?: unknown[] } }).spec?.finalizers ?? []).length > 0) return false;
  }
  return (old.metadata.deletionGracePeriodSeconds ?? 0) === 0;
}

async function write(core: Core, plan: UpdatePlan, { object, existing }: { object: KubeObject; existing: CachedObject }, context: WriteContext): Promise<Try> {
  const { served } = plan;
  const { storage } = served;
  const { key } = existing;
  if (emptiedFinalizers(plan, object, existing.object)) {
    if (context.dryRun) return { done: true, object: dryRunObject(key, object, existing.revision) };
    const removed = await remove(core, served, key, existing.revision);
    if (!removed.ok && removed.current !== undefined) return { done: false, current: removed.current };
    if (removed.ok && context.origin !== undefined) core.provenance.wrote(storage, key, { operation: 'deleted', revision: removed.object.revision, uid: object.metadata.uid }, context.origin);
    await core.hooks.get(`${storage.group}/${storage.resource}`)?.afterDelete?.(existing.object);
    // Clients of an update expect the object that they sent, not a Status.
    return { done: true, object: dryRunObject(key, object, existing.revision) };
  }
  if (context.dryRun) return { done: true, object: dryRunObject(key, object, existing.revision) };
  const stored = new StoredObject(object, { wanted: context.answersObject });
  const comparing = isUnchanged(served, stored, existing);
  if ((typeof comparing === 'boolean' ? comparing : await comparing) && !core.isStale(storage.cache.prefix + key)) return { done: true, object: existing };
  const result = await put(core, served, key, stored, existing.revision);
  if (result.ok && context.origin !== undefined) core.provenance.wrote(storage, key, { operation: 'updated', revision: result.object.revision, uid: object.metadata.uid }, context.origin);
  return result.ok ? { done: true, object: result.object } : { done: false, current: result.current };
}

/** A custom resource is compared as it is stored, for writing it anew is what brings it to another version and schema. */
function isUnchanged({ storage, custom }: StoredResource, stored: StoredObject, existing: CachedObject): boolean | Promise<boolean> {
  if (custom === undefined) return existing.isStoredAs(stored);
  const raw = storage.cache.get(existing.key);
  if (raw?.revision !== existing.revision) return false;
  const converting = custom.toStored(stored.object);
  return converting instanceof Promise ? converting.then((converted) => raw.isStoredAs(new StoredObject(converted))) : raw.isStoredAs(new StoredObject(converting));
}
