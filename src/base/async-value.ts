/** A value that goes along with work across its awaits: each of many things that go on at once sees its own. */
export interface AsyncValue<T> {
  /** The value of the innermost `run` that the caller came out of, synchronously or by awaiting; undefined outside of any. */
  get(): T | undefined;
  run<R>(value: T, work: () => R): R;
}

/** What Node calls AsyncLocalStorage. */
interface Storage<T> { getStore(): T | undefined; run<R>(value: T, work: () => R): R }
interface Platform { readonly process?: { getBuiltinModule?(name: 'node:async_hooks'): { readonly AsyncLocalStorage: new () => Storage<unknown> } | undefined } }

/**
 * Made of what the platform has. It is asked for and not imported, so that this runs where there is no Node; there the
 * value is seen by what happens synchronously, and nothing later. Only for what informs people: nothing may depend on it.
 */
export function asyncValue<T>(): AsyncValue<T> {
  const hooks = (globalThis as Platform).process?.getBuiltinModule?.('node:async_hooks');
  if (hooks === undefined) return new SynchronousValue<T>();
  const storage = new hooks.AsyncLocalStorage() as Storage<T>;
  return { get: () => storage.getStore(), run: (value, work) => storage.run(value, work) };
}

class SynchronousValue<T> implements AsyncValue<T> {
  #value: T | undefined;

  get(): T | undefined {
    return this.#value;
  }

  run<R>(value: T, work: () => R): R {
    const outer = this.#value;
    this.#value = value;
    try {
      return work();
    } finally {
      this.#value = outer;
    }
  }
}
