import { isReason } from '../../../api/status.ts';
import type { Connection } from '../../connection/connection.ts';
import type { AnyObject, Item } from '../../resources/item.ts';
import { getObject } from '../../resources/select.ts';
import { createObject, patchObject } from '../../writes/write-object.ts';
import { patchFor } from '../apply/client-side.ts';

export interface ApplyAs { readonly serverSide: boolean; readonly fieldManager: string; readonly forceConflicts: boolean }

/** An object as it is, and as it would be if it were applied; of the past: as it was, and as it is. Undefined where there is none. */
export interface Compared { readonly live: AnyObject | undefined; readonly merged: AnyObject | undefined }

/** As often as upstream, an object that keeps changing is looked at again. */
const maxTries = 4;

async function liveObject(connection: Connection, item: Item): Promise<AnyObject | undefined> {
  try {
    return await getObject(connection, item);
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** As apply remembers it: with annotations, if only with none. */
const withAnnotations = (object: AnyObject): AnyObject => ({ ...object, metadata: { ...object.metadata, annotations: { ...object.metadata?.annotations } } });

/** Asks the server what it would make of it; nothing is kept. */
function mergedObject(connection: Connection, item: Item, live: AnyObject | undefined, { serverSide, fieldManager, forceConflicts }: ApplyAs): Promise<AnyObject> {
  const options = { dryRun: 'server', fieldManager } as const;
  if (serverSide) return patchObject(connection, item, { type: 'apply', body: JSON.stringify(item.object) }, { ...options, force: forceConflicts });
  if (live === undefined) return createObject(connection, item, item.object!, options);
  const { type, value } = patchFor(item, withAnnotations(item.object!), live);
  return Object.keys(value).length === 0 ? Promise.resolve(live) : patchObject(connection, item, { type, body: JSON.stringify(value) }, options);
}

/** Both versions of what a file says. */
export async function comparedVersions(connection: Connection, item: Item, as: ApplyAs): Promise<Compared> {
  for (let attempt = 1; ; attempt++) {
    const live = await liveObject(connection, item);
    try {
      return { live, merged: await mergedObject(connection, item, live, as) };
    } catch (error) {
      if (!isReason(error, 'Conflict') || attempt >= maxTries) throw error;
    }
  }
}
