import type { FigureName, Reference } from './reference.ts';
import { reference } from './reference.ts';

/** One measured figure. */
export interface Figure {
  readonly name: FigureName;
  readonly value: number;
  /** Of the answers, where they are what is measured. */
  readonly bytesPerSecond?: number;
  /** What a reader should know beside the number. */
  readonly note?: string;
}

/** A figure in its unit, as the table has it. */
export const written = (value: number | undefined, unit: Reference['unit']): string => {
  if (value === undefined) return '';
  const number = value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
  return unit === '/s' ? `${number}/s` : `${number} ${unit}`;
};

/** Times and sizes are better when small, rates when large. */
const timesBetter = (value: number, than: number, unit: Reference['unit']): number => (unit === '/s' ? value / than : than / value);

function cells({ name, value, note }: Figure): string[] {
  const { unit, upstream, goal }: Reference = reference[name];
  return [
    name,
    written(value, unit),
    written(upstream, unit),
    upstream === undefined ? '' : `${timesBetter(value, upstream, unit).toFixed(1)}x`,
    goal === undefined ? '' : `${unit === '/s' ? '>=' : '<='} ${written(goal, unit)}`,
    goal === undefined ? '' : timesBetter(value, goal, unit) >= 1 ? 'reached' : `${Math.round(timesBetter(value, goal, unit) * 100)} %`,
    note ?? '',
  ];
}

/** The figures as a Markdown table, columns aligned. */
export function table(figures: readonly Figure[]): string {
  const rows = [['what', 'here', 'upstream', 'better by', 'goal', 'goal reached', 'note'], ...figures.map(cells)];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`;
  return [line(rows[0]!), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.slice(1).map(line)].join('\n');
}
