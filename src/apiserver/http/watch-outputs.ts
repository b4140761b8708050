import { nextTurn } from '../../base/next-turn.ts';
import type { Outgoing } from './http-request.ts';

/** Lines that together fit this are written as one piece. */
const joinUpToBytes = 64 * 1024;

/**
 * Gathers what watches have to write until the current input has been worked through, so that changes that come in a
 * burst cost one write a watcher, not one each. Watchers that see the same changes share the joined bytes too.
 */
class WatchOutputs {
  #pending = new Map<Outgoing, Uint8Array[]>();
  #joined: { lines: readonly Uint8Array[]; pieces: readonly Uint8Array[] } | undefined;

  /** Takes the lines over; `out` has them by the end of this turn, unless it was destroyed. */
  enqueue(out: Outgoing, lines: Uint8Array[]): void {
    if (this.#pending.size === 0) nextTurn(() => this.#flush());
    const before = this.#pending.get(out);
    if (before === undefined) this.#pending.set(out, lines);
    else for (const line of lines) before.push(line);
  }

  /** Writes what is pending for one watch now: it is about to end. */
  drain(out: Outgoing): void {
    const lines = this.#pending.get(out);
    if (lines === undefined) return;
    this.#pending.set(out, []);
    this.#write(out, lines);
  }

  #flush(): void {
    const pending = this.#pending;
    this.#pending = new Map();
    for (const [out, lines] of pending) if (lines.length > 0 && !out.destroyed && !out.writableEnded) this.#write(out, lines);
    this.#joined = undefined;
  }

  #write(out: Outgoing, lines: readonly Uint8Array[]): void {
    for (const piece of this.#join(lines)) out.write(piece);
  }

  #join(lines: readonly Uint8Array[]): readonly Uint8Array[] {
    if (lines.length === 1) return lines;
    const before = this.#joined;
    if (before !== undefined && before.lines.length === lines.length && before.lines.every((line, i) => line === lines[i])) return before.pieces;
    const pieces: Uint8Array[] = [];
    for (let from = 0; from < lines.length;) {
      let to = from;
      let size = 0;
      while (to < lines.length && (to === from || size + lines[to]!.length <= joinUpToBytes)) size += lines[to++]!.length;
      pieces.push(to === from + 1 ? lines[from]! : Buffer.concat(lines.slice(from, to), size));
      from = to;
    }
    this.#joined = { lines, pieces };
    return pieces;
  }
}

/** Shared by all connections of the process: one turn, one flush. */
export const watchOutputs = new WatchOutputs();
