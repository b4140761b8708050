import { formatMicroTime } from '../../base/clock.ts';
import type { LogLine, LogOptions } from '../runtime.ts';

interface Entry { readonly atMs: number; readonly line: LogLine }

/**
 * The log of one simulated container: the last lines within a limit of bytes; older ones are dropped. Closing it ends
 * those who follow, after they have read all.
 */
export class LogBuffer {
  readonly #limitBytes: number;
  #entries: Entry[] = [];
  #firstIndex = 0;
  #bytes = 0;
  #closed = false;
  #wakes = new Set<() => void>();

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The same lines in a buffer of its own, which nobody follows yet. */
  copy(): LogBuffer {
    const copy = new LogBuffer(this.#limitBytes);
    copy.#entries = [...this.#entries];
    copy.#firstIndex = this.#firstIndex;
    copy.#bytes = this.#bytes;
    copy.#closed = this.#closed;
    return copy;
  }

  /** Appends text, a line for each newline in it. `nowMs`: wall time. */
  write(stream: 'stdout' | 'stderr', text: string, nowMs: number): void {
    for (const line of text.split(/(?<=\n)/)) {
      if (line === '') continue;
      const content = new TextEncoder().encode(line);
      this.#entries.push({ atMs: nowMs, line: { timestamp: formatMicroTime(nowMs).replace('Z', '000Z'), stream, content } });
      this.#bytes += content.length;
    }
    while (this.#bytes > this.#limitBytes && this.#entries.length > 1) {
      this.#bytes -= this.#entries.shift()!.line.content.length;
      this.#firstIndex++;
    }
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async *read(options: LogOptions): AsyncIterable<LogLine> {
    let start = 0;
    if (options.sinceMs !== undefined) {
      const sinceMs = options.sinceMs;
      start = this.#entries.findIndex((entry) => entry.atMs >= sinceMs);
      if (start < 0) start = this.#entries.length;
    }
    if (options.tailLines !== undefined) start = Math.max(start, this.#entries.length - options.tailLines);
    let next = this.#firstIndex + start;
    for (;;) {
      if (options.signal.aborted) return;
      next = Math.max(next, this.#firstIndex);
      const entry = this.#entries[next - this.#firstIndex];
      if (entry !== undefined) {
        next++;
        yield entry.line;
        continue;
      }
      if (!options.follow || this.#closed) return;
      await this.#changed(options.signal);
    }
  }

  #wake(): void {
    if (this.#wakes.size === 0) return;
    const wakes = this.#wakes;
    this.#wakes = new Set();
    for (const wake of wakes) wake();
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake);
        this.#wakes.delete(wake);
        resolve();
      };
      this.#wakes.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
