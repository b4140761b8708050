/** What an expression came to instead of a value: upstream's text of it. `||`, `&&` and their macros may absorb it. */
export class CelFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CelFailure';
  }
}

/** The cost ran out: nothing absorbs this. */
export class CostExceeded extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
    this.name = 'CostExceeded';
  }
}

/** No overload of an operator fits the values at hand. */
export function noSuchOverload(detail?: string): CelFailure {
  return new CelFailure(detail === undefined ? 'no such overload' : `no such overload: ${detail}`);
}

export const noSuchKey = (key: string): CelFailure => new CelFailure(`no such key: ${key}`);
