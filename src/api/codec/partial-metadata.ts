import type { KubeObject } from '../meta/object.ts';
import type { ListMeta, ObjectMeta } from '../types/meta/v1.ts';

/** `PartialObjectMetadata` was renamed nowhere: v1 and v1beta1 differ in their apiVersion alone. */
export type MetaVersion = 'v1' | 'v1beta1';

export interface PartialObjectMetadata {
  readonly kind: 'PartialObjectMetadata';
  readonly apiVersion: string;
  readonly metadata: ObjectMeta;
}

export interface PartialObjectMetadataList {
  readonly kind: 'PartialObjectMetadataList';
  readonly apiVersion: string;
  readonly metadata: ListMeta;
  readonly items: readonly PartialObjectMetadata[];
}

/** The metadata of an object and nothing else. Shares the object's metadata. */
export function partialMetadata(object: KubeObject, version: MetaVersion = 'v1'): PartialObjectMetadata {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}

/** The metadata of a list's objects. */
export function partialMetadataList(objects: readonly KubeObject[], metadata: ListMeta, version: MetaVersion = 'v1'): PartialObjectMetadataList {
  return { kind: 'PartialObjectMetadataList', apiVersion: `meta.k8s.io/${version}`, metadata, items: objects.map((object) => partialMetadata(object, version)) };
}
