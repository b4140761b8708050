/** What the programs of a run of tests took, for whoever asked for times. */
import { existsSync, readFileSync } from 'node:fs';
import type { Taken } from './test-times.ts';

const seconds = (ms: number): string => (ms / 1000).toFixed(1);

/**
 * One line a program, the dearest first: processor time (with that of the programs it started, which stands beside it), and
 * from when to when it ran. `path`: the lines of test-times.ts; `nameOf` tells what a program is.
 */
export function timeTable(path: string, sinceMs: number, nameOf: (program: string) => string): string {
  const all = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Taken) : [];
  const costOf = ({ ownMs, childrenMs }: Taken): number => ownMs + childrenMs;
  const row = (...cells: readonly string[]): string => `${cells.slice(0, -1).map((cell) => cell.padStart(10)).join('')}  ${cells.at(-1) ?? ''}`.trimEnd();
  const rows = all.toSorted((a, b) => costOf(b) - costOf(a)).map((one) => row(seconds(costOf(one)), seconds(one.childrenMs), seconds(one.beganMs - sinceMs), seconds(one.endedMs - sinceMs), nameOf(one.program)));
  const sum = (of: (one: Taken) => number): string => seconds(all.reduce((total, one) => total + of(one), 0));
  return `\n${[row('processor', 'children', 'from', 'to', 'seconds'), ...rows, row(sum(costOf), sum(({ childrenMs }) => childrenMs), '', '', `${all.length} processes`)].join('\n')}\n`;
}
