/**
 * What is wrong with a value, in the words of upstream's kube-openapi. `name` is the value's path from the root of its
 * schema, as messages have it.
 */
import type { FieldError, FieldErrorReason } from '../field-error.ts';
import { goNumber, invalid, notSupported, required, tooLong, tooMany } from '../field-error.ts';

/** Where errors are: `field` for causes, `name` for messages, `above` for what concerns no field (`<nil>`, as Go prints it). */
export interface ErrorPlace {
  readonly field: string;
  readonly name: string;
  readonly above: string;
}

const say = ({ field, name }: ErrorPlace, value: unknown, what: string): FieldError => invalid(field, value, `${name} in body ${what}`);
const typeInvalid: FieldErrorReason = 'FieldValueTypeInvalid';

/** `found`: the type that the value has, or, for a text in a wrong format, the text. */
export const wrongType = (place: ErrorPlace, wanted: string, found: string): FieldError => ({ ...say(place, found, `must be of type ${wanted}: ${JSON.stringify(found)}`), reason: typeInvalid });
export const missing = ({ field }: ErrorPlace, property: string): FieldError => required(field === '' ? property : `${field}.${property}`);
export const notInEnum = ({ field }: ErrorPlace, value: unknown, values: readonly unknown[]): FieldError => notSupported(field, value, values.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))));
export const tooLongText = ({ field }: ErrorPlace, max: number): FieldError => tooLong(field, max);
export const tooShortText = (place: ErrorPlace, value: string, min: number): FieldError => say(place, value, `should be at least ${min} chars long`);
export const noMatch = (place: ErrorPlace, value: string, pattern: string): FieldError => say(place, value, `should match '${pattern}'`);
export const tooManyOf = ({ field }: ErrorPlace, count: number, max: number): FieldError => tooMany(field, count, max);
export const tooFewOf = (place: ErrorPlace, count: number, min: number, what: 'items' | 'properties'): FieldError => say(place, count, `should have at least ${min} ${what}`);
export const repeatedItems = (place: ErrorPlace): FieldError => say(place, '', "shouldn't contain duplicates");
export const forbiddenProperty = ({ field, name }: ErrorPlace, property: string): FieldError => invalid(field, property, `${name}.${property} in body is a forbidden property`);
export const aboveMaximum = (place: ErrorPlace, value: number, max: number, exclusive: boolean): FieldError => say(place, value, `should be less than ${exclusive ? '' : 'or equal to '}${goNumber(max)}`);
export const belowMinimum = (place: ErrorPlace, value: number, min: number, exclusive: boolean): FieldError => say(place, value, `should be greater than ${exclusive ? '' : 'or equal to '}${goNumber(min)}`);
export const notMultiple = (place: ErrorPlace, value: number, factor: number): FieldError => say(place, value, `should be a multiple of ${goNumber(factor)}`);
export const badFactor = ({ field, name }: ErrorPlace, factor: number): FieldError => invalid(field, factor, `factor MultipleOf declared for ${name} must be positive: ${goNumber(factor)}`);

/** Upstream loses the field of errors of these kinds. */
const aboveAll = ({ above }: ErrorPlace, message: string): FieldError => invalid(above, '', message);

export const outOfRange = (place: ErrorPlace, what: string, type: string, format: string): FieldError => aboveAll(place, `${what} value must be of type ${type} ${format === '' ? '(default format)' : `with format ${format}`} in ${place.name}`);
export const noneOfAny = (place: ErrorPlace): FieldError => aboveAll(place, `${JSON.stringify(place.name)} must validate at least one schema (anyOf)`);
export const notOneOf = (place: ErrorPlace, valid: number): FieldError => aboveAll(place, `${JSON.stringify(place.name)} must validate one and only one schema (oneOf). ${valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`}`);
export const notAllOf = (place: ErrorPlace, valid: number): FieldError => aboveAll(place, `${JSON.stringify(place.name)} must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`);
export const mustNot = (place: ErrorPlace): FieldError => aboveAll(place, `${JSON.stringify(place.name)} must not validate the schema (not)`);
