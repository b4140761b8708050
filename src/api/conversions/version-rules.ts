import type { FieldError } from '../field-error.ts';
import type { KubeObject } from '../meta/object.ts';

/**
 * How one served version of a kind differs from the version that is stored. All functions are pure, but for
 * `applyDefaults`; what is missing means that both versions agree in that.
 */
export interface VersionRules {
  /** The defaults of this version that are not those of the stored one, in place. They run first, on every decode. */
  applyDefaults?(object: KubeObject): void;
  /** Neither `apiVersion` nor `kind` need be set. May share with its argument, which stays as it is. */
  toStored?(object: KubeObject): KubeObject;
  /** The way back; gets a frozen object. */
  fromStored?(object: KubeObject): KubeObject;
  /** Set where deleting through this version leaves dependents alone unless told otherwise, as old versions do. */
  readonly defaultPropagation?: 'orphan';
  /** What the stored version's validation refuses and this version allows. */
  allows?(error: FieldError): boolean;
}
