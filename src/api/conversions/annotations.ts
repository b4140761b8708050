import type { KubeObject } from '../meta/object.ts';

/** The object with an annotation set, or without it when `value` is undefined. Shares all else with its argument. */
export function withAnnotation<T extends KubeObject>(object: T, key: string, value: string | undefined): T {
  const { annotations, ...metadata } = object.metadata;
  const { [key]: old, ...others } = annotations ?? {};
  if (old === value) return object;
  const next = value === undefined ? others : { ...others, [key]: value };
  return { ...object, metadata: Object.keys(next).length > 0 ? { ...metadata, annotations: next } : metadata };
}
