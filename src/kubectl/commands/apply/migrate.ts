import { hasPath, parseFieldSet, union } from '../../../api/managed-fields/field-set.ts';
import { isReason } from '../../../api/status.ts';
import { groupVersionOf } from '../../discovery/resource.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import { getObject } from '../../resources/select.ts';
import type { Session } from '../../session.ts';
import { lastAppliedAnnotation } from '../../writes/last-applied.ts';
import type { WriteOptions } from '../../writes/write-object.ts';
import { patchObject } from '../../writes/write-object.ts';

/** An entry of an object's managed fields. */
interface Entry { readonly manager?: string; readonly operation?: string; readonly apiVersion?: string; readonly subresource?: string; readonly fieldsV1?: unknown; readonly [field: string]: unknown }

const annotationPath = ['f:metadata', 'f:annotations', `f:${lastAppliedAnnotation}`];
/** Who owns the annotation once it is the server that keeps it in step. */
const annotationManager = 'kubectl-last-applied';
/** Whose annotation the server keeps in step. */
const usualManager = 'kubectl';

const entriesOf = (object: AnyObject): readonly Entry[] => (object.metadata?.['managedFields'] ?? []) as readonly Entry[];

function ownersOf(object: AnyObject, operation: 'Apply' | 'Update'): Entry[] {
  return entriesOf(object).filter((entry) => {
    try {
      return entry.operation === operation && hasPath(parseFieldSet(entry.fieldsV1), annotationPath);
    } catch {
      // What cannot be read owns nothing that is known of.
      return false;
    }
  });
}

/** The entries with what a manager that applied in the client owns given to the one that applies in the server. */
function handedOver(entries: readonly Entry[], from: string, to: string): readonly Entry[] {
  const isOld = (entry: Entry): boolean => entry.manager === from && entry.operation === 'Update' && (entry.subresource ?? '') === '';
  const isNew = (entry: Entry): boolean => entry.manager === to && entry.operation === 'Apply' && (entry.subresource ?? '') === '';
  const known = entries.findIndex(isNew);
  const at = known >= 0 ? known : entries.findIndex(isOld);
  const target = entries[at];
  if (target === undefined) return entries;
  const old = entries.find((entry) => isOld(entry) && entry.apiVersion === target.apiVersion);
  const fieldsV1 = union(parseFieldSet(target.fieldsV1), parseFieldSet(old?.fieldsV1)) ?? {};
  return entries.map((entry, i) => (i === at ? { ...target, manager: to, operation: 'Apply', fieldsV1 } : entry)).filter((entry) => !isOld(entry));
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
/** As upstream, an object that keeps changing is tried so often. */
const maxTries = 5;

interface Migration { readonly session: Session; readonly item: Item; readonly options: WriteOptions; readonly manager: string }

/** The annotation is applied by a manager of its own, so that it stays when nobody else's configuration has it. */
async function keepAnnotation({ session, item, options, manager }: Migration, object: AnyObject): Promise<AnyObject> {
  const text = object.metadata?.annotations?.[lastAppliedAnnotation];
  if (manager !== usualManager || text === undefined || ownersOf(object, 'Apply').length > 0) return object;
  const { name = '', namespace } = object.metadata ?? {};
  const body = JSON.stringify({ apiVersion: groupVersionOf(item.resource!), kind: item.resource!.kind, metadata: { name, ...(namespace !== undefined && { namespace }), annotations: { [lastAppliedAnnotation]: text } } });
  return patchObject(await session.connection(), item, { type: 'apply', body }, { ...options, fieldManager: annotationManager });
}

/** Gives what was applied in the client to the manager that applies in the server. False: there was nothing to give. */
async function handOver({ session, item, options, manager }: Migration, given: AnyObject): Promise<boolean> {
  const connection = await session.connection();
  const managers = new Set(ownersOf(given, 'Update').map((entry) => entry.manager ?? ''));
  let object = given;
  for (let attempt = 1; ; attempt++) {
    const before = entriesOf(object);
    let after = before;
    for (const from of managers) after = handedOver(after, from, manager);
    if (same(before, after)) return false;
    const body = JSON.stringify([{ op: 'replace', path: '/metadata/managedFields', value: after }, { op: 'replace', path: '/metadata/resourceVersion', value: object.metadata?.resourceVersion ?? '' }]);
    try {
      await patchObject(connection, item, { type: 'json', body }, options);
      return true;
    } catch (error) {
      if (!isReason(error, 'Conflict') || attempt >= maxTries) throw error;
      object = await getObject(connection, item);
    }
  }
}

/**
 * What was applied in the client before, and is applied in the server now, belongs to the server's manager from then on:
 * fields that the configuration no longer has can so be taken away. What goes wrong is told of, and is tried again at the
 * next time. Answers the object as it is then.
 */
export async function migrate(migration: Migration, applied: AnyObject, again: () => Promise<AnyObject>): Promise<AnyObject> {
  const warn = (what: string, error: unknown): Promise<void> => {
    if (!(error instanceof Error)) throw error;
    return migration.session.io.stderr.write(`Warning: ${what}. This is non-fatal and will be retried next time you apply. Error: ${error.message}\n`);
  };
  let object: AnyObject;
  try {
    object = await keepAnnotation(migration, applied);
  } catch (error) {
    await warn(`failed to migrate ${lastAppliedAnnotation} for Server-Side Apply`, error);
    return applied;
  }
  let changed: boolean;
  try {
    changed = await handOver(migration, object);
  } catch (error) {
    await warn('server rejected managed fields migration to Server-Side Apply', error);
    return object;
  }
  if (!changed) return object;
  try {
    return await again();
  } catch (error) {
    await warn('failed to re-apply configuration after performing Server-Side Apply migration', error);
    return object;
  }
}

