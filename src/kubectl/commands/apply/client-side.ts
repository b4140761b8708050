import { isReason } from '../../../api/status.ts';
import { builtinSchema } from '../../../api/schema/table.ts';
import type { ObjectSchema } from '../../../api/schema/schema.ts';
import { KubectlError } from '../../errors.ts';
import { toGoJson } from '../../printers/go-json.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import { getObject } from '../../resources/select.ts';
import type { Session } from '../../session.ts';
import { lastAppliedAnnotation, withLastApplied } from '../../writes/last-applied.ts';
import { threeWayMergePatch, threeWayStrategicPatch } from '../../writes/three-way-patch.ts';
import { patchLocally } from '../../writes/patch-locally.ts';
import { waitUntilGone } from '../../writes/wait-until-gone.ts';
import type { DryRun } from '../../writes/write-flags.ts';
import type { WriteOptions } from '../../writes/write-object.ts';
import { createObject, deleteObject, patchObject, withSource } from '../../writes/write-object.ts';

export interface Applied {
  readonly object: AnyObject;
  /** `created`, `configured` or `unchanged`. */
  readonly operation: string;
}

/** As upstream: a conflict is tried so often, the last times with a pause. */
const [maxTries, triesBeforePause] = [5, 1];

/** Nulls of a manifest delete; where there is nothing yet they say nothing. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, child]) => child !== null).map(([key, child]) => [key, withoutNulls(child)]));
}

function originalOf({ metadata }: AnyObject): AnyObject {
  const text = metadata?.annotations?.[lastAppliedAnnotation];
  return text === undefined ? {} : JSON.parse(text) as AnyObject;
}

interface Patch { readonly type: 'strategic' | 'merge'; readonly value: object }

/** What has to change of `current` so that it is as `modified` says, and as it says no more since it was applied last. */
export function patchFor(item: Item, modified: AnyObject, current: AnyObject): Patch {
  const { group, version, kind } = item.resource!;
  const states = { original: originalOf(current), modified, current };
  const schema: ObjectSchema | undefined = builtinSchema.kind(group, version, kind);
  return schema === undefined ? { type: 'merge', value: threeWayMergePatch(states) } : { type: 'strategic', value: threeWayStrategicPatch(states, schema) };
}

/** How an object goes whose patch is refused, where `--force` says that it may. */
export interface Replacement { readonly policy: string; readonly gracePeriod: number | undefined; readonly timeoutMs: number }

/** Makes the object anew; where that fails, as it was. */
async function deleteAndCreate(session: Session, item: Item, { before, modified, replace, options }: { readonly before: AnyObject; readonly modified: AnyObject; readonly replace: Replacement; readonly options: WriteOptions }): Promise<AnyObject> {
  const connection = await session.connection();
  const { policy, gracePeriod, timeoutMs } = replace;
  await deleteObject(connection, item, { propagationPolicy: policy, ...(gracePeriod !== undefined && { gracePeriodSeconds: gracePeriod }) });
  await waitUntilGone(session, [{ item, uid: before.metadata?.uid }], timeoutMs > 0 ? timeoutMs : undefined);
  try {
    return await createObject(connection, item, modified, options);
  } catch (error) {
    const { resourceVersion: _, uid: __, ...metadata } = before.metadata ?? {};
    await createObject(connection, item, { ...before, metadata }, options).catch((other: unknown) => {
      throw new KubectlError(`An error occurred force-replacing the existing object with the newly provided one:\n\n${(error as Error).message}.\n\nAdditionally, an error occurred attempting to restore the original object:\n\n${(other as Error).message}`, { cause: error });
    });
    throw error;
  }
}

/** Creates the object, or changes what the user changed since it was applied last (the three-way merge of upstream). */
export async function applyClientSide(session: Session, item: Item, { replace, ...options }: WriteOptions & { readonly dryRun: DryRun; readonly replace: Replacement | undefined }): Promise<Applied> {
  const connection = await session.connection();
  const modified = withLastApplied(item.object!);
  let current: AnyObject;
  try {
    current = await getObject(connection, item);
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw withSource(`retrieving current configuration of:\n${described(item)}\nfrom server for:`, item.source, error);
    const object = withoutNulls(modified) as AnyObject;
    if (options.dryRun === 'client') return { object, operation: 'created' };
    try {
      return { object: await createObject(connection, item, object, options), operation: 'created' };
    } catch (refused) {
      throw withSource('creating', item.source, refused);
    }
  }
  if (current.metadata?.annotations?.[lastAppliedAnnotation] === undefined) await session.io.stderr.write(`Warning: resource ${item.resource!.resource}/${item.name} is missing the ${lastAppliedAnnotation} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`);
  for (let attempt = 1; ; attempt++) {
    const patch = patchFor(item, modified, current);
    if (Object.keys(patch.value).length === 0) return { object: current, operation: 'unchanged' };
    if (options.dryRun === 'client') return { object: await patchLocally(current, patch), operation: 'configured' };
    try {
      return { object: await patchObject(connection, item, { type: patch.type, body: JSON.stringify(patch.value) }, options), operation: 'configured' };
    } catch (error) {
      if (isReason(error, 'Conflict') && attempt <= maxTries) {
        if (attempt > triesBeforePause) await session.io.clock.sleep(1000, session.io.signal);
        current = await getObject(connection, item);
        continue;
      }
      if (replace !== undefined && (isReason(error, 'Conflict') || isReason(error, 'Invalid'))) return { object: await deleteAndCreate(session, item, { before: current, modified, replace, options }), operation: 'configured' };
      throw withSource(`applying patch:\n${toGoJson(patch.value)}\nto:\n${described(item)}\nfor:`, item.source, withSource('patching', item.source, error));
    }
  }
}

/** An object as messages of apply describe it. */
export function described({ resource, name, namespace }: Item): string {
  const { group, version, resource: plural, kind } = resource!;
  const gv = group === '' ? `/${version}` : `${group}/${version}`;
  return `Resource: "${gv}, Resource=${plural}", GroupVersionKind: "${gv}, Kind=${kind}"\nName: ${JSON.stringify(name)}, Namespace: ${JSON.stringify(namespace)}`;
}
