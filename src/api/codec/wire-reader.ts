/** Reading the protobuf wire format. */
import { bytesType, fixed32Type, fixed64Type, varintType } from './wire.ts';

/** Bytes that are not what they should be. */
export class ProtobufError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtobufError';
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** A cursor over one message. */
export class WireReader {
  readonly #bytes: Uint8Array;
  #at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.#at >= this.#end;
  }

  /** The next field's key: number * 8 + wire type. */
  key(): number {
    return this.varint();
  }

  /** A varint below 2^64 as a number: signed, as int32 and int64 are meant. Past 2^53 it loses precision. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      if (this.#at >= this.#end) throw new ProtobufError('unexpected end of message');
      const byte = this.#bytes[this.#at++]!;
      // Ten bytes are a negative number; the sign needs exact arithmetic.
      if (count === 7 && byte >= 128) return this.#longVarint(this.#at - 8);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    throw new ProtobufError('varint is too long');
  }

  #longVarint(start: number): number {
    let value = 0n;
    for (let place = 0; place < 10; place++) {
      if (start + place >= this.#end) throw new ProtobufError('unexpected end of message');
      const byte = this.#bytes[start + place]!;
      value |= BigInt(byte & 127) << BigInt(7 * place);
      if (byte < 128) {
        this.#at = start + place + 1;
        return Number(BigInt.asIntN(64, value));
      }
    }
    throw new ProtobufError('varint is too long');
  }

  double(): number {
    const start = this.#take(8);
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + start, 8).getFloat64(0, true);
  }

  #take(count: number): number {
    if (count < 0 || this.#at + count > this.#end) throw new ProtobufError('unexpected end of message');
    const start = this.#at;
    this.#at += count;
    return start;
  }

  /** Length-delimited bytes: a view, not a copy. */
  bytes(): Uint8Array {
    const length = this.varint();
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  string(): string {
    try {
      return decoder.decode(this.bytes());
    } catch (error) {
      if (error instanceof ProtobufError) throw error;
      throw new ProtobufError('string is not UTF-8');
    }
  }

  /** A reader of an embedded message, past which this one moves on. */
  message(): WireReader {
    const length = this.varint();
    const start = this.#take(length);
    return new WireReader(this.#bytes, start, start + length);
  }

  skip(wireType: number): void {
    switch (wireType) {
      case varintType: this.varint(); return;
      case fixed64Type: this.#take(8); return;
      case bytesType: this.#take(this.varint()); return;
      case fixed32Type: this.#take(4); return;
      default: throw new ProtobufError(`wire type ${wireType} is not supported`);
    }
  }
}
