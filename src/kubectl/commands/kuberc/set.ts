import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import type { FlagValues } from '../../flags/flags.ts';
import { array, bool, text } from '../../flags/flags.ts';
import type { AllowlistEntry, OptionDefault, Preference } from '../../preferences/preference.ts';
import { parsePreference } from '../../preferences/preference.ts';
import { kubercInUse, noPreference, readKuberc, writeKuberc } from './kuberc-in-use.ts';

const flags = {
  'section': text('What is changed: defaults, aliases or credentialplugin.', { required: true }),
  'command': text('The command that it is about (e.g. get, create, "set env").'),
  'name': text('The name of an alias.'),
  'policy': text('Which credential plugins may run: AllowAll, DenyAll or Allowlist.'),
  'option': array('A flag and what it is, as flag=value. May be given several times.'),
  'prependarg': array('An argument before those that you give to an alias. May be given several times.'),
  'appendarg': array('An argument after those that you give to an alias. May be given several times.'),
  'allowlist-entry': array('A plugin that may run, as command=NAME. May be given several times.'),
  'overwrite': bool('Replace what is there already.'),
} as const;

type Values = FlagValues<typeof flags>;

const quoted = (value: string): string => JSON.stringify(value);

function checkPolicy({ policy, 'allowlist-entry': entries }: Values): void {
  if (policy === '') throw new KubectlError('--policy is required when --section=credentialplugin');
  if (policy === 'AllowAll' || policy === 'DenyAll') {
    if (entries.length > 0) throw new KubectlError('--allowlist-entry may only be used when --section=credentialplugin and --policy=Allowlist');
  } else if (policy !== 'Allowlist') throw new KubectlError(` --policy must be  "AllowAll", "DenyAll", or "Allowlist", got: ${policy}`);
  else if (entries.length === 0) throw new KubectlError('--allowlist-entry is required when --section=credentialplugin and --policy=Allowlist');
}

function check(values: Values): void {
  const { section, name, prependarg, appendarg } = values;
  if (!['defaults', 'aliases', 'credentialplugin'].includes(section)) throw new KubectlError(`--section must be "defaults", "aliases", or "credentialplugin", got: ${section}`);
  if (section === 'aliases' && name === '') throw new KubectlError('--name is required when --section=aliases');
  if (section === 'defaults' && name !== '') throw new KubectlError('--name should not be specified when --section=defaults');
  if (section === 'defaults' && prependarg.length + appendarg.length > 0) throw new KubectlError('--prependarg and --appendarg are only valid for --section=aliases');
  if (section !== 'credentialplugin' && values.command === '') throw new KubectlError('--command is required when --section=aliases or --section=defaults');
  if (section === 'credentialplugin') checkPolicy(values);
}

function optionsOf(written: readonly string[]): OptionDefault[] {
  return written.map((option) => {
    const equals = option.indexOf('=');
    if (equals < 0) throw new KubectlError(`invalid option format ${quoted(option)}, expected flag=value`);
    return { name: option.slice(0, equals).replace(/^-+/, ''), default: option.slice(equals + 1) };
  });
}

/** The list with an entry in the place of the one of its name, or at its end. */
function put<T>(list: readonly T[] | null, at: number, entry: T): T[] {
  return at < 0 ? [...(list ?? []), entry] : (list ?? []).map((one, i) => (i === at ? entry : one));
}

function withDefaults(preference: Preference, { command: name, overwrite }: Values, options: readonly OptionDefault[]): Preference {
  const at = preference.defaults?.findIndex((one) => one.command === name) ?? -1;
  if (at >= 0 && !overwrite) throw new KubectlError(`defaults for command ${quoted(name)} already exist, use --overwrite to replace`);
  const kept = options.length === 0 ? preference.defaults?.[at]?.options ?? null : options;
  return { ...preference, defaults: put(preference.defaults, at, { command: name, options: kept }) };
}

function withAlias(preference: Preference, values: Values, options: readonly OptionDefault[]): Preference {
  const { name, command: target, prependarg, appendarg, overwrite } = values;
  const at = preference.aliases?.findIndex((one) => one.name === name) ?? -1;
  if (at >= 0 && !overwrite) throw new KubectlError(`alias ${quoted(name)} already exists, use --overwrite to replace`);
  const before = preference.aliases?.[at];
  // What is not given stays as it was.
  const or = <T>(given: readonly T[], kept: readonly T[] = []): readonly T[] => (given.length > 0 ? given : kept);
  const [prependArgs, appendArgs, preferred] = [or(prependarg, before?.prependArgs), or(appendarg, before?.appendArgs), or(options, before?.options)];
  const entry = { name, command: target, ...(prependArgs.length > 0 && { prependArgs }), ...(appendArgs.length > 0 && { appendArgs }), ...(preferred.length > 0 && { options: preferred }) };
  return { ...preference, aliases: put(preference.aliases, at, entry) };
}

function allowlistOf(written: readonly string[]): AllowlistEntry[] {
  const errors: Error[] = [];
  const entries: AllowlistEntry[] = [];
  for (const pair of written.flatMap((one) => one.split(','))) {
    const equals = pair.indexOf('=');
    const [field, value] = [pair.slice(0, Math.max(equals, 0)), pair.slice(equals + 1)];
    if (equals < 0) errors.push(new KubectlError(`improperly formatted allowlist entry: ${quoted(pair)}`));
    else if (field === 'name') errors.push(new KubectlError('allowlist entry field "name" is deprecated, use "command" instead'));
    else if (field !== 'command') errors.push(new KubectlError(`unrecognized allowlist entry field: ${quoted(field)}`));
    else if (value.trim() === '') errors.push(new KubectlError(`empty value in allowlist entry for field ${quoted(field)}`));
    else entries.push({ command: value });
  }
  throwAll(errors);
  return entries;
}

function withPolicy(preference: Preference, { policy, 'allowlist-entry': entries }: Values): Preference {
  return { ...preference, credentialPluginPolicy: policy, ...(policy === 'Allowlist' && { credentialPluginAllowlist: allowlistOf(entries) }) };
}

async function run({ session, flags: values }: Call<typeof flags>): Promise<void> {
  const { file } = kubercInUse(session);
  check(values);
  const before = readKuberc(session, file);
  const preference = before === undefined || before === '' ? noPreference : parsePreference(before) ?? { defaults: null, aliases: null };
  const options = optionsOf(values.option);
  const changes = { defaults: withDefaults, aliases: withAlias, credentialplugin: withPolicy };
  await writeKuberc(session, file, changes[values.section as keyof typeof changes](preference, values, options));
}

export default command({
  usage: 'set --section (defaults|aliases) --command COMMAND',
  description: `Set values in the file of your preferences.

 --section says which: what flags of a command are by default, an alias, or which credential plugins may run. A command is its words alone, such as "set env"; resources and other arguments go to --prependarg and --appendarg of an alias.`,
  examples: `
    # Get shows more columns
    kubectl kuberc set --section defaults --command get --option output=wide

    # The same for a command below another, in the place of what was there
    kubectl kuberc set --section defaults --command "set env" --option output=yaml --overwrite

    # An alias for nodes, and one whose end is always the same
    kubectl kuberc set --section aliases --name getn --command get --prependarg nodes --option output=wide
    kubectl kuberc set --section aliases --name runx --command run --option image=nginx --appendarg -- --appendarg custom-arg

    # Only this credential plugin may run
    kubectl kuberc set --section credentialplugin --policy Allowlist --allowlist-entry command=cloud-login`,
  flags,
  run,
});
