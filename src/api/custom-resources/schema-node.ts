/** A schema as the passes over objects read it. Nodes are made when an object first reaches them: a large schema costs nothing until used. */
import { itemsOf, valuesOf } from '../groups/apiextensions/json-schema.ts';
import type { Schema } from '../groups/apiextensions/json-schema.ts';

export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Fields that every resource has, embedded ones too; they need no schema. */
export const isMetaField = (name: string): boolean => name === 'metadata' || name === 'kind' || name === 'apiVersion';

const none: readonly never[] = [];

/** One place of a structural schema. Immutable, but for what it remembers. */
export class SchemaNode {
  readonly schema: Schema;
  /** Unknown fields are kept. */
  readonly open: boolean;
  /** Whole resources stand here. */
  readonly embedded: boolean;
  /** A null is a value here. */
  readonly nullable: boolean;
  /** Any further field is allowed; `values` is its schema, if it has one. */
  readonly hasValues: boolean;
  /** Undefined and null: there is none. */
  readonly default: unknown;
  readonly listType: string;
  /** Of a list that is a map, as the schema names them. */
  readonly listKeys: readonly string[];
  readonly #properties: Schema['properties'];
  #children: Map<string, SchemaNode> | undefined;
  #defaulted: readonly string[] | undefined;
  #items: SchemaNode | undefined | null = null;
  #values: SchemaNode | undefined | null = null;

  constructor(schema: Schema) {
    this.schema = schema;
    this.open = schema['x-kubernetes-preserve-unknown-fields'] === true;
    this.embedded = schema['x-kubernetes-embedded-resource'] === true;
    this.nullable = schema.nullable === true;
    this.hasValues = schema.additionalProperties !== undefined;
    this.default = schema.default ?? undefined;
    this.listType = schema['x-kubernetes-list-type'] ?? '';
    this.listKeys = schema['x-kubernetes-list-map-keys'] ?? none;
    this.#properties = schema.properties;
  }

  /** Names of the properties, in the order of the schema. */
  get names(): readonly string[] {
    return this.#properties === undefined ? none : Object.keys(this.#properties);
  }

  /** Names of the properties that have a default. */
  get defaulted(): readonly string[] {
    return (this.#defaulted ??= this.names.filter((name) => (this.#properties?.[name]?.default ?? null) !== null));
  }

  /** The node of a property that the schema names. */
  property(name: string): SchemaNode | undefined {
    const known = this.#children?.get(name);
    if (known !== undefined) return known;
    if (this.#properties === undefined || !Object.hasOwn(this.#properties, name)) return undefined;
    const made = new SchemaNode(this.#properties[name]!);
    (this.#children ??= new Map()).set(name, made);
    return made;
  }

  /** Of any further field of a map. */
  get values(): SchemaNode | undefined {
    if (this.#values === null) this.#values = nodeOf(valuesOf(this.schema));
    return this.#values;
  }

  get items(): SchemaNode | undefined {
    if (this.#items === null) this.#items = nodeOf(itemsOf(this.schema));
    return this.#items;
  }

  /** The node of a field, named or not. */
  field(name: string): SchemaNode | undefined {
    return this.property(name) ?? (this.hasValues ? this.values : undefined);
  }
}

const nodeOf = (schema: Schema | undefined): SchemaNode | undefined => (schema === undefined ? undefined : new SchemaNode(schema));
