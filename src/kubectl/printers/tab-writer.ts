/**
 * Columns under one another, as Go's text/tabwriter lays them out: a column is a run of lines that have a cell there
 * that a tab ends, and is as wide as its widest cell.
 */

export interface TabWriterOptions {
  readonly minWidth: number;
  /** Cells are this much wider than their text. */
  readonly padding: number;
  /** Widths never shrink from one flush to the next: rows that come later stand under those before. */
  readonly remember?: boolean;
}

/** What kubectl's tables use. */
export const tableLayout: TabWriterOptions = { minWidth: 6, padding: 3, remember: true };
/** What `kubectl describe` uses. */
export const describeLayout: TabWriterOptions = { minWidth: 0, padding: 2 };

const byteLength = (text: string): number => (/^[\x20-\x7e]*$/.test(text) ? text.length : Array.from(text).length);

/** Gathers lines and yields them aligned. */
export class TabWriter {
  readonly #options: TabWriterOptions;
  #remembered: number[] = [];
  #text = '';

  constructor(options: TabWriterOptions = tableLayout) {
    this.#options = options;
  }

  write(text: string): void {
    this.#text += text;
  }

  /** Starts anew, as for another table. */
  forget(): void {
    this.#remembered = [];
  }

  /** What has been written since the last flush, with its tabs. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  /** What has been written since the last flush, aligned. */
  flush(): string {
    const text = this.take();
    if (text === '') return '';
    const complete = text.endsWith('\n');
    const lines = (complete ? text.slice(0, -1) : text).split('\n').map((line) => line.split('\t'));
    const widths = lines.map((cells) => cells.map(() => 0));
    this.#layOut(lines, widths, 0, lines.length, 0);
    const out = lines.map((cells, i) => cells.map((cell, column) => (column === cells.length - 1 ? cell : cell + ' '.repeat(Math.max(0, widths[i]![column]! - byteLength(cell))))).join(''));
    return out.join('\n') + (complete ? '\n' : '');
  }

  /** Blocks of consecutive lines that have a cell in `column` get one width, and their cells further right are laid out below it. */
  #layOut(lines: readonly (readonly string[])[], widths: number[][], from: number, to: number, column: number): void {
    for (let begin = from; begin < to; begin++) {
      if (lines[begin]!.length - 1 <= column) continue;
      let end = begin;
      let width = this.#options.minWidth;
      let discardable = true;
      while (end < to && lines[end]!.length - 1 > column) {
        const length = byteLength(lines[end]![column]!);
        width = Math.max(width, length + this.#options.padding);
        if (length > 0) discardable = false;
        end++;
      }
      // A column of empty cells that tabs ended still has its padding in Go, unless it is told to discard it.
      if (discardable) width = Math.max(this.#options.minWidth, this.#options.padding);
      if (this.#options.remember === true) {
        width = Math.max(width, this.#remembered[column] ?? 0);
        this.#remembered[column] = width;
      }
      for (let line = begin; line < end; line++) widths[line]![column] = width;
      this.#layOut(lines, widths, begin, end, column + 1);
      begin = end - 1;
    }
  }
}
