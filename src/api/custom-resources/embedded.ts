/** Whole resources inside of custom resources: their type and metadata are treated as those of any object. */
import { decodeObject } from '../codec/strict.ts';
import type { FieldError } from '../field-error.ts';
import { invalid, required } from '../field-error.ts';
import { validateObjectMeta } from '../meta/object-meta.ts';
import { dns1035Label } from '../meta/validation.ts';
import type { ObjectSchema } from '../schema/schema.ts';
import { builtinSchema } from '../schema/table.ts';
import type { ObjectMeta } from '../types/meta/v1.ts';
import type { JsonObject, SchemaNode } from './schema-node.ts';
import { isObject } from './schema-node.ts';

/** The type of every object's metadata. */
export const metadataSchema = (): ObjectSchema => builtinSchema.definition('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')!;

export interface Coercion {
  /** Metadata fields that there are not, by their paths. */
  readonly unknown: readonly string[];
  /** What is no metadata at all; nothing after it was looked at. */
  readonly error: FieldError | undefined;
}

const child = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** Go leaves out what is empty. */
function dropEmpty(metadata: JsonObject): void {
  for (const [name, value] of Object.entries(metadata)) {
    const empty = Array.isArray(value) ? value.length === 0 : isObject(value) ? Object.keys(value).length === 0 : value === '' || value === 0 || value === null;
    if (empty) delete metadata[name];
  }
}

const unknownPath = (problem: string): string => JSON.parse(problem.slice('unknown field '.length)) as string;

class Coercer {
  readonly unknown: string[] = [];
  error: FieldError | undefined;
  readonly #dropInvalid: boolean;

  constructor(dropInvalid: boolean) {
    this.#dropInvalid = dropInvalid;
  }

  value(value: unknown, node: SchemaNode | undefined, path: string): void {
    if (node === undefined || typeof value !== 'object' || value === null || this.error !== undefined) return;
    if (Array.isArray(value)) {
      value.forEach((item, i) => this.value(item, node.items, `${path}[${i}]`));
      return;
    }
    const object = value as JsonObject;
    if (node.embedded) this.#resource(object, path);
    for (const name of Object.keys(object)) {
      const property = node.property(name);
      if (property !== undefined) this.value(object[name], property, child(path, name));
      else if (node.hasValues) this.value(object[name], node.values, `${path}[${name}]`);
    }
  }

  #resource(object: JsonObject, path: string): void {
    for (const name of ['apiVersion', 'kind']) {
      if (!Object.hasOwn(object, name) || typeof object[name] === 'string') continue;
      if (this.#dropInvalid) delete object[name];
      else this.error ??= invalid(child(path, name), object[name], 'must be a string');
    }
    if (Object.hasOwn(object, 'metadata')) this.#metadata(object, child(path, 'metadata'));
  }

  #metadata(object: JsonObject, path: string): void {
    const { metadata } = object;
    const whole = decodeObject(metadata ?? {}, metadataSchema(), { copy: true });
    if (whole.errors.length === 0) return this.#take(object, whole, path);
    if (!this.#dropInvalid) return void (this.error ??= invalid(path, metadata, whole.errors[0]!));
    if (!isObject(metadata)) return;
    const good: JsonObject = {};
    for (const [name, value] of Object.entries(metadata)) {
      const one = decodeObject({ [name]: value }, metadataSchema(), { copy: true });
      if (one.errors.length === 0) Object.assign(good, one.object);
    }
    this.#take(object, { object: good, unknownFields: [] }, path);
  }

  #take(resource: JsonObject, { object, unknownFields }: { readonly object: JsonObject; readonly unknownFields: readonly string[] }, path: string): void {
    this.unknown.push(...unknownFields.map((problem) => `${path}.${unknownPath(problem)}`));
    dropEmpty(object);
    resource['metadata'] = object;
  }
}

/** Gives embedded resources metadata of the proper type, in place. `dropInvalid`: what is of no proper type is left out, not an error. `path`: where the value stands. */
export function coerceEmbedded(value: unknown, node: SchemaNode, options: { readonly dropInvalid: boolean; readonly path?: string }): Coercion {
  const coercer = new Coercer(options.dropInvalid);
  coercer.value(value, node, options.path ?? '');
  return { unknown: coercer.unknown.sort(), error: coercer.error };
}

function addResourceErrors(errors: FieldError[], object: JsonObject, path: string): void {
  const { apiVersion, kind, metadata } = object;
  const at = (name: string): string => child(path, name);
  if (!Object.hasOwn(object, 'apiVersion')) errors.push(required(at('apiVersion')));
  else if (typeof apiVersion !== 'string') errors.push(invalid(at('apiVersion'), apiVersion, 'must be a string'));
  else if (apiVersion === '') errors.push(invalid(at('apiVersion'), apiVersion, 'must not be empty'));
  else if (apiVersion.split('/').length > 2) errors.push(invalid(at('apiVersion'), apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  if (!Object.hasOwn(object, 'kind')) errors.push(required(at('kind')));
  else if (typeof kind !== 'string') errors.push(invalid(at('kind'), kind, 'must be a string'));
  else if (kind === '') errors.push(invalid(at('kind'), kind, 'must not be empty'));
  else {
    const wrong = dns1035Label(kind.toLowerCase());
    if (wrong.length > 0) errors.push(invalid(at('kind'), kind, `may have mixed case, but should otherwise match: ${wrong.join(',')}`));
  }
  if (!Object.hasOwn(object, 'metadata')) return;
  const decoded = decodeObject(metadata ?? {}, metadataSchema(), { copy: true });
  if (decoded.errors.length > 0) return void errors.push(invalid(at('metadata'), metadata, decoded.errors[0]!));
  const meta = decoded.object as ObjectMeta;
  if ((meta.name ?? '') === '') meta.name = 'fakename';
  errors.push(...validateObjectMeta(meta, { namespaced: (meta.namespace ?? '') !== '', nameRule: 'path-segment', path: at('metadata') }));
}

/** What is wrong with the type and metadata of embedded resources. `at`: where the value stands. */
export function validateEmbedded(value: unknown, root: SchemaNode, at = ''): FieldError[] {
  const errors: FieldError[] = [];
  const walk = (one: unknown, node: SchemaNode | undefined, path: string): void => {
    if (node === undefined || typeof one !== 'object' || one === null) return;
    if (Array.isArray(one)) {
      one.forEach((item, i) => walk(item, node.items, `${path}[${i}]`));
      return;
    }
    const object = one as JsonObject;
    if (node.embedded) addResourceErrors(errors, object, path);
    for (const name of Object.keys(object)) {
      const property = node.property(name);
      if (property !== undefined) walk(object[name], property, child(path, name));
      else if (node.hasValues) walk(object[name], node.values, `${path}[${name}]`);
    }
  };
  walk(value, root, at);
  return errors;
}
