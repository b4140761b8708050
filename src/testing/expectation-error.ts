/** What did not become as it was expected to be, and why: the message says both. */
export class ExpectationError extends Error {
  /** The cluster's reasons, a line each. */
  readonly why: readonly string[];

  constructor(expected: string, why: readonly string[]) {
    super(`${expected}\n${why.map((line) => `  ${line}`).join('\n')}`);
    this.name = 'ExpectationError';
    this.why = why;
  }
}
