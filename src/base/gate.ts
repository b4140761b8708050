/** Lets a number through at a time; the others wait in line. Whoever has entered must leave. */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(width: number) {
    this.#free = width;
  }

  /** Undefined when there was room; else a promise of it. */
  enter(): Promise<void> | undefined {
    if (this.#free === 0) return new Promise<void>((resolve) => { this.#waiting.push(resolve); });
    this.#free--;
    return undefined;
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
