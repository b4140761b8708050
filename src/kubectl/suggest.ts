import type { CommandEntry } from './command.ts';

/** As far as a mistyped word may be from the right one. */
const maxDistance = 2;

/** How many letters differ, are missing or are too many. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    previous = row;
  }
  return previous[b.length]!;
}

/** The commands that somebody may have meant by `word`. */
export function suggestionsFor(word: string, entries: readonly CommandEntry[]): string[] {
  const typed = word.toLowerCase();
  return entries.filter(({ hidden, name, suggestFor }) => hidden !== true && (editDistance(typed, name) <= maxDistance || name.startsWith(typed) || suggestFor?.includes(typed) === true)).map(({ name }) => name);
}
