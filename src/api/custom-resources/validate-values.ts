/**
 * Values against their schema: types, bounds, formats, patterns and combinations, in upstream's words and order. On an
 * update, what is wrong with a value that has not changed is let be (KEP-4008).
 */
import type { FieldError } from '../field-error.ts';
import type { JsonValue } from '../patch/json-value.ts';
import { jsonEqual } from '../patch/json-value.ts';
import type { Step } from './field-path.ts';
import { joinPath } from './field-path.ts';
import { addNumberErrors, isInteger, isNearInteger } from './numbers.ts';
import type { JsonObject, SchemaNode } from './schema-node.ts';
import { isUnchanged, oldField, oldItem, oldItemsOf, uncorrelated } from './unchanged.ts';
import type { ErrorPlace } from './value-errors.ts';
import * as say from './value-errors.ts';
import type { ValueRules } from './value-rules.ts';
import { rulesOf } from './value-rules.ts';

/** A client learns enough from so many. */
const maxErrors = 1000;

type Kind = 'null' | 'boolean' | 'string' | 'integer' | 'number' | 'array' | 'object';

function kindOf(value: unknown): Kind {
  switch (typeof value) {
    case 'string': return 'string';
    case 'boolean': return 'boolean';
    case 'number': return isInteger(value) ? 'integer' : 'number';
    case 'bigint': return 'integer';
    default: return value === null || value === undefined ? 'null' : Array.isArray(value) ? 'array' : 'object';
  }
}

class Validation {
  errors: FieldError[] = [];
  /** How much of the value was well, as upstream counts it to choose what to say of alternatives that all failed. */
  matches = 0;
  readonly steps: Step[] = [];
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  readonly place = (): ErrorPlace => {
    const name = joinPath(this.steps);
    const prefix = this.#prefix;
    const below = name.startsWith('.') ? name.slice(1) : name;
    return { name, field: prefix === '' || below === '' ? `${prefix}${below}` : `${prefix}.${below}`, above: prefix === '' ? '<nil>' : prefix };
  };

  /** What a schema finds wrong, without adding it; `matches` stands where it stood. */
  attempt(node: SchemaNode, value: unknown): { readonly errors: readonly FieldError[]; readonly matches: number } {
    const { errors, matches } = this;
    this.errors = [];
    validateValue(node, value, uncorrelated, this);
    const result = { errors: this.errors, matches: this.matches - matches };
    this.errors = errors;
    this.matches = matches;
    return result;
  }

  merge(result: { readonly errors: readonly FieldError[]; readonly matches: number } | undefined): void {
    if (result === undefined) return;
    this.errors.push(...result.errors);
    this.matches += result.matches;
  }
}

function checkNull(node: SchemaNode, rules: ValueRules, validation: Validation): void {
  if (rules.types.length > 0 && !node.nullable) validation.errors.push(say.wrongType(validation.place(), rules.types.join(','), 'null'));
  else validation.matches++;
  if (rules.enum.length > 0) validation.errors.push(say.notInEnum(validation.place(), null, rules.enum));
}

/** Also a list passes for a string that has a format: upstream looks at formats later, and at those of texts only. */
function checkType({ types, format }: ValueRules, value: unknown, kind: Kind, validation: Validation): void {
  if (types.length === 0 && format === '') return;
  validation.matches++;
  if (types.includes(kind)) return void validation.matches++;
  const number = types.includes('number');
  const integer = types.includes('integer');
  const converts = (kind === 'number' && integer && isNearInteger(value as number)) || (kind === 'integer' && number);
  const texts = kind === 'string' || kind === 'array';
  const found = kind === 'integer' ? 'int64' : kind === 'number' ? 'float64' : '';
  if (!texts && format !== '' && format !== found && !converts) validation.errors.push(say.wrongType(validation.place(), format, found));
  else if (!converts && !(format !== '' && texts && !number && !integer)) validation.errors.push(say.wrongType(validation.place(), types.join(','), kind));
  else validation.matches++;
}

function checkAnyOf({ anyOf: nodes, anyIntOrString }: ValueRules, value: unknown, validation: Validation): void {
  if (nodes.length === 0) return;
  if (anyIntOrString && (typeof value === 'string' || kindOf(value) === 'integer')) {
    // What the alternative would have counted.
    validation.matches += typeof value === 'string' ? 7 : 8;
    return;
  }
  let best: ReturnType<Validation['attempt']> | undefined;
  for (const node of nodes) {
    const result = validation.attempt(node, value);
    if (result.errors.length === 0) return validation.merge(result);
    if (best === undefined || result.matches > best.matches) best = result;
  }
  validation.errors.push(say.noneOfAny(validation.place()));
  validation.merge(best);
}

function checkOneOf(nodes: readonly SchemaNode[], value: unknown, validation: Validation): void {
  if (nodes.length === 0) return;
  let best: ReturnType<Validation['attempt']> | undefined;
  let success: ReturnType<Validation['attempt']> | undefined;
  let valid = 0;
  for (const node of nodes) {
    const result = validation.attempt(node, value);
    if (result.errors.length === 0) {
      valid++;
      best = undefined;
      success ??= result;
    } else if (valid === 0 && (best === undefined || result.matches > best.matches)) best = result;
  }
  if (valid === 1) return validation.merge(success);
  validation.errors.push(say.notOneOf(validation.place(), valid));
  validation.merge(best);
}

function checkAllOf(nodes: readonly SchemaNode[], value: unknown, validation: Validation): void {
  let valid = 0;
  for (const node of nodes) {
    const result = validation.attempt(node, value);
    if (result.errors.length === 0) valid++;
    validation.merge(result);
  }
  if (valid < nodes.length) validation.errors.push(say.notAllOf(validation.place(), valid));
}

function checkCombinations(rules: ValueRules, value: unknown, validation: Validation): void {
  validation.matches += 2;
  if (!rules.combines) return;
  checkAnyOf(rules, value, validation);
  checkOneOf(rules.oneOf, value, validation);
  checkAllOf(rules.allOf, value, validation);
  if (rules.not !== undefined && validation.attempt(rules.not, value).errors.length === 0) validation.errors.push(say.mustNot(validation.place()));
}

/** In code points, which are at most as many as code units. */
const lengthOf = (text: string): number => {
  let length = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      length--;
      i++;
    }
  }
  return length;
};

function checkText(rules: ValueRules, value: string, validation: Validation): void {
  const { maxLength, minLength, matcher } = rules;
  validation.matches++;
  if (maxLength !== undefined && value.length > maxLength && lengthOf(value) > maxLength) validation.errors.push(say.tooLongText(validation.place(), maxLength));
  else if (minLength !== undefined && (value.length < minLength || lengthOf(value) < minLength)) validation.errors.push(say.tooShortText(validation.place(), value, minLength));
  else if (matcher !== undefined) {
    if (typeof matcher !== 'function') validation.errors.push(say.noMatch(validation.place(), value, `${rules.pattern}, but pattern is invalid: ${matcher.error}`));
    else if (!matcher(value)) validation.errors.push(say.noMatch(validation.place(), value, rules.pattern));
  }
  if (rules.checkFormat === undefined) return;
  validation.matches++;
  if (!rules.checkFormat(value)) validation.errors.push(say.wrongType(validation.place(), rules.format, value));
}

function checkList(node: SchemaNode, rules: ValueRules, value: readonly unknown[], old: unknown, validation: Validation): void {
  const { items } = node;
  validation.matches += 2;
  if (items !== undefined) {
    const olds = old === uncorrelated ? undefined : oldItemsOf(node, old);
    for (let i = 0; i < value.length; i++) {
      validation.steps.push(i);
      validateValue(items, value[i], oldItem(node, olds, value[i]), validation);
      validation.steps.pop();
      if (validation.errors.length > maxErrors) return;
    }
  }
  const count = value.length;
  if (rules.minItems !== undefined && count < rules.minItems) validation.errors.push(say.tooFewOf(validation.place(), count, rules.minItems, 'items'));
  if (rules.maxItems !== undefined && count > rules.maxItems) validation.errors.push(say.tooManyOf(validation.place(), count, rules.maxItems));
  if (rules.uniqueItems && value.some((item, i) => value.findIndex((other) => jsonEqual(item as JsonValue, other as JsonValue)) < i)) validation.errors.push(say.repeatedItems(validation.place()));
}

/** Numbers are converted before they are compared: 1.5 is in an enumeration that has 1. */
const isEnumValue = (value: unknown, one: unknown): boolean => (typeof value === 'number' && typeof one === 'number' && Number.isInteger(one) ? Math.trunc(value) === one : one !== null && jsonEqual(value as JsonValue, one as JsonValue));

function checkEnum(rules: ValueRules, value: unknown, validation: Validation): void {
  validation.matches++;
  if (rules.enum.length > 0 && !rules.enum.some((one) => isEnumValue(value, one))) validation.errors.push(say.notInEnum(validation.place(), value, rules.enum));
}

function checkField(field: SchemaNode, value: unknown, old: unknown, step: Step, validation: Validation): void {
  validation.steps.push(step);
  validateValue(field, value, old, validation);
  validation.steps.pop();
}

function checkObject(node: SchemaNode, rules: ValueRules, value: JsonObject, old: unknown, validation: Validation): void {
  const { minProperties, maxProperties } = rules;
  validation.matches++;
  if (minProperties !== undefined || maxProperties !== undefined) {
    const count = Object.keys(value).length;
    if (minProperties !== undefined && count < minProperties) validation.errors.push(say.tooFewOf(validation.place(), count, minProperties, 'properties'));
    if (maxProperties !== undefined && count > maxProperties) validation.errors.push(say.tooManyOf(validation.place(), count, maxProperties));
  }
  const atRoot = validation.steps.length === 0;
  const { values } = node;
  // oxlint-disable-next-line guard-for-in -- the value comes from a JSON parser: it has own properties only
  for (const name in value) {
    const property = node.property(name);
    if (property !== undefined) {
      // Both versions of an object were converted to one type, whose change cannot be seen.
      const before = atRoot && (name === 'kind' || name === 'apiVersion') ? uncorrelated : oldField(old, name, property);
      checkField(property, value[name], before, name, validation);
    } else if (values !== undefined) checkField(values, value[name], oldField(old, name, values), atRoot ? `.${name}` : name, validation);
    else if (rules.onlyNamed) validation.errors.push(say.forbiddenProperty(validation.place(), name));
    if (validation.errors.length > maxErrors) return;
  }
  for (const name of rules.required) if (!Object.hasOwn(value, name)) validation.errors.push(say.missing(validation.place(), name));
}

function checkValue(node: SchemaNode, rules: ValueRules, value: unknown, old: unknown, validation: Validation): void {
  const kind = kindOf(value);
  if (kind === 'null') return checkNull(node, rules, validation);
  checkType(rules, value, kind, validation);
  checkCombinations(rules, value, validation);
  if (kind === 'string') checkText(rules, value as string, validation);
  else if (kind === 'integer' || kind === 'number') {
    validation.matches += 2;
    if (rules.numbers !== undefined) addNumberErrors(validation.errors, Number(value), rules.numbers, validation.place);
  } else if (kind === 'array') checkList(node, rules, value as readonly unknown[], old, validation);
  checkEnum(rules, value, validation);
  if (kind === 'object') checkObject(node, rules, value as JsonObject, old, validation);
  validation.matches++;
}

function validateValue(node: SchemaNode, value: unknown, old: unknown, validation: Validation): void {
  const before = validation.errors.length;
  checkValue(node, rulesOf(node), value, old, validation);
  if (validation.errors.length > before && isUnchanged(node, value, old)) validation.errors.length = before;
}

/**
 * What is wrong with a value. `old`: what stood there before, where ratcheting applies; absent for a new object.
 * `prefix`: where the value stands in its object.
 */
export function validateValues(node: SchemaNode, value: unknown, options: { readonly old?: unknown; readonly prefix?: string } = {}): FieldError[] {
  const validation = new Validation(options.prefix ?? '');
  validateValue(node, value, options.old === undefined ? uncorrelated : options.old, validation);
  const seen = new Set<string>();
  return validation.errors.filter(({ field, message }) => {
    const text = `${field}\n${message}`;
    return !seen.has(text) && seen.add(text) !== undefined;
  });
}
