/** A structural schema in the form in which built-in types are described: for server-side apply, tables and documents. */
import type { AnySchema, FieldSchema, ListType, ObjectSchema, ValueSchema } from '../schema/schema.ts';
import { metadataSchema } from './embedded.ts';
import type { SchemaNode } from './schema-node.ts';

const any: AnySchema = { kind: 'any' };
const text = { kind: 'string' } as const;
const none: readonly never[] = [];

function scalarOf({ schema }: SchemaNode): ValueSchema {
  const { type, format = '' } = schema;
  if (schema['x-kubernetes-int-or-string'] === true) return { kind: 'int-or-string' };
  switch (type) {
    case 'boolean': return { kind: 'boolean' };
    case 'integer': return { kind: format === 'int32' ? 'int32' : 'int64' };
    case 'number': return { kind: 'number' };
    // Who applies other formats may apply any scalar: upstream looks at them in validation only.
    case 'string': return format === '' || format === 'byte' ? text : any;
    default: return any;
  }
}

/** `open`: unknown fields are kept above, and so here too. */
function valueOf(node: SchemaNode, open: boolean): ValueSchema {
  const { type } = node.schema;
  if (type === 'array') return new ListOf(node, open);
  if (type !== 'object') return scalarOf(node);
  if (node.names.length > 0 || node.embedded) return new ObjectOf('', node, { open, resource: node.embedded });
  return node.values === undefined ? any : new MapOf(node, open);
}

const mapTypeOf = ({ schema }: SchemaNode): 'granular' | 'atomic' | undefined => {
  const mapType = schema['x-kubernetes-map-type'];
  return mapType === 'atomic' || mapType === 'granular' ? mapType : undefined;
};

const listTypeOf = ({ listType }: SchemaNode): ListType | undefined => (listType === 'atomic' || listType === 'set' || listType === 'map' ? listType : undefined);

class ListOf {
  readonly kind = 'list';
  readonly listType?: ListType;
  readonly listMapKeys: readonly string[];
  readonly #node: SchemaNode;
  readonly #open: boolean;
  #items: ValueSchema | undefined;

  constructor(node: SchemaNode, open: boolean) {
    this.#node = node;
    this.#open = open || node.open;
    const listType = listTypeOf(node);
    if (listType !== undefined) this.listType = listType;
    this.listMapKeys = node.listKeys;
  }

  get items(): ValueSchema {
    return (this.#items ??= this.#node.items === undefined ? any : valueOf(this.#node.items, this.#open));
  }
}

class MapOf {
  readonly kind = 'map';
  readonly mapType?: 'granular' | 'atomic';
  readonly #node: SchemaNode;
  readonly #open: boolean;
  #values: ValueSchema | undefined;

  constructor(node: SchemaNode, open: boolean) {
    this.#node = node;
    this.#open = open || node.open;
    const mapType = mapTypeOf(node);
    if (mapType !== undefined) this.mapType = mapType;
  }

  get values(): ValueSchema {
    return (this.#values ??= this.#node.values === undefined ? any : valueOf(this.#node.values, this.#open));
  }
}

class FieldOf implements FieldSchema {
  readonly name: string;
  readonly patchStrategy = none;
  readonly listType?: ListType;
  readonly listMapKeys: readonly string[];
  readonly mapType?: 'granular' | 'atomic';
  readonly default?: unknown;
  readonly #node: SchemaNode;
  readonly #open: boolean;
  #value: ValueSchema | undefined;

  constructor(name: string, node: SchemaNode, open: boolean) {
    this.name = name;
    this.#node = node;
    this.#open = open;
    const listType = listTypeOf(node);
    if (listType !== undefined) this.listType = listType;
    this.listMapKeys = node.listKeys;
    const mapType = mapTypeOf(node);
    if (mapType !== undefined) this.mapType = mapType;
    if (node.default !== undefined) this.default = node.default;
  }

  get value(): ValueSchema {
    return (this.#value ??= valueOf(this.#node, this.#open));
  }
}

const field = (name: string, value: ValueSchema): FieldSchema => ({ name, value, patchStrategy: none, listMapKeys: none });

class ObjectOf implements ObjectSchema {
  readonly kind = 'object';
  readonly name: string;
  readonly mapType?: 'granular' | 'atomic';
  readonly open?: true;
  readonly #node: SchemaNode;
  readonly #resource: boolean;
  /** Fields are kept below, too. */
  readonly #inherits: boolean;
  #fields: ReadonlyMap<string, FieldSchema> | undefined;

  /** `resource`: it has a type and metadata, whether its schema says so or not. */
  constructor(name: string, node: SchemaNode, { open, resource }: { readonly open: boolean; readonly resource: boolean }) {
    this.name = name;
    this.#node = node;
    this.#resource = resource;
    this.#inherits = open || node.open;
    const mapType = mapTypeOf(node);
    if (mapType !== undefined) this.mapType = mapType;
    if (open || node.open || node.schema.additionalProperties === true) this.open = true;
  }

  get required(): readonly string[] {
    return this.#node.schema.required ?? none;
  }

  get fields(): ReadonlyMap<string, FieldSchema> {
    if (this.#fields !== undefined) return this.#fields;
    const fields = new Map<string, FieldSchema>();
    if (this.#resource) for (const [name, value] of [['apiVersion', text], ['kind', text], ['metadata', metadataSchema()]] as const) fields.set(name, field(name, value));
    for (const name of this.#node.names) if (!fields.has(name)) fields.set(name, new FieldOf(name, this.#node.property(name)!, this.#inherits));
    return (this.#fields = fields);
  }
}

/** The type of a custom resource. Everything below is made when it is asked for. `open`: unknown fields are kept everywhere. */
export function objectSchemaOf(name: string, root: SchemaNode, open: boolean): ObjectSchema {
  return new ObjectOf(name, root, { open, resource: true });
}
