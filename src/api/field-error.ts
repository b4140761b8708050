/** The kinds of upstream's `field.Error`; the value is what stands in `status.details.causes[].reason`. */
export type FieldErrorReason =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTooFew'
  | 'FieldValueTooShort'
  | 'InternalError'
  | 'FieldValueTypeInvalid';

/** One thing wrong with one field. `message` is upstream's `Error.ErrorBody()`, without the field's path. */
export interface FieldError {
  readonly reason: FieldErrorReason;
  /** `spec.containers[0].image`, `metadata.annotations[a/b]`. */
  readonly field: string;
  readonly message: string;
}

const htmlEscapes: Readonly<Record<string, string>> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026' };

/** `%v` of a number: Go writes exponents where JavaScript does not yet. */
export function goNumber(value: number): string {
  const text = String(value);
  if (value === 0 || !(Math.abs(value) < 1e-4)) return text;
  const [mantissa, exponent = ''] = value.toExponential().split('e');
  return `${mantissa}e-${exponent.slice(1).padStart(2, '0')}`;
}

/** The value as Go's field.Error prints it: strings quoted, objects as Go's JSON (safe inside HTML), null and undefined as `null`. */
function show(value: unknown): string {
  if (value === undefined) return 'null';
  if (typeof value === 'number') return goNumber(value);
  const text = JSON.stringify(value);
  return typeof value === 'object' ? text.replace(/[<>&]/g, (c) => htmlEscapes[c]!) : text;
}

function body(title: string, value: unknown, detail: string): string {
  const head = `${title}: ${show(value)}`;
  return detail === '' ? head : `${head}: ${detail}`;
}

function bare(title: string, detail: string): string {
  return detail === '' ? title : `${title}: ${detail}`;
}

export const invalid = (field: string, value: unknown, detail: string): FieldError => ({ reason: 'FieldValueInvalid', field, message: body('Invalid value', value, detail) });
/** Like `invalid`, where upstream leaves the value out of the message. */
export const invalidOmitted = (field: string, detail: string): FieldError => ({ reason: 'FieldValueInvalid', field, message: bare('Invalid value', detail) });
export const required = (field: string, detail = ''): FieldError => ({ reason: 'FieldValueRequired', field, message: bare('Required value', detail) });
export const forbidden = (field: string, detail: string): FieldError => ({ reason: 'FieldValueForbidden', field, message: bare('Forbidden', detail) });
export const duplicate = (field: string, value: unknown): FieldError => ({ reason: 'FieldValueDuplicate', field, message: body('Duplicate value', value, '') });
export const notFound = (field: string, value: unknown): FieldError => ({ reason: 'FieldValueNotFound', field, message: body('Not found', value, '') });
export const tooLong = (field: string, maxLength: number): FieldError => ({ reason: 'FieldValueTooLong', field, message: `Too long: may not be more than ${maxLength} bytes` });
export const tooMany = (field: string, actual: number, max: number): FieldError => ({ reason: 'FieldValueTooMany', field, message: `Too many: ${actual}: must have at most ${max} ${max === 1 ? 'item' : 'items'}` });
export const tooFew = (field: string, actual: number, min: number): FieldError => ({ reason: 'FieldValueTooFew', field, message: `Too few: ${actual}: must have at least ${min} ${min === 1 ? 'item' : 'items'}` });
export const tooLongCharacters = (field: string, max: number): FieldError => ({ reason: 'FieldValueTooLong', field, message: `Too long: may not be more than ${max} ${max === 1 ? 'character' : 'characters'}` });
/** `supported` is printed in the order given, as upstream does: sorted where upstream holds a set. */
export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  reason: 'FieldValueNotSupported',
  field,
  message: body('Unsupported value', value, supported.length === 0 ? '' : `supported values: ${supported.map((one) => JSON.stringify(one)).join(', ')}`),
});

/** `spec.containers[0].image: Required value`: one error as upstream prints it. */
export function formatFieldError(error: FieldError): string {
  return `${error.field}: ${error.message}`;
}

/** Several errors in one text, as upstream aggregates them: each once, in brackets unless it is the only one. */
export function formatFieldErrors(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(formatFieldError))];
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
}
