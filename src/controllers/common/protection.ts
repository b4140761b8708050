import type { KubeObject } from '../../api/meta/object.ts';

/** Does only this finalizer's owner keep an object that is being deleted from going, as far as it knows? */
export function isDeletionCandidate({ metadata }: KubeObject, finalizer: string): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(finalizer) === true;
}

/** Was the object made before its protection was on? */
export function needsFinalizer({ metadata }: KubeObject, finalizer: string): boolean {
  return metadata.deletionTimestamp === undefined && metadata.finalizers?.includes(finalizer) !== true;
}

/** The object with or without the finalizer. */
export function withFinalizer<T extends KubeObject>(object: T, finalizer: string, present: boolean): T {
  const others = (object.metadata.finalizers ?? []).filter((one) => one !== finalizer);
  return { ...object, metadata: { ...object.metadata, finalizers: present ? [...others, finalizer] : others } };
}
