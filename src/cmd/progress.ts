import type { Clock } from '../base/clock.ts';

/** What a person sees while something starts: one line a stage, with its milliseconds. Colour only on a terminal. */
export class Progress {
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #write: (text: string) => void;
  readonly #colour: boolean;

  /** `startedAtMs`: when the process started, by wall time: stages are counted from there. */
  constructor(options: { clock: Clock; startedAtMs: number; write: (text: string) => void; colour: boolean }) {
    this.#clock = options.clock;
    this.#startedMs = options.startedAtMs;
    this.#write = options.write;
    this.#colour = options.colour;
  }

  /** Milliseconds since the process started. */
  elapsedMs(): number {
    return Math.max(0, Math.round(this.#clock.now() - this.#startedMs));
  }

  /** `api server ready in 212 ms`. */
  ready(what: string): void {
    this.#write(`${this.#paint('32', '✓')} ${what} ready in ${this.elapsedMs()} ms\n`);
  }

  /** Something done that is not a stage of starting. */
  done(text: string): void {
    this.#write(`${this.#paint('32', '✓')} ${text}\n`);
  }

  /** Long work that has begun. */
  doing(text: string): void {
    this.#write(`${this.#paint('36', '…')} ${text}\n`);
  }

  note(text: string): void {
    this.#write(`${this.#paint('33', '!')} ${text}\n`);
  }

  line(text = ''): void {
    this.#write(`${text}\n`);
  }

  bold(text: string): string {
    return this.#paint('1', text);
  }

  #paint(code: string, text: string): string {
    return this.#colour ? `\u001b[${code}m${text}\u001b[0m` : text;
  }
}
