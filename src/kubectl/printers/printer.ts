import type { AnyObject } from '../resources/item.ts';

/** Writes objects in one form. */
export interface Printer {
  /** The text of one object, or of one list, after those before it. */
  print(object: AnyObject): string;
}

/** What a watch shows: the object, and what happened to it. */
export interface WatchedObject { readonly type: string; readonly object: AnyObject }
