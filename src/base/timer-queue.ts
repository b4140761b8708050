/** A timer that has been set: fired in order of its time, then of its setting. */
export interface QueuedTimer {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
  isCancelled: boolean;
}

const isBefore = (a: QueuedTimer, b: QueuedTimer): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

/** Timers by the time at which they are due: a binary heap, in which those that were taken back stay until their turn comes or they are too many. */
export class TimerQueue {
  #heap: QueuedTimer[] = [];
  #cancelled = 0;

  push(timer: QueuedTimer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(timer, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = timer;
  }

  /** Twice, or after it was taken, does nothing. */
  cancel(timer: QueuedTimer): void {
    if (timer.isCancelled) return;
    timer.isCancelled = true;
    this.#cancelled++;
    if (this.#cancelled * 2 <= this.#heap.length || this.#heap.length < 64) return;
    this.#heap = this.#heap.filter(({ isCancelled }) => !isCancelled).sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#cancelled = 0;
  }

  /** The one that is due first. */
  get first(): QueuedTimer | undefined {
    while (this.#heap[0]?.isCancelled === true) {
      this.#removeFirst();
      this.#cancelled--;
    }
    return this.#heap[0];
  }

  /** Takes out the one that is due first. */
  shift(): QueuedTimer | undefined {
    const { first } = this;
    if (first === undefined) return undefined;
    this.#removeFirst();
    first.isCancelled = true;
    return first;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}
