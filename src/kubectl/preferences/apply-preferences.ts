import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CommandEntry, CommandGroup } from '../command.ts';
import { KubectlError } from '../errors.ts';
import type { Found } from '../find-command.ts';
import { findCommand, named } from '../find-command.ts';
import type { FlagSet } from '../flags/flags.ts';
import { parseFlags } from '../flags/parse-flags.ts';
import { globalFlags } from '../global-flags.ts';
import type { Io } from '../io.ts';
import { kubercFile } from './kuberc-file.ts';
import type { PluginPolicy } from './plugin-policy.ts';
import { checkPluginPolicy } from './plugin-policy.ts';
import type { Alias, OptionDefault, Preference } from './preference.ts';
import { decodePreference } from './preference.ts';

/** A line as its user prefers it. */
export interface Preferred {
  readonly line: readonly string[];
  /** With the alias that the line calls. */
  readonly groups: readonly CommandGroup[];
  readonly pluginPolicy: PluginPolicy | undefined;
}

/** What `--kuberc` is, before flags are read: they are read with what its file says. */
function explicitFile(line: readonly string[]): string {
  for (const [at, word] of line.entries()) {
    if (word === '--') break;
    const value = word === '--kuberc' ? line[at + 1] : word.includes('--kuberc=') ? word.split('=')[1] : undefined;
    if (value !== undefined && (value !== '' || word === '--kuberc')) return value;
    if (word === '--kuberc' || word.includes('--kuberc=')) throw new KubectlError('kuberc file is not found');
  }
  return '';
}

async function readPreference(io: Io, line: readonly string[]): Promise<Preference | undefined> {
  const flag = explicitFile(line);
  try {
    const found = kubercFile(io, flag);
    return found === undefined ? undefined : await loadPreference(io, found);
  } catch (error) {
    throw new KubectlError(`kuberc error ${(error as Error).message}`, { cause: error });
  }
}

async function loadPreference(io: Io, { file, explicit }: { readonly file: string; readonly explicit: boolean }): Promise<Preference | undefined> {
  try {
    const decoded = decodePreference(readFileSync(resolve(io.folder, file), 'utf8'), file);
    if (decoded?.mistakes !== undefined) await io.stderr.write(`kuberc: ignoring strict decoding error in ${file}: ${decoded.mistakes}`);
    return decoded?.preference;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (!explicit && code === 'ENOENT') return undefined;
    const reason = code === 'ENOENT' ? `open ${file}: no such file or directory` : code === 'EACCES' ? `open ${file}: permission denied` : (error as Error).message;
    if (explicit) throw new KubectlError(`kuberc: ${reason}`, { cause: error });
    // What nobody asked for is no reason to do nothing.
    await io.stderr.write(`kuberc: no preferences loaded from ${file}: ${reason}`);
    return undefined;
  }
}

function check({ aliases, defaults }: Preference, policy: PluginPolicy): void {
  const names = (options: readonly OptionDefault[] | null | undefined): void => {
    for (const { name } of options ?? []) if (name.startsWith('-')) throw new KubectlError(`flag name ${name} should be in long form without dashes`);
  };
  const seen = new Set<string>();
  for (const { name, options } of aliases ?? []) {
    if (!/^[a-zA-Z]+$/.test(name)) throw new KubectlError('invalid alias name, can only include alphabetical characters');
    names(options);
    if (seen.has(name)) throw new KubectlError(`duplicate alias name ${name}`);
    seen.add(name);
  }
  for (const { options } of defaults ?? []) names(options);
  checkPluginPolicy(policy);
}

/** Whether a user has given a flag, in any of the ways to write it. */
function isGiven(name: string, short: string | undefined, line: readonly string[]): boolean {
  return line.some((word) => word === `--${name}` || word.startsWith(`--${name}=`) || (short !== undefined && (word.startsWith(`-${short}`) || (/^-[a-zA-Z]+$/.test(word) && word.includes(short)))));
}

/** The flags of a command that its user has not given, as they would write them. `told`: what is said of one that there is not, and of a value that is none. */
function preferredFlags({ command }: Found, options: readonly OptionDefault[], line: readonly string[], told: { readonly absent: (name: string) => string; readonly bad: (option: OptionDefault) => string }): string[] {
  const flags: FlagSet = { ...globalFlags, ...command?.flags };
  return options.flatMap((option) => {
    const { name, default: value } = option;
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (flag === undefined) throw new KubectlError(told.absent(name));
    if (isGiven(name, flag.short, line)) return [];
    const word = `--${name}=${value}`;
    try {
      parseFlags(flags, [word]);
    } catch (error) {
      throw new KubectlError(`${told.bad(option)} err: ${(error as Error).message}`, { cause: error });
    }
    return [word];
  });
}

const fields = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

/** No name that the program has: an alias or a plugin may be meant. */
const isUnknown = ({ command, unknown }: Found): boolean => command === undefined && unknown !== undefined;

function entryOf({ name }: Alias, { command, path }: Found): CommandEntry {
  const { aliases: _, ...own } = command ?? { description: '' };
  return { name, summary: '', hidden: true, standsFor: path.slice(1), load: () => Promise.resolve({ ...own, usage: name }) };
}

/** Adds the alias that a line calls, and writes out what stands behind it. `seen`: aliases that were looked at. */
async function withAlias(line: readonly string[], { io, groups, aliases, seen }: { readonly io: Io; readonly groups: readonly CommandGroup[]; readonly aliases: readonly Alias[]; readonly seen: Set<string> }): Promise<Pick<Preferred, 'line' | 'groups'>> {
  const at = line.findIndex((word) => !word.startsWith('-') && !word.startsWith('__complete'));
  const word = line[at];
  for (const alias of aliases) {
    seen.add(alias.name);
    if (alias.name !== word) continue;
    if (groups.some(({ commands }) => commands.some((one) => named(one, alias.name)))) {
      await io.stderr.write(`Warning: Setting alias ${JSON.stringify(alias.name)} to a built-in command is not supported\n`);
      break;
    }
    const words = fields(alias.command);
    const target = await findCommand(groups, words);
    if (isUnknown(target)) throw new KubectlError(`command ${JSON.stringify(alias.command)} not found to set alias ${JSON.stringify(alias.name)}: [${words.join(' ')}]`);
    const flags = preferredFlags(target, alias.options ?? [], line, {
      absent: (name) => `invalid alias flag ${name} in alias kubectl`,
      bad: ({ name, default: value }) => `could not apply value ${value} to flag ${name} in alias kubectl`,
    });
    return {
      line: [...line.slice(0, at + 1), ...flags, ...(alias.prependArgs ?? []), ...line.slice(at + 1), ...(alias.appendArgs ?? [])],
      groups: [...groups, { heading: '', commands: [entryOf(alias, target)] }],
    };
  }
  return { line, groups };
}

async function overridesOf(line: readonly string[], { io, groups, defaults, seen }: { readonly io: Io; readonly groups: readonly CommandGroup[]; readonly defaults: Preference['defaults']; readonly seen: ReadonlySet<string> }): Promise<string[]> {
  const called = await findCommand(groups, line);
  if (isUnknown(called)) return [];
  const name = called.path.at(-1)!;
  const flags: string[] = [];
  for (const { command, options } of defaults ?? []) {
    const found = await findCommand(groups, fields(command));
    if (isUnknown(found)) {
      await io.stderr.write(`Warning: command ${JSON.stringify(command)} not found to set kuberc override\n`);
      continue;
    }
    // As upstream: the last name alone decides.
    if (found.path.at(-1) !== name) continue;
    if (seen.has(name)) throw new KubectlError(`alias ${name} can not be overridden`);
    flags.push(...preferredFlags(called, options ?? [], line, {
      absent: (flag) => `invalid flag ${flag} for command ${command}`,
      bad: (option) => `could not apply override value ${option.default} to flag ${option.name} in command ${command}`,
    }));
  }
  return flags;
}

/**
 * A line as it is meant with its user's preferences (kuberc): aliases written out, and flags that they did not give set to
 * what they prefer. Throws KubectlError for preferences that cannot be heeded.
 */
export async function applyPreferences(line: readonly string[], io: Io, groups: readonly CommandGroup[]): Promise<Preferred> {
  try {
    const preference = await readPreference(io, line);
    if (preference === undefined) return { line, groups, pluginPolicy: undefined };
    const pluginPolicy: PluginPolicy = { type: preference.credentialPluginPolicy ?? '', allowed: preference.credentialPluginAllowlist?.map(({ command = '' }) => command) };
    check(preference, pluginPolicy);
    const seen = new Set<string>();
    const aliased = isUnknown(await findCommand(groups, line)) ? await withAlias(line, { io, groups, aliases: preference.aliases ?? [], seen }) : { line, groups };
    const overrides = await overridesOf(aliased.line, { io, groups: aliased.groups, defaults: preference.defaults, seen });
    return { line: [...overrides, ...aliased.line], groups: aliased.groups, pluginPolicy };
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    throw new KubectlError(`error occurred while applying preferences ${error.message}`, { prefixed: true, cause: error });
  }
}
