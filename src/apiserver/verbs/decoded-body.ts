import type { ApiError } from '../../api/status.ts';
import type { FieldValidation } from './write-options.ts';

/** A request's body, read. */
export interface DecodedBody {
  readonly value: unknown;
  /** The value is somebody else's, and is not to be changed. */
  readonly borrowed?: boolean;
  /** `duplicate field "…"`, as the codec reports them. */
  readonly duplicates: readonly string[];
  /** Puts unknown and duplicate fields into the order in which the body has them. */
  readonly inOrder?: (problems: readonly string[]) => readonly string[];
  /** How long it was; absent where it came without a text. */
  readonly sizeBytes?: number;
  /** Where its unknown fields are named otherwise than by their paths. */
  readonly format?: 'cbor';
}

/** What is done about fields that have no place in it. */
export interface DecodeContext {
  readonly fieldValidation: FieldValidation;
  warn(message: string): void;
  /** Words what is wrong with the fields, where the object is not the body itself. */
  refuse?(detail: string): ApiError;
}
