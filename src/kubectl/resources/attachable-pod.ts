import type { Pod } from '../../api/types/core/v1.ts';
import { KubectlError } from '../errors.ts';
import type { Session } from '../session.ts';
import type { AnyObject } from './item.ts';
import { byLogging, goType, podsOf } from './pods-of.ts';
import type { FileOptions } from './read-files.ts';
import { select } from './select.ts';

/** The object that `POD` or `TYPE/NAME` names. */
export async function namedObject(session: Session, name: string, files?: FileOptions): Promise<AnyObject> {
  const args = name === '' ? [] : name.includes('/') ? [name] : ['pods', name];
  const items = await (await select(session, { args, ...(files !== undefined && name === '' && { files, latest: true }) })).items();
  const [item] = items;
  if (item === undefined || items.length !== 1) throw new KubectlError('cannot exec into multiple objects at a time');
  return item.object!;
}

/** The pod that an object stands for: itself, or the first of its own. */
export async function attachablePod(session: Session, object: AnyObject, timeoutMs: number): Promise<Pod> {
  if (object.kind === 'Pod') return object as unknown as Pod;
  try {
    return (await podsOf(session, object, { timeoutMs, compare: byLogging }))[0]!;
  } catch (error) {
    throw error instanceof KubectlError && /^selector for|^invalid service/.test(error.message) ? new KubectlError(`cannot attach to ${goType(object)}: ${error.message}`, { cause: error }) : error;
  }
}
