import { encodeProtobuf } from '../../api/codec/protobuf.ts';
import { typeFirst } from '../../api/codec/type-first.ts';
import { encodeYaml } from '../../api/codec/yaml.ts';
import type { ObjectSchema } from '../../api/schema/schema.ts';
import { builtinSchema } from '../../api/schema/table.ts';
import { cborCodec } from './cbor.ts';
import type { Format } from './media-types.ts';
import { mediaTypes } from './media-types.ts';

const encoder = new TextEncoder();

interface Typed { readonly apiVersion?: string; readonly kind?: string }

/** The built-in type of an object, or of what a list of it is. Undefined for custom resources. */
export function builtinSchemaOf({ apiVersion = '', kind = '' }: Typed): ObjectSchema | undefined {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  // The older version has the newer one's type.
  if (group === 'meta.k8s.io' && kind === 'PartialObjectMetadata') return builtinSchema.kind(group, 'v1', kind);
  return builtinSchema.kind(group, apiVersion.slice(slash + 1), kind);
}

/** The encoding that an object of this type really gets: kinds without a binary form go as JSON. */
export function effectiveFormat(format: Format, type: Typed): Format {
  return format === 'protobuf' && builtinSchemaOf(type) === undefined ? 'json' : format;
}

/** One object in one encoding. `pretty` indents JSON, as upstream does without a newline at the end. */
export function encodeObject(object: Typed, format: Format, pretty: boolean): Uint8Array {
  switch (format) {
    case 'json': return encoder.encode(pretty ? JSON.stringify(typeFirst(object), null, 2) : `${JSON.stringify(typeFirst(object))}\n`);
    case 'yaml': return encoder.encode(encodeYaml(object));
    case 'protobuf': return encodeProtobuf(object, builtinSchemaOf(object)!);
    case 'cbor': return cborCodec().encodeCbor(object, builtinSchemaOf(object));
  }
}

/** The media type of what `encodeObject` makes. */
export const contentTypeOf = (format: Format): string => mediaTypes[format].name;
