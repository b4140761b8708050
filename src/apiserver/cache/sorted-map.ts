/** Entries a chunk may hold before it is split in two. */
const chunkLimit = 256;

/** Where the value of one key stands. */
interface Slot<T> {
  readonly key: string;
  value: T;
}

/**
 * Values by key, with ordered scans. A list of small sorted arrays: inserting moves at most one chunk, a value takes the
 * place of another without a search, and a scan of everything touches arrays only. Keys are compared by UTF-16 code unit,
 * which for the API's ASCII names is bytewise.
 */
export class SortedMap<T extends { readonly key: string }> {
  readonly #byKey = new Map<string, Slot<T>>();
  #chunks: Slot<T>[][] = [];

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): T | undefined {
    return this.#byKey.get(key)?.value;
  }

  /** Puts values into an empty map; they are in order of key, and no key is there twice. */
  fill(values: readonly T[]): void {
    const slots = values.map((value): Slot<T> => ({ key: value.key, value }));
    for (const slot of slots) this.#byKey.set(slot.key, slot);
    this.#chunks = [];
    for (let from = 0; from < slots.length; from += chunkLimit >>> 1) this.#chunks.push(slots.slice(from, from + (chunkLimit >>> 1)));
  }

  /** Inserts or replaces. Returns what was there. */
  set(value: T): T | undefined {
    const { key } = value;
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      const previous = known.value;
      known.value = value;
      return previous;
    }
    const slot: Slot<T> = { key, value };
    this.#byKey.set(key, slot);
    if (this.#chunks.length === 0) {
      this.#chunks.push([slot]);
      return undefined;
    }
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at]!;
    const index = lowerBound(chunk, key);
    if (index === chunk.length) chunk.push(slot);
    else chunk.splice(index, 0, slot);
    if (chunk.length > chunkLimit) this.#chunks.splice(at + 1, 0, chunk.splice(chunkLimit >>> 1));
    return undefined;
  }

  /** Removes. Returns what was there. */
  delete(key: string): T | undefined {
    const slot = this.#byKey.get(key);
    if (slot === undefined) return undefined;
    this.#byKey.delete(key);
    const at = this.#chunkOf(key);
    const chunk = this.#chunks[at]!;
    chunk.splice(lowerBound(chunk, key), 1);
    if (chunk.length === 0) this.#chunks.splice(at, 1);
    return slot.value;
  }

  /** Values whose key starts with `prefix` and is greater than `after`, in order, until `visit` returns false. */
  scan(prefix: string, after: string | undefined, visit: (value: T) => boolean): void {
    this.#ranges(prefix, after, (chunk, from, to) => {
      for (let i = from; i < to; i++) if (!visit(chunk[i]!.value)) return false;
      return true;
    });
  }

  /** How many keys start with `prefix` and are greater than `after`. */
  count(prefix: string, after?: string): number {
    let count = 0;
    this.#ranges(prefix, after, (_chunk, from, to) => {
      count += to - from;
      return true;
    });
    return count;
  }

  /** The parts of chunks that hold what is asked for, in order; only at their edges are keys compared. */
  #ranges(prefix: string, after: string | undefined, visit: (chunk: readonly Slot<T>[], from: number, to: number) => boolean): void {
    if (this.#chunks.length === 0) return;
    const start = after !== undefined && after >= prefix ? after : prefix;
    const end = prefix === '' ? undefined : prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
    let at = this.#chunkOf(start);
    let from = lowerBound(this.#chunks[at]!, start);
    if (after !== undefined && this.#chunks[at]![from]?.key === after) from += 1;
    for (; at < this.#chunks.length; at++, from = 0) {
      const chunk = this.#chunks[at]!;
      const whole = end === undefined || chunk[chunk.length - 1]!.key < end;
      const to = whole ? chunk.length : lowerBound(chunk, end);
      if (from < to && !visit(chunk, from, to)) return;
      if (!whole) return;
    }
  }

  /** The chunk that holds `key`, or would. */
  #chunkOf(key: string): number {
    let low = 0;
    let high = this.#chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#chunks[middle]![0]!.key <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Index of the first value whose key is not less than `key`. */
function lowerBound(chunk: readonly { readonly key: string }[], key: string): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (chunk[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
