import type { Clock } from '../../base/clock.ts';
import type { LineOutput } from '../encoding/watch-encoder.ts';
import { drained } from './drained.ts';
import type { Outgoing } from './http-request.ts';
import { watchOutputs } from './watch-outputs.ts';

/** A watcher that lets this much gather is dropped: it has to list again. */
export const maxWatchBacklogBytes = 32 * 1024 * 1024;

/** Initial events are written so much at a time. */
const pieceBytes = 64 * 1024;

/** Writes one watch to its connection: what there is at the beginning as the client takes it, then what happens. */
export class WatchWriter implements LineOutput {
  readonly #out: Outgoing;
  readonly #clock: Clock;
  /** Resolves when nothing more is written: the watch is over, the client has gone, or was too slow. */
  readonly ended: Promise<void>;
  #over = false;
  #resolve: () => void = () => {};
  /** What happened while the beginning is still being written; undefined: it is written. */
  #held: Uint8Array[] | undefined;
  #heldBytes = 0;
  /** The watch ended in the meantime. */
  #ending = false;
  readonly #onClose = (): void => this.#finish();

  constructor(out: Outgoing, clock: Clock) {
    this.#out = out;
    this.#clock = clock;
    this.ended = new Promise((resolve) => { this.#resolve = resolve; });
    out.once('close', this.#onClose);
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#held = undefined;
    this.#out.off('close', this.#onClose);
    this.#resolve();
  }

  #drop(): void {
    this.#out.destroy();
    this.#finish();
  }

  begin(lines: Iterable<Uint8Array>): void {
    this.#held = [];
    void this.#writeAll(lines).then(() => this.#release(), () => this.#drop());
  }

  async #writeAll(lines: Iterable<Uint8Array>): Promise<void> {
    let piece: Uint8Array[] = [];
    let size = 0;
    const write = async (): Promise<void> => {
      const room = this.#out.write(Buffer.concat(piece, size));
      piece = [];
      size = 0;
      if (!room) await drained(this.#out);
    };
    for (const line of lines) {
      if (this.#over) return;
      piece.push(line);
      size += line.length;
      if (size >= pieceBytes) await write();
    }
    if (size > 0 && !this.#over) await write();
  }

  #release(): void {
    const held = this.#held;
    this.#held = undefined;
    if (this.#over) return;
    if (held !== undefined && held.length > 0) watchOutputs.enqueue(this.#out, held, this.#clock);
    if (this.#ending) this.end();
  }

  write(lines: Uint8Array[]): void {
    if (this.#over) return;
    if (this.#held !== undefined) {
      for (const line of lines) {
        this.#held.push(line);
        this.#heldBytes += line.length;
      }
      if (this.#heldBytes > maxWatchBacklogBytes) this.#drop();
      return;
    }
    watchOutputs.enqueue(this.#out, lines, this.#clock);
    if (this.#out.writableLength > maxWatchBacklogBytes) this.#drop();
  }

  end(): void {
    if (this.#over) return;
    if (this.#held !== undefined) {
      this.#ending = true;
      return;
    }
    this.#finish();
    watchOutputs.drain(this.#out);
    this.#out.end();
  }
}
