const comma = 0x2c;

/**
 * The bytes of a list, copied out a buffer at a time: a list of any size needs no more memory than the buffer it goes
 * through, and no memory that was not in use before.
 */
export class ListBody {
  readonly sizeBytes: number;
  readonly #head: Uint8Array;
  readonly #count: number;
  readonly #bytesOf: (index: number) => Uint8Array;
  readonly #tail: Uint8Array;
  readonly #separated: boolean;
  /** The piece that is being copied: -1 the head, `count` the tail. */
  #piece = -1;
  #offset = 0;

  /** `bytesOf` must answer the same whenever it is asked for the same item. `separated`: with a comma between the items. */
  constructor(parts: { readonly head: Uint8Array; readonly count: number; readonly bytesOf: (index: number) => Uint8Array; readonly tail: Uint8Array; readonly separated: boolean }) {
    this.#head = parts.head;
    this.#count = parts.count;
    this.#bytesOf = parts.bytesOf;
    this.#tail = parts.tail;
    this.#separated = parts.separated;
    let size = parts.head.length + parts.tail.length + (parts.separated ? Math.max(0, parts.count - 1) : 0);
    for (let i = 0; i < parts.count; i++) size += parts.bytesOf(i).length;
    this.sizeBytes = size;
  }

  /** Copies what comes next to the beginning of `target`, as much as fits. Returns how much; 0: that was all. */
  read(target: Uint8Array): number {
    let at = 0;
    while (this.#piece <= this.#count) {
      const bytes = this.#piece < 0 ? this.#head : this.#piece < this.#count ? this.#bytesOf(this.#piece) : this.#tail;
      const room = target.length - at;
      const left = bytes.length - this.#offset;
      if (left > room) {
        target.set(bytes.subarray(this.#offset, this.#offset + room), at);
        this.#offset += room;
        return target.length;
      }
      const separated = this.#separated && this.#piece >= 0 && this.#piece < this.#count - 1;
      if (separated && left === room) {
        // No room for the comma: what is left of the piece goes with it.
        target.set(bytes.subarray(this.#offset, this.#offset + left - 1), at);
        this.#offset += left - 1;
        return target.length - 1;
      }
      target.set(this.#offset === 0 ? bytes : bytes.subarray(this.#offset), at);
      at += left;
      if (separated) target[at++] = comma;
      this.#offset = 0;
      this.#piece += 1;
    }
    return at;
  }

  /** All of it in one array: for lists that are small, or compressed. */
  whole(): Uint8Array {
    const bytes = new Uint8Array(this.sizeBytes);
    this.read(bytes);
    return bytes;
  }
}
