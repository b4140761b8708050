import protobuf from 'protobufjs/light.js';

/** Reads a message. Throws on bytes that are not one. */
export type Decode = (type: string, bytes: Uint8Array) => unknown;

/** Messages of one descriptor to and from bytes. */
export interface Wire {
  /** Writes messages of a type of the descriptor; what is left out or undefined has its default. */
  encoder(type: string): (message: object) => Buffer;
  /** Reads messages of a type of the descriptor. */
  decoder(type: string): (bytes: Uint8Array) => unknown;
  readonly decode: Decode;
}

/** Scalars, lists and maps are there with their defaults, messages that were not sent are null; 64-bit integers become numbers. */
const conversion: protobuf.IConversionOptions = { longs: Number, enums: String, defaults: true };

/** For the messages of a protobufjs descriptor, all of them on its first level. */
export function createWire(descriptor: protobuf.INamespace): Wire {
  const root = protobuf.Root.fromJSON(descriptor);
  const decoder = (type: string): ((bytes: Uint8Array) => unknown) => {
    const found = root.lookupType(type);
    return (bytes) => found.toObject(found.decode(bytes), conversion);
  };
  return {
    encoder(type) {
      const found = root.lookupType(type);
      return (message) => {
        const bytes = found.encode(found.fromObject(message)).finish();
        return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      };
    },
    decoder,
    decode: (type, bytes) => decoder(type)(bytes),
  };
}
