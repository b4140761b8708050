import { encodeProtobufItem, frameProtobufList } from '../../api/codec/protobuf.ts';
import { typeFirst } from '../../api/codec/type-first.ts';
import { encodeYaml } from '../../api/codec/yaml.ts';
import { cborCodec } from './cbor.ts';
import { builtinSchemaOf } from './encode.ts';
import type { Format } from './media-types.ts';

/** A list without its items, as it is to be shown. */
export interface Shell {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: object;
  /** Of tables. */
  readonly columnDefinitions?: readonly object[];
}

/** How a list is put together whose items are encoded one by one. */
export interface ListEncoding {
  /** The `index`th item, with what parts it from the one before. */
  item(object: object, index: number): Uint8Array;
  /** What comes before and after all items. */
  frame(pieces: readonly Uint8Array[]): { readonly head: Uint8Array; readonly tail: Uint8Array };
}

/** `field`: where the items stand, `items` or `rows`. */
export function listEncoding(format: Format, shell: Shell, field: 'items' | 'rows', pretty: boolean): ListEncoding {
  switch (format) {
    case 'json': return pretty ? prettyJson(shell, field) : plainJson(shell, field);
    case 'yaml': return yaml(shell, field);
    case 'protobuf': return protobuf(shell);
    case 'cbor': return cborCodec().cborList(shell, field, builtinSchemaOf(shell));
  }
}

const encoder = new TextEncoder();
const nothing = new Uint8Array();

function plainJson(shell: Shell, field: string): ListEncoding {
  return {
    item: (object, index) => encoder.encode(`${index === 0 ? '' : ','}${JSON.stringify(object)}`),
    frame: () => ({ head: encoder.encode(`${JSON.stringify(shell).slice(0, -1)},"${field}":[`), tail: encoder.encode(']}\n') }),
  };
}

function prettyJson(shell: Shell, field: string): ListEncoding {
  const empty = JSON.stringify({ ...shell, [field]: [] }, null, 2);
  return {
    item: (object, index) => encoder.encode(`${index === 0 ? '' : ','}\n    ${JSON.stringify(typeFirst(object), null, 2).replaceAll('\n', '\n    ')}`),
    frame: ({ length }) => length === 0
      ? { head: encoder.encode(empty), tail: nothing }
      : { head: encoder.encode(empty.slice(0, -']\n}'.length)), tail: encoder.encode('\n  ]\n}') },
  };
}

/** Keys are sorted: what stands before the items, and what after them, is found by their names. */
function yaml(shell: Shell, field: string): ListEncoding {
  const part = (wanted: (key: string) => boolean): string => {
    const entries = Object.entries(shell).filter(([key]) => wanted(key));
    return entries.length === 0 ? '' : encodeYaml(Object.fromEntries(entries));
  };
  return {
    item: (object) => encoder.encode(`- ${encodeYaml(object).trimEnd().replace(/\n(?=.)/g, '\n  ')}\n`),
    frame: ({ length }) => ({
      head: encoder.encode(`${part((key) => key < field)}${field}:${length === 0 ? ' []' : ''}\n`),
      tail: encoder.encode(part((key) => key > field)),
    }),
  };
}

function protobuf(shell: Shell): ListEncoding {
  const schema = builtinSchemaOf(shell)!;
  return {
    item: (object) => encodeProtobufItem(object, schema),
    frame: (pieces) => frameProtobufList(shell, schema, pieces.reduce((sum, { length }) => sum + length, 0)),
  };
}
