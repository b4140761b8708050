import type { KubeObject } from '../../../api/meta/object.ts';
import type { ResourceType } from '../../../api/resource-type.ts';
import type { ObjectReader } from '../../cache/reader.ts';

/**
 * What all objects of a kind say, compiled, in the order of their names. It is made when somebody asks after a change;
 * an object that did not change is not compiled again.
 */
export class CompiledList<T extends KubeObject, C> {
  readonly #reader: ObjectReader;
  readonly #type: ResourceType<T>;
  readonly #compile: (object: T) => readonly C[];
  readonly #known = new WeakMap<T, readonly C[]>();
  readonly #listeners: (() => void)[] = [];
  #current: readonly C[] | undefined;
  #following = false;

  constructor(options: { readonly reader: ObjectReader; readonly type: ResourceType<T>; readonly compile: (object: T) => readonly C[] }) {
    this.#reader = options.reader;
    this.#type = options.type;
    this.#compile = options.compile;
  }

  get current(): readonly C[] {
    return (this.#current ??= this.#read());
  }

  /** Calls back after each change. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #read(): readonly C[] {
    if (!this.#reader.has(this.#type)) return [];
    if (!this.#following) {
      this.#following = true;
      this.#reader.onChange(this.#type, () => {
        this.#current = undefined;
        for (const listener of this.#listeners) listener();
      });
    }
    return this.#reader.list(this.#type).flatMap((object) => {
      let compiled = this.#known.get(object);
      if (compiled === undefined) this.#known.set(object, (compiled = this.#compile(object)));
      return compiled;
    });
  }
}
