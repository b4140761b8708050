import { KubectlError } from '../../errors.ts';
import { indented, wrapWords } from './wrap-words.ts';

/** As much of a schema of OpenAPI as is told of it. */
export interface Schema {
  readonly '$ref'?: string;
  readonly 'type'?: string;
  readonly 'description'?: string;
  readonly 'properties'?: Readonly<Record<string, Schema>>;
  readonly 'required'?: readonly string[];
  readonly 'items'?: Schema;
  readonly 'additionalProperties'?: Schema | boolean;
  readonly 'allOf'?: readonly Schema[];
  readonly 'enum'?: readonly unknown[];
  readonly 'externalDocs'?: { readonly description?: string; readonly url?: string };
  readonly 'x-kubernetes-group-version-kind'?: readonly GroupVersionKind[];
}

export interface GroupVersionKind { readonly group: string; readonly version: string; readonly kind: string }

export interface Document {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, { readonly 'x-kubernetes-group-version-kind'?: GroupVersionKind }>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

interface Resource { readonly group: string; readonly version: string; readonly resource: string }

/** Enumerated values of a field among others are told up to here. */
const shownValues = 4;

const valuesOf = ({ additionalProperties }: Schema): Schema | undefined => (typeof additionalProperties === 'object' ? additionalProperties : undefined);
const sorted = (properties: Schema['properties']): [string, Schema][] => Object.entries(properties ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));

/** What `kubectl explain` says of a resource, or of a field of it, by its server's OpenAPI v3 document. */
export class SchemaText {
  readonly #document: Document;
  readonly #recursive: boolean;

  constructor(document: Document, { recursive }: { readonly recursive: boolean }) {
    this.#document = document;
    this.#recursive = recursive;
  }

  /** What the resource is, and then what there is to tell. Throws KubectlError for a resource that the document does not have, and, after its first part, for a field that the resource does not have. */
  *of(resource: Resource, path: readonly string[]): Generator<string> {
    const kind = this.#kindOf(resource);
    if (kind === undefined) throw new KubectlError(`error: GVR (${resource.group}/${resource.version}, Resource=${resource.resource}) not found in OpenAPI schema`);
    const same = (one: GroupVersionKind): boolean => one.group === kind.group && one.version === kind.version && one.kind === kind.kind;
    const [, schema] = sorted(this.#document.components?.schemas).find(([, one]) => one['x-kubernetes-group-version-kind']?.some(same) === true) ?? [];
    if (schema === undefined) throw new KubectlError(`error: GVK map[group:${kind.group} kind:${kind.kind} version:${kind.version}] not found in OpenAPI schema`);
    yield `${kind.group === '' ? '' : `GROUP:      ${kind.group}\n`}KIND:       ${kind.kind}\nVERSION:    ${kind.version}\n\n`;
    const text = this.#described(schema, path, new Set());
    if (text === '') throw new KubectlError(`error: field ${JSON.stringify(path.at(-1))} does not exist`);
    yield `${text}\n`;
  }

  #kindOf({ group, version, resource }: Resource): GroupVersionKind | undefined {
    const root = `${group === '' ? '/api' : `/apis/${group}`}/${version}`;
    for (const path of [`${root}/${resource}`, `${root}/${resource}/{name}`, `${root}/namespaces/{namespace}/${resource}`, `${root}/namespaces/{namespace}/${resource}/{name}`]) {
      for (const method of ['get', 'post', 'put', 'patch', 'delete']) {
        const kind = this.#document.paths?.[path]?.[method]?.['x-kubernetes-group-version-kind'];
        if (kind !== undefined) return kind;
      }
    }
    return undefined;
  }

  #referred({ $ref }: Schema): Schema | undefined {
    if ($ref?.startsWith('#') !== true) return undefined;
    let found: unknown = this.#document;
    for (const step of $ref.slice(1).split('/')) if (step !== '') found = (found as Readonly<Record<string, unknown>> | undefined)?.[step];
    return found as Schema | undefined;
  }

  /** Follows the path; empty where it leads nowhere. */
  #described(schema: Schema, path: readonly string[], seen: ReadonlySet<string>): string {
    const { $ref = '' } = schema;
    const resolved = this.#referred(schema) ?? schema;
    const [field, ...rest] = path;
    if (field === undefined) return this.#whole(resolved);
    if ($ref !== '' && seen.has($ref)) return '';
    const next = new Set([...seen, $ref]);
    const property = resolved.properties?.[field];
    if (property !== undefined) {
      const head = rest.length > 0 ? '' : `FIELD: ${field} <${this.#type(property)}>\n${enumText(property, 'long')}\n\n`;
      return head + this.#described(property, rest, new Set());
    }
    if (resolved.items !== undefined) return this.#described(resolved.items, path, next);
    const values = valuesOf(resolved);
    if (values !== undefined) return this.#described(values, path, next);
    for (const one of resolved.allOf ?? []) {
      const text = this.#described(one, path, next);
      if (text !== '') return text;
    }
    return '';
  }

  #whole(schema: Schema): string {
    const description = this.#descriptions(schema) || '<empty>';
    const docs = docsText(schema, 0);
    const fields = this.#fields(schema, 1, new Set());
    return `DESCRIPTION:\n${indented(wrapWords(description, 76), 4)}\n${docs === '' ? '' : `\n${docs}`}${fields === '' ? '' : `FIELDS:\n${fields}`}`;
  }

  /** Of the schema and of all that it is made of. */
  #descriptions(schema: Schema): string {
    const resolved = this.#referred(schema) ?? schema;
    const inner = [...(resolved.allOf ?? []), ...(resolved.items === undefined ? [] : [resolved.items]), ...(valuesOf(resolved) === undefined ? [] : [valuesOf(resolved)!])];
    return `${resolved.description === undefined || resolved.description === '' ? '' : `${resolved.description}\n`}${inner.map((one) => this.#descriptions(one)).join('')}`;
  }

  #fields(schema: Schema, level: number, seen: ReadonlySet<string>): string {
    const { $ref = '' } = schema;
    if ($ref !== '' && seen.has($ref)) return '';
    const next = new Set([...seen, $ref]);
    const resolved = this.#referred(schema) ?? schema;
    const own = sorted(resolved.properties).map(([name, property]) => this.#field(name, property, { required: resolved.required?.includes(name) === true, level }) + (this.#recursive ? this.#fields(property, level + 1, next) : ''));
    const values = valuesOf(resolved);
    return [...own, ...(resolved.allOf ?? []).map((one) => this.#fields(one, level, next)), resolved.items === undefined ? '' : this.#fields(resolved.items, level, next), values === undefined ? '' : this.#fields(values, level, next)].join('');
  }

  #field(name: string, schema: Schema, { required, level }: { readonly required: boolean; readonly level: number }): string {
    const indent = level * 2;
    const head = `${indented(name, indent)}\t<${this.#type(schema)}>${required ? ' -required-' : ''}${enumText(schema, indent)}\n`;
    if (this.#recursive) return head;
    const docs = docsText(schema, indent + 2);
    return `${head}${indented(wrapWords(schema.description === undefined || schema.description === '' ? '<no description>' : schema.description, 78 - indent), indent + 2)}\n${docs === '' ? '' : `\n${docs}`}\n`;
  }

  #type(schema: Schema): string {
    if (schema.items !== undefined) return `[]${this.#type(schema.items)}`;
    const values = valuesOf(schema);
    if (values !== undefined) return `map[string]${this.#type(values)}`;
    if (schema.allOf?.length === 1 && schema.properties === undefined) return this.#type(schema.allOf[0]!);
    if (schema.$ref !== undefined) {
      const type = this.#referred(schema)?.type ?? 'object';
      return type === 'object' ? schema.$ref.split('/').at(-1)!.split('.').at(-1)! : type;
    }
    return schema.type === undefined || schema.type === '' || schema.type === 'object' ? 'Object' : schema.type;
  }
}

function docsText({ externalDocs }: Schema, indent: number): string {
  if (externalDocs === undefined) return '';
  const { description = '', url = '' } = externalDocs;
  return `${indented('EXTERNAL DOCS:', indent)}\n${description === '' ? '' : `${indented(wrapWords(description, indent === 0 ? 76 : 78 - indent), indent + 4 - (indent === 0 ? 0 : 2))}\n`}${url === '' ? '' : `${indented(`URL: ${url}`, indent + 4 - (indent === 0 ? 0 : 2))}\n`}`;
}

/** `long`: each value on a line of its own; else behind the field that stands so far right. */
function enumText({ enum: values }: Schema, where: 'long' | number): string {
  if (values === undefined || values.length === 0) return '';
  const text = (value: unknown): string => (value === '' ? '""' : String(value as string | number | boolean));
  if (where === 'long') return `ENUM:${values.map((value) => `\n    ${text(value)}`).join('')}`;
  const shown = values.slice(0, shownValues).map(text).join(', ');
  return `\n${' '.repeat(where)}enum: ${shown}${values.length > shownValues ? ', ....' : ''}`;
}
