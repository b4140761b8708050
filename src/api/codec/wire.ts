/**
 * The protobuf wire format, written from the end to the beginning: a message's length is known when its contents are
 * there, so that nothing is measured first and nothing copied. Write fields in the reverse of the order they shall have.
 */
const encoder = new TextEncoder();

/** Wire types, the low three bits of a key. */
export const varintType = 0;
export const fixed64Type = 1;
export const bytesType = 2;
export const fixed32Type = 5;

export class BackwardWriter {
  #buffer: Uint8Array<ArrayBuffer>;
  /** The first byte written; everything from here to the end of the buffer is the message. */
  #start: number;

  constructor(sizeBytes = 1024) {
    this.#buffer = new Uint8Array(sizeBytes);
    this.#start = sizeBytes;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#buffer.length - this.#start;
  }

  /** A copy of what has been written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(this.#start);
  }

  #reserve(count: number): number {
    if (this.#start < count) {
      const used = this.length;
      let size = this.#buffer.length * 2;
      while (size < used + count) size *= 2;
      const bigger = new Uint8Array(size);
      bigger.set(this.#buffer.subarray(this.#start), size - used);
      this.#buffer = bigger;
      this.#start = size - used;
    }
    return (this.#start -= count);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#buffer.set(bytes, at);
  }

  /** A varint of a non-negative number below 2^53. */
  varint(value: number): void {
    let size = 1;
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
    let at = this.#reserve(size);
    while (value >= 128) {
      this.#buffer[at++] = (value % 128) | 128;
      value = Math.floor(value / 128);
    }
    this.#buffer[at] = value;
  }

  /** An int32 or int64 as protobuf writes them: negative numbers take ten bytes. Throws RangeError for what is no integer: an infinite one would never end. */
  integer(value: number): void {
    if (!Number.isInteger(value)) throw new RangeError(`${value} is not an integer`);
    if (value >= 0) {
      this.varint(value);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    const at = this.#reserve(10);
    for (let place = 0; place < 10; place++) {
      this.#buffer[at + place] = Number(rest & 127n) | (place < 9 ? 128 : 0);
      rest >>= 7n;
    }
  }

  key(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  stringField(field: number, value: string): void {
    this.bytesField(field, encoder.encode(value));
  }

  bytesField(field: number, value: Uint8Array): void {
    this.raw(value);
    this.varint(value.length);
    this.key(field, bytesType);
  }

  integerField(field: number, value: number): void {
    this.integer(value);
    this.key(field, varintType);
  }

  boolField(field: number, value: boolean): void {
    this.varint(value ? 1 : 0);
    this.key(field, varintType);
  }

  doubleField(field: number, value: number): void {
    const at = this.#reserve(8);
    new DataView(this.#buffer.buffer).setFloat64(at, value, true);
    this.key(field, fixed64Type);
  }

  /** A message (or a packed field) whose contents `write` writes. */
  messageField(field: number, write: () => void): void {
    const before = this.length;
    write();
    this.varint(this.length - before);
    this.key(field, bytesType);
  }
}
