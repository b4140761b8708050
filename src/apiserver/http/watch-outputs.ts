import type { Clock } from '../../base/clock.ts';
import { nextTurn } from '../../base/next-turn.ts';
import type { Outgoing } from './http-request.ts';

/** Lines that together fit this are written as one piece. */
const joinUpToBytes = 64 * 1024;
/** Nobody hears of a change later than this because others had to be told. */
const maxPauseMs = 50;

/**
 * Gathers what watches have to write until the current input has been worked through, so that changes that come in a
 * burst cost one write a watcher, not one each. Watchers that see the same changes share the joined bytes too. Telling
 * very many watchers takes long: it is then left alone for as long again, so that it never takes more than half of the
 * time, and what gathers meanwhile goes in one write.
 */
class WatchOutputs {
  #pending = new Map<Outgoing, Uint8Array[]>();
  #joined: Joined | undefined;
  /** When the next round may begin, in the clock's monotonic time. */
  #pausedUntilMs = 0;

  /** Takes the lines over; `out` has them by the end of this turn or after a short pause, unless it was destroyed. */
  enqueue(out: Outgoing, lines: Uint8Array[], clock: Clock): void {
    if (this.#pending.size === 0) this.#schedule(clock);
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

  #schedule(clock: Clock): void {
    const waitMs = Math.min(this.#pausedUntilMs - clock.monotonicMs(), maxPauseMs);
    if (waitMs >= 1) clock.setTimer(waitMs, () => this.#flush(clock));
    else nextTurn(() => this.#flush(clock));
  }

  #flush(clock: Clock): void {
    const startedMs = clock.monotonicMs();
    const pending = this.#pending;
    this.#pending = new Map();
    for (const [out, lines] of pending) if (lines.length > 0 && !out.destroyed && !out.writableEnded) this.#write(out, lines);
    this.#joined = undefined;
    const endedMs = clock.monotonicMs();
    this.#pausedUntilMs = endedMs + (endedMs - startedMs);
  }

  #write(out: Outgoing, lines: readonly Uint8Array[]): void {
    const { socket } = out;
    // HTTP/1.1: the chunk's frame is put around the lines here, once for all watchers, and the response's own, which
    // would copy them for each, is gone around.
    if (socket !== null && out.chunkedEncoding) for (const piece of this.#join(lines).framed) socket.write(piece);
    else for (const piece of this.#join(lines).pieces) out.write(piece);
  }

  /** The lines in few pieces; the same ones for the same lines. */
  #join(lines: readonly Uint8Array[]): Joined {
    const before = this.#joined;
    if (before !== undefined && before.lines.length === lines.length && before.lines.every((line, i) => line === lines[i])) return before;
    const framed: Uint8Array[] = [];
    for (let from = 0; from < lines.length;) {
      let to = from;
      let size = 0;
      while (to < lines.length && (to === from || size + lines[to]!.length <= joinUpToBytes)) size += lines[to++]!.length;
      framed.push(frame(lines.slice(from, to), size));
      from = to;
    }
    return (this.#joined = new Joined(lines, framed));
  }
}

/** Lines that were put together, as chunks of HTTP/1.1. */
class Joined {
  readonly lines: readonly Uint8Array[];
  readonly framed: readonly Uint8Array[];

  constructor(lines: readonly Uint8Array[], framed: readonly Uint8Array[]) {
    this.lines = lines;
    this.framed = framed;
  }

  /** Without the frames, for those who frame in another way. */
  get pieces(): Uint8Array[] {
    return this.framed.map((chunk) => chunk.subarray(chunk.indexOf(lineFeed) + 1, -lineEnd.length));
  }
}

const lineFeed = 0x0a;
const lineEnd = Buffer.from('\r\n');

function frame(lines: readonly Uint8Array[], size: number): Uint8Array {
  const head = Buffer.from(`${size.toString(16)}\r\n`, 'latin1');
  return Buffer.concat([head, ...lines, lineEnd], head.length + size + lineEnd.length);
}

/** Shared by all connections of the process: one turn, one flush. */
export const watchOutputs = new WatchOutputs();
