import type { Labels } from '../../base/metrics.ts';
import { seriesText } from '../../base/metrics-text.ts';

/** Series in Prometheus' text format, each with the time at which its value was read. A family may come in several parts. */
export class StampedText {
  readonly #nowMs: number;
  readonly #families = new Map<string, string[]>();

  constructor(nowMs: number) {
    this.#nowMs = Math.floor(nowMs);
  }

  family(name: string, type: 'counter' | 'gauge', help: string, rows: readonly (readonly [labels: Labels, value: number])[]): void {
    let lines = this.#families.get(name);
    if (lines === undefined) this.#families.set(name, lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]);
    for (const [labels, value] of rows) lines.push(`${seriesText(name, labels)} ${value} ${this.#nowMs}`);
  }

  toString(): string {
    return `${[...this.#families.values()].flat().join('\n')}\n`;
  }
}
