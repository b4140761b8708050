import { StoredObject } from '../../api/codec/stored.ts';
import { formatTime } from '../../base/clock.ts';
import { semanticEqual } from '../../api/meta/equal.ts';
import type { KubeObject } from '../../api/meta/object.ts';
import { parseTime } from '../../api/meta/time.ts';
import { conflictError, notFoundError } from '../../api/status.ts';
import type { CustomResourceDefinition } from '../../api/types/apiextensions/v1.ts';
import { cloneJson } from '../../base/json-value.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import type { Core, WriteContext } from '../core.ts';
import { markForDeletion } from '../custom-resources/next-status.ts';
import type { StoredResource } from '../served-resources.ts';
import { validateAdmission, admit } from './admit.ts';
import type { DeletePlan } from './delete-options.ts';
import { objectKey } from './get.ts';
import { dryRunObject, existingOf, put, remove } from './store-object.ts';

const orphanFinalizer = 'orphan';
const foregroundFinalizer = 'foregroundDeletion';

export interface DeleteOutcome {
  /** The last state, or the state of waiting for finalizers or the end of the grace period. */
  readonly object: CachedObject;
  /** False while the object is still there. */
  readonly deleted: boolean;
}

/**
 * Deletes one object as upstream's generic registry does: gracefully where the kind knows grace, held by finalizers,
 * with a finalizer for the garbage collector when dependents are to be orphaned or deleted first.
 */
export async function deleteObject(core: Core, served: StoredResource, target: { readonly namespace: string; readonly name: string }, plan: DeletePlan, context: WriteContext): Promise<DeleteOutcome> {
  const key = objectKey(target.namespace, target.name);
  const waiting = core.cache.fresh();
  if (waiting !== undefined) await waiting;
  const found = existingOf(served, key);
  let existing = found instanceof Promise ? await found : found;
  for (;;) {
    if (existing === undefined) throw notFoundError(served.schema, target.name);
    checkPreconditions(served, target.name, existing.object, plan);
    const attributes = { operation: 'DELETE' as const, schema: served.schema, subresource: '', namespace: target.namespace, name: target.name, object: undefined, oldObject: existing.object };
    try {
      const admitting = admit(core, attributes, context);
      if (admitting !== undefined) await admitting;
      const validating = validateAdmission(core, attributes, context);
      if (validating !== undefined) await validating;
    } catch (error) {
      if (context.origin !== undefined) core.provenance.refused(error, existing.object, context.origin);
      throw error;
    }
    const outcome = await tryDelete(core, served, existing, plan, context);
    if (outcome.done) return outcome;
    existing = outcome.current;
  }
}

/** Throws Conflict where the object is not the one that was meant. */
export function checkPreconditions(served: StoredResource, name: string, { metadata }: KubeObject, plan: Pick<DeletePlan, 'uid' | 'resourceVersion'>): void {
  const type = { group: served.schema.group, resource: served.schema.kind };
  if (plan.uid !== undefined && plan.uid !== metadata.uid) {
    throw conflictError(type, name, `the UID in the precondition (${plan.uid}) does not match the UID in record (${metadata.uid ?? ''}). The object might have been deleted and then recreated`);
  }
  if (plan.resourceVersion !== undefined && plan.resourceVersion !== metadata.resourceVersion) {
    throw conflictError(type, name, `the ResourceVersion in the precondition (${plan.resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion ?? ''}). The object might have been modified`);
  }
}

type Try = ({ readonly done: true } & DeleteOutcome) | { readonly done: false; readonly current: CachedObject | undefined };

/** What has to be written before, or instead of, removing the object. */
interface Marking {
  readonly object: KubeObject;
  readonly remove: boolean;
}

async function tryDelete(core: Core, served: StoredResource, existing: CachedObject, plan: DeletePlan, context: WriteContext): Promise<Try> {
  const { storage } = served;
  const decision = isNamespace(served) ? decideNamespace(core, existing.object, plan) : isDefinition(served) && existing.object.metadata.deletionTimestamp === undefined ? { object: markForDeletion(existing.object as CustomResourceDefinition, formatTime(core.clock.now())), remove: false } : decide(core, served, existing.object, plan);
  if (decision === 'pending') return { done: true, object: existing, deleted: false };
  let last = existing;
  if (decision !== 'remove') {
    // Asked for again, and waiting already.
    if (!decision.remove && semanticEqual(decision.object, existing.object)) return { done: true, object: existing, deleted: false };
    if (context.dryRun) return { done: true, object: dryRunObject(existing.key, decision.object, existing.revision), deleted: decision.remove };
    const marked = await put(core, served, existing.key, new StoredObject(decision.object), existing.revision);
    if (!marked.ok) return { done: false, current: marked.current };
    if (!decision.remove && context.origin !== undefined) core.provenance.wrote(storage, existing.key, { operation: 'marked', revision: marked.object.revision, uid: existing.object.metadata.uid }, context.origin);
    if (!decision.remove) return { done: true, object: marked.object, deleted: false };
    last = marked.object;
  }
  if (context.dryRun) return { done: true, object: existing, deleted: true };
  const removed = await remove(core, served, existing.key, last.revision);
  if (!removed.ok) return removed.current === undefined && last !== existing ? { done: true, object: last, deleted: true } : { done: false, current: removed.current };
  if (context.origin !== undefined) core.provenance.wrote(storage, existing.key, { operation: 'deleted', revision: removed.object.revision, uid: existing.object.metadata.uid }, context.origin);
  const after = core.hooks.get(`${storage.group}/${storage.resource}`)?.afterDelete?.(removed.object.object);
  if (after !== undefined) await after;
  return { done: true, object: removed.object, deleted: true };
}

function decide(core: Core, served: StoredResource, existing: KubeObject, plan: DeletePlan): 'pending' | 'remove' | Marking {
  const grace = graceful(core, served, existing, plan);
  if (grace === 'pending') return 'pending';
  const finalizers = finalizersFor(served, existing, plan);
  if (grace === undefined && finalizers.length === 0) return 'remove';

  const { finalizers: _, ...kept } = existing.metadata;
  const metadata: KubeObject['metadata'] = kept;
  // All else is shared with what stands, and stays frozen; conversions of custom resources want their own.
  const object = { ...(served.custom === undefined ? existing : cloneJson(existing)), metadata };
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  if (grace !== undefined) {
    if (metadata.deletionTimestamp === undefined && (metadata.generation ?? 0) > 0) metadata.generation! += 1;
    metadata.deletionTimestamp = grace.timestamp;
    metadata.deletionGracePeriodSeconds = grace.seconds;
    return { object, remove: finalizers.length === 0 && grace.seconds === 0 };
  }
  markAsDeleting(metadata, core.clock.now());
  return { object, remove: false };
}

/** For kinds without grace, held by finalizers: being deleted since now, with no time left. */
function markAsDeleting(metadata: KubeObject['metadata'], nowMs: number): void {
  if (metadata.deletionTimestamp === undefined && (metadata.generation ?? 0) > 0) metadata.generation! += 1;
  const since = metadata.deletionTimestamp === undefined ? undefined : parseTime(metadata.deletionTimestamp);
  if (since === undefined || since > nowMs) metadata.deletionTimestamp = formatTime(nowMs);
  metadata.deletionGracePeriodSeconds = 0;
}

/** Undefined: without grace. 'pending': it is being deleted already, and no sooner than asked for. */
function graceful(core: Core, served: StoredResource, existing: KubeObject, plan: DeletePlan): 'pending' | undefined | { seconds: number; timestamp: string } {
  if (served.definition.gracePeriodSeconds === undefined) return undefined;
  const { deletionTimestamp, deletionGracePeriodSeconds } = existing.metadata;
  if (deletionTimestamp !== undefined) {
    // No time left, and still there: it was marked, and then could not be removed. Whoever asks again must be able to.
    if (deletionGracePeriodSeconds === undefined || deletionGracePeriodSeconds === 0) return undefined;
    if (plan.gracePeriodSeconds === undefined || plan.gracePeriodSeconds >= deletionGracePeriodSeconds) return 'pending';
    const nowMs = core.clock.now();
    const endMs = (parseTime(deletionTimestamp) ?? nowMs) - (deletionGracePeriodSeconds - plan.gracePeriodSeconds) * 1000;
    // Patience that is over already becomes the shortest there is: the end is still the kubelet's to make.
    return endMs < nowMs && plan.gracePeriodSeconds > 0 ? { seconds: 1, timestamp: formatTime(nowMs) } : { seconds: plan.gracePeriodSeconds, timestamp: formatTime(Math.max(endMs, nowMs)) };
  }
  const seconds = served.definition.gracePeriodSeconds(existing, plan.gracePeriodSeconds);
  return seconds === undefined ? undefined : { seconds, timestamp: formatTime(core.clock.now() + seconds * 1000) };
}

/** The finalizers that the object is to have while it is being deleted. */
function finalizersFor(served: StoredResource, existing: KubeObject, plan: DeletePlan): string[] {
  const current = existing.metadata.finalizers ?? [];
  const others = current.filter((one) => one !== orphanFinalizer && one !== foregroundFinalizer);
  const explicit = plan.orphanDependents !== undefined ? (plan.orphanDependents ? 'Orphan' : 'Background') : plan.propagation;
  const wanted = explicit ?? (current.includes(orphanFinalizer) ? 'Orphan' : current.includes(foregroundFinalizer) ? 'Foreground' : (plan.defaultPropagation ?? served.definition.defaultPropagation) === 'orphan' ? 'Orphan' : 'Background');
  if (wanted === 'Orphan') others.push(orphanFinalizer);
  if (wanted === 'Foreground') others.push(foregroundFinalizer);
  return others;
}

const isNamespace = ({ schema }: StoredResource): boolean => schema.group === '' && schema.resource === 'namespaces';

/** What is defined goes first. */
const isDefinition = ({ schema }: StoredResource): boolean => schema.group === 'apiextensions.k8s.io' && schema.resource === 'customresourcedefinitions';

/** A namespace first becomes Terminating; it goes once its own finalizers (spec.finalizers) are gone. */
function decideNamespace(core: Core, existing: KubeObject, plan: DeletePlan): 'pending' | 'remove' | Marking {
  const namespace = existing as KubeObject & { spec?: { finalizers?: string[] }; status?: { phase?: string } };
  if (existing.metadata.deletionTimestamp === undefined) {
    const object = cloneJson(namespace);
    object.metadata.deletionTimestamp = formatTime(core.clock.now());
    object.status = { ...object.status, phase: 'Terminating' };
    const orphan = plan.orphanDependents === true || plan.propagation === 'Orphan';
    const finalizers = (object.metadata.finalizers ?? []).filter((one) => one !== orphanFinalizer);
    if (orphan) finalizers.push(orphanFinalizer);
    if (finalizers.length > 0) object.metadata.finalizers = finalizers;
    else delete object.metadata.finalizers;
    return { object, remove: false };
  }
  if ((namespace.spec?.finalizers ?? []).length > 0 || (existing.metadata.finalizers ?? []).length > 0) return 'pending';
  return 'remove';
}
