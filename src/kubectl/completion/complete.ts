import type { Command, CommandEntry, CommandGroup } from '../command.ts';
import type { Flag, FlagSet } from '../flags/flags.ts';
import { parseFlags } from '../flags/parse-flags.ts';
import { globalFlags } from '../global-flags.ts';
import type { Io } from '../io.ts';
import { openSession } from '../session.ts';
import type { Candidates } from './candidates.ts';
import { candidatesFor } from './live-names.ts';

const numbers = { names: 4, files: 0 } as const;
const directiveNames = { names: 'ShellCompDirectiveNoFileComp', files: 'ShellCompDirectiveDefault' } as const;

const firstLine = (text: string): string => text.split('\n')[0]!;

const globals: FlagSet = globalFlags;
const takesNext = (flag: Flag<unknown> | undefined): boolean => flag !== undefined && flag.kind !== 'bool' && !(flag.kind === 'string' && flag.bare !== undefined);

function flagNamed(flags: FlagSet, word: string): { readonly name: string; readonly flag: Flag<unknown> } | undefined {
  const found = Object.entries(flags).find(([name, { short }]) => (word.startsWith('--') ? name === word.slice(2) : short !== undefined && word === `-${short}`));
  return found === undefined ? undefined : { name: found[0], flag: found[1] };
}

/** Follows the command's names in a line. */
async function commandOf(groups: readonly CommandGroup[], line: readonly string[]): Promise<{ readonly path: readonly string[]; readonly command: Command | undefined; readonly entries: readonly CommandEntry[]; readonly rest: readonly string[] }> {
  let entries: readonly CommandEntry[] = groups.flatMap(({ commands }) => commands);
  let command: Command | undefined;
  const path: string[] = [];
  const rest: string[] = [];
  for (let at = 0; at < line.length; at++) {
    const word = line[at]!;
    if (word.startsWith('-')) {
      rest.push(word);
      if (!word.includes('=') && takesNext(flagNamed({ ...globals, ...command?.flags }, word)?.flag) && at + 1 < line.length) rest.push(line[++at]!);
      continue;
    }
    const entry = entries.find(({ name, aliases }) => name === word || aliases?.includes(word) === true);
    if (entry === undefined) {
      rest.push(word);
      entries = [];
      continue;
    }
    path.push(...(entry.standsFor ?? [entry.name]));
    command = await entry.load();
    entries = command.commands ?? [];
  }
  return { path, command, entries, rest };
}

function flagWords(flags: FlagSet, typed: string): string[] {
  return Object.entries(flags).filter(([, flag]) => flag.hidden !== true && flag.deprecated === undefined).sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, flag]) => [`--${name}\t${firstLine(flag.help)}`, ...(flag.short === undefined ? [] : [`-${flag.short}\t${firstLine(flag.help)}`])])
    .filter((word) => word.startsWith(typed));
}

async function candidates(line: readonly string[], io: Io, groups: readonly CommandGroup[]): Promise<Candidates> {
  const typed = line.at(-1) ?? '';
  const before = line.slice(0, -1);
  const { path, command, entries, rest } = await commandOf(groups, before);
  const flags: FlagSet = { ...globals, ...command?.flags };
  const asked = rest.at(-1)?.startsWith('-') === true && before.at(-1) === rest.at(-1) ? flagNamed(flags, rest.at(-1)!) : undefined;
  const equals = typed.startsWith('--') ? typed.indexOf('=') : -1;
  const flag = equals > 0 ? flagNamed(flags, typed.slice(0, equals)) : takesNext(asked?.flag) ? asked : undefined;
  if (flag === undefined && typed.startsWith('-')) return { words: flagWords(flags, typed), directive: 'names' };
  if (flag === undefined && entries.length > 0) {
    const own = entries.filter(({ hidden, name }) => hidden !== true && name.startsWith(typed)).sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, summary }) => `${name}\t${summary}`);
    if (own.length > 0 || command?.run === undefined) return { words: own, directive: 'names' };
  }
  const value = flag === undefined ? typed : typed.slice(equals + 1);
  const complete = takesNext(asked?.flag) ? rest.slice(0, -1) : rest;
  const parsed = parseFlags(flags, complete);
  const session = openSession({ io, globals: parsed.values as never, givenGlobals: parsed.given, command: 'kubectl __complete' });
  return candidatesFor({ session, path, args: parsed.args, flag: flag?.name, typed: value });
}

/**
 * `kubectl __complete WORD…`: what the last word may become, a line each, and how a shell goes on. It is called at every
 * press of a key: whatever goes wrong, there are no candidates then, and nobody is told.
 */
export async function complete(line: readonly string[], io: Io, groups: readonly CommandGroup[], { described }: { readonly described: boolean }): Promise<void> {
  let found: Candidates;
  try {
    found = await candidates(line, io, groups);
  } catch {
    found = { words: [], directive: 'names' };
  }
  const words = described ? found.words : found.words.map((word) => word.split('\t')[0]!);
  await io.stdout.write(`${words.map((word) => `${word}\n`).join('')}:${numbers[found.directive]}\n`);
  await io.stderr.write(`Completion ended with directive: ${directiveNames[found.directive]}\n`);
}
