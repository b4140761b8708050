import type { Authenticator } from './authenticator.ts';

/** What an authenticator is made of and may become while the server runs: a file's content, a bundle of authorities. */
export interface Changing<T> {
  readonly current: T;
  /** Calls back with each new value; what it throws, or rejects with, is the caller's to report, and the value is not taken. */
  onChange(listener: (value: T) => void | Promise<void>): void;
}

/** An authenticator that is made anew whenever what it is made of changes. Throws when it cannot be made at first. */
export function replaceable<T>(source: T | Changing<T>, make: (value: T) => Authenticator): Authenticator {
  if (!isChanging(source)) return make(source);
  let authenticator = make(source.current);
  source.onChange((value) => { authenticator = make(value); });
  return { name: authenticator.name, authenticate: (credentials) => authenticator.authenticate(credentials) };
}

/** Whether a source is one that changes. */
export function isChanging<T>(source: T | Changing<T>): source is Changing<T> {
  return typeof source === 'object' && source !== null && 'onChange' in source;
}
