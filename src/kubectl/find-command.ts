import type { Command, CommandEntry, CommandGroup } from './command.ts';
import { globalFlags } from './global-flags.ts';

/** Where the words of a line lead. */
export interface Found {
  /** The names of the commands, with `kubectl` first. */
  readonly path: readonly string[];
  /** Undefined where no word names one. */
  readonly command: Command | undefined;
  /** What is left of the line: flags and arguments. */
  readonly rest: readonly string[];
  /** A word where a command's name should be, and those that there are; undefined where all are names. */
  readonly unknown: { readonly word: string; readonly entries: readonly CommandEntry[] } | undefined;
}

/** Only global flags may stand before the name, so they alone say whether the next word is a value. */
function takesValue(argument: string): boolean {
  const entry = argument.startsWith('--')
    ? Object.entries(globalFlags).find(([name]) => name === argument.slice(2))
    : Object.entries(globalFlags).find(([, flag]) => 'short' in flag && flag.short === argument.slice(1));
  return entry !== undefined && entry[1].kind !== 'bool';
}

/** Moves flags that stand before a command's name behind it, and says where the name is. */
function nextWord(line: readonly string[]): { readonly word: string | undefined; readonly rest: readonly string[] } {
  for (let at = 0; at < line.length; at++) {
    const argument = line[at]!;
    if (argument === '--') return { word: undefined, rest: line };
    if (!argument.startsWith('-') || argument === '-') return { word: argument, rest: [...line.slice(0, at), ...line.slice(at + 1)] };
    if (!argument.includes('=') && takesValue(argument)) at++;
  }
  return { word: undefined, rest: line };
}

/** Whether a word is a command's name or another of its names. */
export const named = (entry: CommandEntry, word: string): boolean => entry.name === word || entry.aliases?.includes(word) === true;

/** Follows the names of commands in a line. */
export async function findCommand(groups: readonly CommandGroup[], line: readonly string[]): Promise<Found> {
  const path = ['kubectl'];
  let command: Command | undefined;
  let entries = groups.flatMap(({ commands }) => commands);
  let rest = line;
  while (entries.length > 0) {
    const { word, rest: after } = nextWord(rest);
    if (word === undefined) break;
    const entry = entries.find((one) => named(one, word));
    if (entry === undefined) return { path, command, rest, unknown: { word, entries } };
    path.push(entry.name);
    command = await entry.load();
    entries = [...(command.commands ?? [])];
    rest = after;
  }
  return { path, command, rest, unknown: undefined };
}
