/** What one schema says of values, made ready to be asked (upstream's kube-openapi SchemaValidator). */
import type { Schema } from '../groups/apiextensions/json-schema.ts';
import { isIntOrString } from '../groups/apiextensions/json-schema.ts';
import type { NumberRules } from './numbers.ts';
import { matcherOf } from './pattern-loader.ts';
import type { Matcher } from './patterns.ts';
import { SchemaNode } from './schema-node.ts';
import { stringFormat } from './string-formats.ts';

const none: readonly never[] = [];

/** Formats that upstream does not know count as none. */
function knownFormat(format: string, types: readonly string[]): string {
  if (format === '') return '';
  const type = types.length === 1 ? types[0] : '';
  if (type === 'integer') return format === 'int32' || format === 'int64' ? format : '';
  if (type === 'number') return format === 'float' || format === 'double' ? format : '';
  return (type === '' || type === 'string') && stringFormat(format) !== undefined ? format : '';
}

function numberRules(schema: Schema, types: readonly string[], format: string): NumberRules | undefined {
  const [only] = types.length === 1 ? types : [];
  const type = only === 'integer' || only === 'number' ? only : '';
  const { multipleOf, maximum, minimum } = schema;
  if (type === '' && multipleOf === undefined && maximum === undefined && minimum === undefined) return undefined;
  return {
    type, multipleOf, maximum, minimum, format: type === '' ? '' : format,
    exclusiveMaximum: schema.exclusiveMaximum === true, exclusiveMinimum: schema.exclusiveMinimum === true,
  };
}

/** A plain table: everything that validation reads stands at a fixed place. */
export class ValueRules {
  readonly types: readonly string[];
  readonly format: string;
  readonly checkFormat: ((text: string) => boolean) | undefined;
  readonly numbers: NumberRules | undefined;
  readonly maxLength: number | undefined;
  readonly minLength: number | undefined;
  readonly pattern: string;
  readonly matcher: Matcher | { readonly error: string } | undefined;
  readonly maxItems: number | undefined;
  readonly minItems: number | undefined;
  readonly uniqueItems: boolean;
  readonly enum: readonly unknown[];
  readonly maxProperties: number | undefined;
  readonly minProperties: number | undefined;
  readonly required: readonly string[];
  /** Only named properties are allowed. */
  readonly onlyNamed: boolean;
  readonly allOf: readonly SchemaNode[];
  readonly anyOf: readonly SchemaNode[];
  readonly oneOf: readonly SchemaNode[];
  readonly not: SchemaNode | undefined;
  readonly combines: boolean;
  /** `anyOf` says no more than that this is an integer or a string, as quantities and ports have it. */
  readonly anyIntOrString: boolean;

  constructor(schema: Schema) {
    const { type = '', pattern = '' } = schema;
    this.types = schema['x-kubernetes-int-or-string'] === true ? ['integer', 'string'] : type === '' ? none : [type];
    this.format = knownFormat(schema.format ?? '', this.types);
    this.checkFormat = this.format === '' ? undefined : stringFormat(this.format);
    this.numbers = numberRules(schema, this.types, this.format);
    this.maxLength = schema.maxLength;
    this.minLength = schema.minLength;
    this.pattern = pattern;
    this.matcher = pattern === '' ? undefined : matcherOf(pattern);
    this.maxItems = schema.maxItems;
    this.minItems = schema.minItems;
    this.uniqueItems = schema.uniqueItems === true;
    this.enum = schema.enum ?? none;
    this.maxProperties = schema.maxProperties;
    this.minProperties = schema.minProperties;
    this.required = schema.required ?? none;
    this.onlyNamed = schema.additionalProperties === false;
    const nodes = (schemas: readonly Schema[] | undefined): readonly SchemaNode[] => (schemas ?? none).map((one) => new SchemaNode(one));
    this.allOf = nodes(schema.allOf);
    this.anyOf = nodes(schema.anyOf);
    this.oneOf = nodes(schema.oneOf);
    this.not = schema.not === undefined ? undefined : new SchemaNode(schema.not);
    this.anyIntOrString = isIntOrString(schema.anyOf);
    this.combines = this.allOf.length + this.anyOf.length + this.oneOf.length > 0 || this.not !== undefined;
  }
}

const known = new WeakMap<SchemaNode, ValueRules>();

/** The rules of a node, made when they are first asked for. */
export function rulesOf(node: SchemaNode): ValueRules {
  let rules = known.get(node);
  if (rules === undefined) known.set(node, (rules = new ValueRules(node.schema)));
  return rules;
}
