/** Who writes an object, in which way and version. */
import type { KubeObject } from '../meta/object.ts';
import type { ManagedFieldsEntry } from '../types/meta/v1.ts';
import type { FieldPattern, FieldSet } from './field-set.ts';
import type { Shape } from './shape.ts';

/** One object in the versions that its managers wrote it in. */
export interface Versions {
  /** The object in another version, and its shape there; undefined: this server does not know that version. */
  convert(object: KubeObject, apiVersion: string): { readonly object: KubeObject; readonly shape: Shape } | undefined;
}

/** A way of writing: a resource in a version, or one of its subresources. */
export interface Endpoint {
  /** Objects are given in it. */
  readonly apiVersion: string;
  /** Empty: the resource itself. */
  readonly subresource: string;
  readonly shape: Shape;
  /** What this way of writing resets, in its version, and what is never owned. */
  readonly ignored: FieldSet;
  /** All that this way of writing can own, where that is little. */
  readonly owned?: FieldPattern | undefined;
  /** The same in another version: of managers who wrote in that, nothing there counts as changed. */
  ignoredIn(apiVersion: string): FieldSet;
  readonly versions: Versions;
  /** What the last creation came to: those of one second and kind are mostly alike. */
  last?: { readonly manager: string; readonly time: string; readonly fields: FieldSet; readonly entries: ManagedFieldsEntry[]; shared: boolean };
}

/** Who writes, where and when. */
export interface Writer {
  readonly manager: string;
  /** The time now, as metav1.Time. */
  readonly time: string;
  readonly endpoint: Endpoint;
}
