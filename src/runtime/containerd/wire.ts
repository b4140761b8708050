import protobuf from 'protobufjs/light.js';
import { descriptor } from './generated/cri-descriptor.ts';

/** Reads a message. Throws on bytes that are not one. */
export type Decode = (type: string, bytes: Uint8Array) => unknown;

const root = protobuf.Root.fromJSON(descriptor);
/** Scalars, lists and maps are there with their defaults, messages that were not sent are null; 64-bit integers become numbers. */
const conversion: protobuf.IConversionOptions = { longs: Number, enums: String, defaults: true };

/** Writes messages of a type of the descriptor; what is left out or undefined has its default. */
export function encoder(type: string): (message: object) => Buffer {
  const found = root.lookupType(type);
  return (message) => {
    const bytes = found.encode(found.fromObject(message)).finish();
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

/** Reads messages of a type of the descriptor. */
export function decoder(type: string): (bytes: Uint8Array) => unknown {
  const found = root.lookupType(type);
  return (bytes) => found.toObject(found.decode(bytes), conversion);
}

export const decode: Decode = (type, bytes) => decoder(type)(bytes);
