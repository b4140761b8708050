/** Half of an old demand is forgotten in five minutes, at one observation every ten seconds. */
const smoothing = 0.977;

/**
 * How many seats a priority level could have used: those taken and those that its waiting requests want, integrated over
 * time. Times are the clock's monotonic milliseconds.
 */
export class SeatDemand {
  #value = 0;
  #sinceMs: number;
  #lastMs: number;
  #integral = 0;
  #integralOfSquares = 0;
  #max = 0;
  /** Over the last period that was closed. */
  highWatermark = 0;
  average = 0;
  deviation = 0;
  smoothed = 0;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
    this.#lastMs = nowMs;
  }

  get value(): number {
    return this.#value;
  }

  set(value: number, nowMs: number): void {
    this.#integrate(nowMs);
    this.#value = value;
    if (value > this.#max) this.#max = value;
  }

  #integrate(nowMs: number): void {
    const durationMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    this.#integral += this.#value * durationMs;
    this.#integralOfSquares += this.#value * this.#value * durationMs;
  }

  /** Ends a period: its figures are in the fields, and the next one begins. */
  close(nowMs: number): void {
    this.#integrate(nowMs);
    const durationMs = nowMs - this.#sinceMs;
    this.highWatermark = Math.round(this.#max);
    if (durationMs > 0) {
      this.average = this.#integral / durationMs;
      this.deviation = Math.sqrt(Math.max(0, this.#integralOfSquares / durationMs - this.average * this.average));
      const envelope = this.average + this.deviation;
      this.smoothed = Math.max(envelope, smoothing * this.smoothed + (1 - smoothing) * envelope);
    }
    this.#sinceMs = nowMs;
    this.#integral = 0;
    this.#integralOfSquares = 0;
    this.#max = this.#value;
  }

  /** As if this many periods without any demand had been closed. */
  idle(periods: number): void {
    this.smoothed *= smoothing ** periods;
  }
}
