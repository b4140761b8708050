import type { FieldError } from '../field-error.ts';

/** What the rules of a schema are asked about. */
export interface SchemaRulesInput {
  readonly value: unknown;
  /** The value before an update; undefined for a new object, whose transition rules are skipped. */
  readonly old: unknown;
  /** Path of the value, as field errors name it; empty for the whole object. */
  readonly path: string;
  /** Hears of errors that are no reason to refuse an update, for it does not touch what is wrong. */
  readonly ratcheted?: ((error: FieldError) => void) | undefined;
}

/** Every `x-kubernetes-validations` of one structural schema, compiled once. Pure, and bounded by the cost limits of upstream. */
export interface SchemaRules {
  /** What the rules find wrong, in the order of the schema; a rule that cost too much is an error, too. */
  validate(input: SchemaRulesInput): FieldError[];
}
