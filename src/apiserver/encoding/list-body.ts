const comma = 0x2c;
const brace = 0x7b;

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
  readonly #prefix: Uint8Array | undefined;
  /** The piece that is being copied: -1 the head, `count` the tail. */
  #piece = -1;
  #offset = 0;

  /**
   * `bytesOf` must answer the same whenever it is asked for the same item. `separated`: with a comma between the items.
   * `prefix`: a brace and members, with a comma at the end, which are left out of the items that begin so.
   */
  constructor(parts: { readonly head: Uint8Array; readonly count: number; readonly bytesOf: (index: number) => Uint8Array; readonly tail: Uint8Array; readonly separated: boolean; readonly prefix?: Uint8Array | undefined }) {
    this.#head = parts.head;
    this.#count = parts.count;
    this.#bytesOf = parts.bytesOf;
    this.#tail = parts.tail;
    this.#separated = parts.separated;
    this.#prefix = parts.prefix;
    let size = parts.head.length + parts.tail.length + (parts.separated ? Math.max(0, parts.count - 1) : 0);
    for (let i = 0; i < parts.count; i++) {
      const bytes = parts.bytesOf(i);
      size += bytes.length - this.#startOf(bytes);
    }
    this.sizeBytes = size;
  }

  /** Where the part of an item begins that is copied: at the comma that ends the prefix, which becomes the brace. */
  #startOf(bytes: Uint8Array): number {
    const prefix = this.#prefix;
    if (prefix === undefined || bytes.length < prefix.length) return 0;
    // From behind: what begins otherwise mostly differs there.
    for (let i = prefix.length - 1; i >= 0; i--) if (bytes[i] !== prefix[i]) return 0;
    return prefix.length - 1;
  }

  /** Copies what comes next to the beginning of `target`, as much as fits. Returns how much; 0: that was all. */
  read(target: Uint8Array): number {
    let at = 0;
    while (this.#piece <= this.#count) {
      const isItem = this.#piece >= 0 && this.#piece < this.#count;
      const bytes = isItem ? this.#bytesOf(this.#piece) : this.#piece < 0 ? this.#head : this.#tail;
      const start = isItem ? this.#startOf(bytes) : 0;
      const from = start + this.#offset;
      const room = target.length - at;
      const left = bytes.length - from;
      const separated = this.#separated && isItem && this.#piece < this.#count - 1;
      // Where there is no room for the comma, what is left of the piece goes with it.
      const fitting = left > room ? room : separated && left === room ? left - 1 : left;
      target.set(from === 0 && fitting === bytes.length ? bytes : bytes.subarray(from, from + fitting), at);
      if (start > 0 && this.#offset === 0 && fitting > 0) target[at] = brace;
      if (fitting < left) {
        this.#offset += fitting;
        return at + fitting;
      }
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
