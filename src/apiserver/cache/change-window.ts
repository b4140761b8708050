import type { Change } from './change.ts';

/** At most this many changes, and about this many bytes of objects, are kept for watches that start in the past. */
const maxChanges = 16_384;
const maxBytes = 16 * 1024 * 1024;

/** The latest changes of one resource in order of revision: a ring that grows as needed up to its limits. */
export class ChangeWindow {
  #changes: Change[] = [];
  #head = 0;
  #bytes = 0;
  /** Changes after this revision are all here. */
  #floor: number;

  constructor(floor: number) {
    this.#floor = floor;
  }

  /** Watches may start after this revision or any later one. */
  get floor(): number {
    return this.#floor;
  }

  push(change: Change): void {
    this.#changes.push(change);
    this.#bytes += change.object.weight;
    while (this.#changes.length - this.#head > maxChanges || this.#bytes > maxBytes) {
      if (this.#changes.length - this.#head <= 1) break;
      this.#drop();
    }
  }

  /** Forgets changes up to and including `revision`. */
  trim(revision: number): void {
    while (this.#head < this.#changes.length && this.#changes[this.#head]!.revision <= revision) this.#drop();
    if (revision > this.#floor) this.#floor = revision;
  }

  /** Changes after `revision`, oldest first. */
  *after(revision: number): Iterable<Change> {
    let low = this.#head;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#changes[middle]!.revision <= revision) low = middle + 1;
      else high = middle;
    }
    for (let i = low; i < this.#changes.length; i++) yield this.#changes[i]!;
  }

  #drop(): void {
    const dropped = this.#changes[this.#head]!;
    this.#floor = dropped.revision;
    this.#bytes -= dropped.object.weight;
    this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#changes.length) {
      this.#changes = this.#changes.slice(this.#head);
      this.#head = 0;
    }
  }
}
