import type { Command, CommandEntry, CommandGroup } from './command.ts';
import { ExitError, KubectlError, exitCodeOf, explain } from './errors.ts';
import type { FlagSet, FlagValues } from './flags/flags.ts';
import { bool } from './flags/flags.ts';
import { parseFlags } from './flags/parse-flags.ts';
import type { GlobalFlags } from './global-flags.ts';
import { globalFlags } from './global-flags.ts';
import type { Io } from './io.ts';
import { openSession } from './session.ts';
import { suggestionsFor } from './suggest.ts';

const helpFlag = { help: bool('', { short: 'h', hidden: true }) };

interface Found {
  readonly path: readonly string[];
  readonly command: Command | undefined;
  readonly rest: readonly string[];
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

/** Only global flags may stand before the name, so they alone say whether the next word is a value. */
function takesValue(argument: string): boolean {
  const entry = argument.startsWith('--')
    ? Object.entries(globalFlags).find(([name]) => name === argument.slice(2))
    : Object.entries(globalFlags).find(([, flag]) => 'short' in flag && flag.short === argument.slice(1));
  return entry !== undefined && entry[1].kind !== 'bool';
}

const named = (entry: CommandEntry, word: string): boolean => entry.name === word || entry.aliases?.includes(word) === true;

const asksForHelp = (line: readonly string[]): boolean => line.some((word) => word === '--help' || word === '-h');

async function find(groups: readonly CommandGroup[], line: readonly string[]): Promise<Found> {
  const path = ['kubectl'];
  let command: Command | undefined;
  let entries = groups.flatMap(({ commands }) => commands);
  let rest = line;
  while (entries.length > 0) {
    const next = nextWord(rest);
    if (next.word === undefined) break;
    const entry = entries.find((one) => named(one, next.word!));
    if (entry === undefined) {
      // Help is asked for: that of the command above is the nearest there is.
      if (command !== undefined && (command.run !== undefined || asksForHelp(rest))) break;
      throw unknownCommand(next.word, path, entries);
    }
    path.push(entry.name);
    command = await entry.load();
    entries = [...(command.commands ?? [])];
    rest = next.rest;
  }
  return { path, command, rest };
}

function unknownCommand(word: string, path: readonly string[], entries: readonly CommandEntry[]): KubectlError {
  if (path.length > 1) return new KubectlError(`unknown command ${JSON.stringify(word)}\nSee '${path.join(' ')} -h' for help and examples`);
  const suggestions = suggestionsFor(word, entries);
  const also = suggestions.length === 0 ? '' : `\n\nDid you mean this?\n${suggestions.map((one) => `\t${one}\n`).join('')}`;
  return new KubectlError(`unknown command ${JSON.stringify(word)} for ${JSON.stringify(path.join(' '))}${also}`);
}

/**
 * Runs one command line (without the program's name) and returns what the program ends with. Never throws for what a
 * user or a server may do wrong: that is told on `io.stderr` in one message.
 */
export async function runKubectl(line: readonly string[], io: Io, groups: readonly CommandGroup[]): Promise<number> {
  try {
    await call(line, io, groups);
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const message = explain(error);
    if (message !== '') await io.stderr.write(message.endsWith('\n') ? message : `${message}\n`);
    return exitCodeOf(error);
  }
}

/** Commands that are not of this program: a plugin on the path, or a shell that asks how a word may go on. False: none of them. */
async function callOther(line: readonly string[], io: Io, groups: readonly CommandGroup[]): Promise<boolean> {
  const [word] = line;
  if (word === '__complete' || word === '__completeNoDesc') {
    const { complete } = await import('./completion/complete.ts');
    await complete(line.slice(1), io, groups, { described: word === '__complete' });
    return true;
  }
  if (word === undefined || word.startsWith('-')) return false;
  const entry = groups.flatMap(({ commands }) => commands).find((one) => named(one, word));
  // As upstream: `create` alone may be given further commands by plugins.
  const more = entry?.name === 'create' && line[1] !== undefined && !line[1].startsWith('-') && (await entry.load()).commands?.some((one) => named(one, line[1]!)) === false;
  if (entry !== undefined && !more) return false;
  const { findPlugin } = await import('./plugins/find-plugin.ts');
  const plugin = findPlugin(io, line, more ? 2 : 1);
  if (plugin === undefined) return false;
  const code = await (await import('./plugins/run-plugin.ts')).runPlugin(plugin, io);
  if (code !== 0) throw new ExitError(code);
  return true;
}

async function call(line: readonly string[], io: Io, groups: readonly CommandGroup[]): Promise<void> {
  if (await callOther(line, io, groups)) return;
  const found = await find(groups, line);
  const flags: FlagSet = { ...globalFlags, ...found.command?.flags, ...helpFlag };
  const path = found.path.join(' ');
  let parsed;
  try {
    parsed = parseFlags(flags, found.rest);
  } catch (error) {
    if (error instanceof KubectlError) throw found.command?.flagError?.(error.message, path) ?? new KubectlError(`${error.message}\nSee '${path} --help' for usage.`);
    throw error;
  }
  for (const name of parsed.given) {
    const { deprecated } = flags[name]!;
    if (deprecated !== undefined) await io.stderr.write(`Flag --${name} has been deprecated, ${deprecated}\n`);
  }
  if (found.command?.run === undefined || parsed.values['help'] === true) {
    const { helpOf, overview } = await import('./help.ts');
    const asked = found.command === undefined || found.command.aloneShowsHelp === true || parsed.values['help'] === true;
    await (asked ? io.stdout : io.stderr).write(found.command === undefined ? overview(groups) : helpOf(found.command, found.path));
    // Half a command does nothing, and a script should notice.
    if (!asked) throw new ExitError(1);
    return;
  }
  const absent = Object.keys(flags).filter((name) => flags[name]!.required === true && !parsed.given.has(name)).sort();
  if (absent.length > 0) throw new KubectlError(`required flag(s) ${absent.map((name) => JSON.stringify(name)).join(', ')} not set`);
  // A command's own flag hides the global one of its name: `--user` of a binding says nothing of who calls.
  const hidden = Object.keys(globalFlags).filter((name) => found.command?.flags !== undefined && Object.hasOwn(found.command.flags, name));
  const globals = { ...parsed.values, ...Object.fromEntries(hidden.map((name) => [name, globalFlags[name as keyof GlobalFlags].initial])) } as unknown as FlagValues<GlobalFlags>;
  const session = openSession({ io, globals, givenGlobals: parsed.given, command: path });
  await found.command.run({ session, args: parsed.args, flags: parsed.values as never, given: parsed.given, dashAt: parsed.dashAt, path });
  const { warnings } = session;
  if (globals['warnings-as-errors'] && warnings > 0) throw new KubectlError(`${warnings} warning${warnings === 1 ? '' : 's'} received`);
}
