import type { AnyObject } from '../../resources/item.ts';
import type { Page } from './page.ts';

/** What a description is made with. */
export interface Describing {
  readonly page: Page;
  readonly nowMs: number;
  /** Writes the object's events, unless the user does not want them. */
  events(): Promise<void>;
  /** Reads an object by its path, e.g. `/api/v1/namespaces/x/services/y`. */
  get<T>(path: string): Promise<T>;
  /** All objects of a list, in pieces as long as `--chunk-size` says. */
  list<T>(path: string, query?: Readonly<Record<string, string>>): Promise<T[]>;
}

/** Describes one kind of object. `apiVersion`: the form in which it wants the object. */
export interface Describer<T = AnyObject> {
  readonly apiVersion: string;
  describe(object: T, describing: Describing): Promise<void> | void;
}

/** A describer that the table of kinds can hold beside others. */
export function describer<T>(apiVersion: string, describe: Describer<T>['describe']): Describer {
  return { apiVersion, describe } as unknown as Describer;
}
