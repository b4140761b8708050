/** A binary heap with removal by key. `before(a, b)`: a comes out first. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #positions = new Map<string, number>();
  readonly #keyOf: (item: T) => string;
  readonly #before: (a: T, b: T) => boolean;

  constructor(options: { readonly keyOf: (item: T) => string; readonly before: (a: T, b: T) => boolean }) {
    this.#keyOf = options.keyOf;
    this.#before = options.before;
  }

  get size(): number {
    return this.#items.length;
  }

  has(key: string): boolean {
    return this.#positions.has(key);
  }

  get(key: string): T | undefined {
    const position = this.#positions.get(key);
    return position === undefined ? undefined : this.#items[position];
  }

  /** Adds, or replaces what has the same key. */
  set(item: T): void {
    this.delete(this.#keyOf(item));
    this.#put(item, this.#items.length);
    this.#up(this.#items.length - 1);
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  pop(): T | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.delete(this.#keyOf(first));
    return first;
  }

  delete(key: string): T | undefined {
    const position = this.#positions.get(key);
    if (position === undefined) return undefined;
    const removed = this.#items[position]!;
    this.#positions.delete(key);
    const last = this.#items.pop()!;
    if (position < this.#items.length) {
      this.#put(last, position);
      this.#up(position);
      this.#down(this.#positions.get(this.#keyOf(last))!);
    }
    return removed;
  }

  #put(item: T, position: number): void {
    this.#items[position] = item;
    this.#positions.set(this.#keyOf(item), position);
  }

  #up(start: number): void {
    let position = start;
    while (position > 0) {
      const parent = (position - 1) >>> 1;
      if (!this.#before(this.#items[position]!, this.#items[parent]!)) return;
      this.#swap(position, parent);
      position = parent;
    }
  }

  #down(start: number): void {
    let position = start;
    for (;;) {
      let best = position;
      for (const child of [2 * position + 1, 2 * position + 2]) {
        if (child < this.#items.length && this.#before(this.#items[child]!, this.#items[best]!)) best = child;
      }
      if (best === position) return;
      this.#swap(position, best);
      position = best;
    }
  }

  #swap(a: number, b: number): void {
    const item = this.#items[a]!;
    this.#put(this.#items[b]!, a);
    this.#put(item, b);
  }
}
