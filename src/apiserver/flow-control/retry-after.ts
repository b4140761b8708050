const maxSeconds = 32;

/** How many seconds those who are shed are asked to stay away: longer while many are shed, shorter again afterwards. */
export class RetryAfter {
  #seconds = 1;
  #raisedAt = 0;
  #current = 0;
  #count = 0;
  #history: { readonly second: number; readonly count: number }[] = [];

  /** Notes one more request that was shed, at `nowMs` of wall time, and says how long to wait. */
  note(nowMs: number): number {
    const second = Math.floor(nowMs / 1000);
    if (second === this.#current) this.#count += 1;
    else {
      this.#history.push({ second: this.#current, count: this.#count });
      const keep = Math.min(2 * this.#seconds, maxSeconds);
      this.#history = this.#history.filter((entry) => second - entry.second <= keep);
      this.#current = second;
      this.#count = 1;
      this.#adjust(second);
    }
    return this.#seconds;
  }

  #adjust(second: number): void {
    let shed = 0;
    for (const entry of this.#history) if (second - entry.second <= this.#seconds && entry.second < second) shed += entry.count;
    if (second - this.#raisedAt >= this.#seconds && shed >= 3 * this.#seconds) {
      this.#seconds = Math.min(2 * this.#seconds, maxSeconds);
      this.#raisedAt = second;
    } else if (shed < this.#seconds && this.#seconds > 1) this.#seconds -= 1;
  }
}
