import type { CommandEntry, CommandGroup } from './command.ts';
import { ExitError, KubectlError, exitCodeOf, explain } from './errors.ts';
import type { Found } from './find-command.ts';
import { findCommand, named } from './find-command.ts';
import type { FlagSet, FlagValues } from './flags/flags.ts';
import { bool } from './flags/flags.ts';
import { parseFlags } from './flags/parse-flags.ts';
import type { GlobalFlags } from './global-flags.ts';
import { globalFlags } from './global-flags.ts';
import type { Io } from './io.ts';
import type { Preferred } from './preferences/apply-preferences.ts';
import { mayHavePreferences, readsPreferences } from './preferences/kuberc-file.ts';
import { openSession } from './session.ts';
import { suggestionsFor } from './suggest.ts';

const helpFlag = { help: bool('', { short: 'h', hidden: true }) };

const asksForHelp = (line: readonly string[]): boolean => line.some((word) => word === '--help' || word === '-h');

/** The command that a line calls. Throws KubectlError for a word that names none. */
async function find(groups: readonly CommandGroup[], line: readonly string[]): Promise<Found> {
  const found = await findCommand(groups, line);
  const { path, command, rest, unknown } = found;
  // Help is asked for: that of the command above is the nearest there is.
  if (unknown === undefined || (command !== undefined && (command.run !== undefined || asksForHelp(rest)))) return found;
  throw unknownCommand(unknown.word, path, unknown.entries);
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
    if (error instanceof KubectlError && error.shown !== '') await io.stdout.write(error.shown);
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

/** The line as its user prefers it (kuberc). */
async function preferred(line: readonly string[], io: Io, groups: readonly CommandGroup[]): Promise<Preferred> {
  if (!readsPreferences(io)) return { line, groups: groups.map((group) => ({ ...group, commands: group.commands.filter(({ name }) => name !== 'kuberc') })), pluginPolicy: undefined };
  if (line.length === 0 || !mayHavePreferences(io, line)) return { line, groups, pluginPolicy: undefined };
  return (await import('./preferences/apply-preferences.ts')).applyPreferences(line, io, groups);
}

function flagsOf({ command }: Found, io: Io): FlagSet {
  const { kuberc, ...others } = globalFlags;
  return { ...others, ...(readsPreferences(io) && { kuberc }), ...command?.flags, ...helpFlag };
}

async function call(written: readonly string[], io: Io, all: readonly CommandGroup[]): Promise<void> {
  const { line, groups, pluginPolicy } = await preferred(written, io, all);
  // Flags that stand in front by preference are none of a plugin's.
  if (await callOther(line[0]?.startsWith('--') === true ? written : line, io, groups)) return;
  const found = await find(groups, line);
  const flags = flagsOf(found, io);
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
  const session = openSession({ io, globals, givenGlobals: parsed.given, command: path, pluginPolicy });
  await found.command.run({ session, args: parsed.args, flags: parsed.values as never, given: parsed.given, dashAt: parsed.dashAt, path });
  const { warnings } = session;
  if (globals['warnings-as-errors'] && warnings > 0) throw new KubectlError(`${warnings} warning${warnings === 1 ? '' : 's'} received`);
}
