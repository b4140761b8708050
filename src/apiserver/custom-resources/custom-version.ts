import type { KubeObject } from '../../api/meta/object.ts';
import type { CachedObject } from '../cache/cached-object.ts';
import type { DecodeContext, DecodedBody } from '../verbs/decoded-body.ts';

/**
 * What the verbs do with one version of a custom resource otherwise than with a built-in kind. What stands in the store
 * may be of another version, or older than the schema: it is converted, pruned and defaulted when it is read, as
 * upstream does it. Conversion may ask a webhook, so that much here takes time where it must.
 */
export interface CustomVersion {
  /** Undefined once objects may be read and written; until then the definition is being compiled. Rejects with ApiError. */
  ready(): Promise<void> | undefined;
  /** The definition is being deleted: nothing new is created. */
  readonly terminating: boolean;
  /** A request's body as an object of this version: pruned as `fieldValidation` asks, with its defaults. The body is taken over. */
  decode(body: DecodedBody, context: DecodeContext): KubeObject;
  /** A stored object as this version shows it, under the same key and revision. Throws, or rejects with, ApiError. */
  view(object: CachedObject): CachedObject | Promise<CachedObject>;
  /** The same for many, converted together. */
  viewAll(objects: readonly CachedObject[]): readonly CachedObject[] | Promise<readonly CachedObject[]>;
  /** What is written to the store for an object of this version. The object stays as it is. */
  toStored(object: KubeObject): KubeObject | Promise<KubeObject>;
  /** Told of what was written as this version, as it stands in the cache: the definition may have changed meanwhile. */
  written(object: CachedObject): void;
  /**
   * An object of one version of the resource in another, for those who compare versions; undefined for a version that
   * there is not. Only inside `converting`. The object stays as it is.
   */
  convertNow(object: KubeObject, apiVersion: string): KubeObject | undefined;
  /** Runs pure work that uses `convertNow`: again, should it have needed a conversion that takes time. */
  converting<T>(work: () => T): T | Promise<T>;
  /** Where the scale subresource keeps the wanted replicas, as managed fields name it; undefined without one. */
  readonly replicasPath: readonly string[] | undefined;
}

/** What `convertNow` throws when the conversion has to be waited for. */
export class ConversionNeeded extends Error {
  readonly key: string;
  readonly object: KubeObject;
  readonly apiVersion: string;

  constructor(key: string, object: KubeObject, apiVersion: string) {
    super('an object has to be converted first');
    this.key = key;
    this.object = object;
    this.apiVersion = apiVersion;
  }
}
