import type { AnyObject } from '../resources/item.ts';

/** Writes objects in one form. */
export interface Printer {
  /** The text of one object, or of one list, after those before it. */
  print(object: AnyObject): string;
}
