import { existsSync, readFileSync } from 'node:fs';
import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import type { LoadedConfig } from '../../config/load-kubeconfig.ts';
import { loadConfig } from '../../config/load-kubeconfig.ts';
import { KubectlError } from '../../errors.ts';
import { bool } from '../../flags/flags.ts';
import { outputFlags, printOwn } from '../../printers/output.ts';
import type { AnyObject } from '../../resources/item.ts';
import { usageError } from '../../usage-error.ts';

const flags = {
  ...outputFlags,
  flatten: bool('Flatten the resulting kubeconfig file into self-contained output (useful for creating portable kubeconfig files)'),
  merge: bool('Merge the full hierarchy of kubeconfig files', { initial: true }),
  minify: bool('Remove all information not used by current-context from the output'),
  raw: bool('Display raw byte data and sensitive data'),
} as const;

type Entry = Record<string, unknown>;
interface Shown { currentContext: string; clusters: Map<string, Entry>; contexts: Map<string, Entry>; users: Map<string, Entry> }

/** Fields in the order of Go's structures, which JSON keeps. */
const order: Readonly<Record<'clusters' | 'contexts' | 'users', readonly string[]>> = {
  clusters: ['server', 'tls-server-name', 'insecure-skip-tls-verify', 'certificate-authority', 'certificate-authority-data', 'proxy-url', 'disable-compression', 'extensions'],
  contexts: ['cluster', 'user', 'namespace', 'extensions'],
  users: ['client-certificate', 'client-certificate-data', 'client-key', 'client-key-data', 'token', 'tokenFile', 'as', 'as-uid', 'as-groups', 'as-user-extra', 'username', 'password', 'auth-provider', 'exec', 'extensions'],
};

const files = [['certificate-authority', 'certificate-authority-data'], ['client-certificate', 'client-certificate-data'], ['client-key', 'client-key-data']] as const;

function minified(shown: Shown): Shown {
  const name = shown.currentContext;
  if (name === '') throw new KubectlError('current-context must exist in order to minify');
  const context = shown.contexts.get(name);
  if (context === undefined) throw new KubectlError(`cannot locate context ${name}`);
  const only = (map: Map<string, Entry>, key: unknown, noun: string): Map<string, Entry> => {
    if (typeof key !== 'string' || key === '') return new Map();
    const entry = map.get(key);
    if (entry === undefined) throw new KubectlError(`cannot locate ${noun} ${key}`);
    return new Map([[key, entry]]);
  };
  return { currentContext: name, contexts: new Map([[name, context]]), clusters: only(shown.clusters, context['cluster'], 'cluster'), users: only(shown.users, context['user'], 'user') };
}

/** Files' contents in the place of their paths. */
function flattened(entry: Entry): Entry {
  const flat = { ...entry };
  for (const [path, data] of files) {
    const file = flat[path];
    if (typeof file !== 'string' || file === '') continue;
    if (flat[data] === undefined || flat[data] === '') {
      if (!existsSync(file)) throw new KubectlError(`open ${file}: no such file or directory`);
      flat[data] = readFileSync(file).toString('base64');
    }
    delete flat[path];
  }
  return flat;
}

/** Nothing that others should not read. */
function redacted(entry: Entry): Entry {
  const clean = { ...entry };
  for (const [, data] of files) if (clean[data] !== undefined && clean[data] !== '') clean[data] = 'DATA+OMITTED';
  for (const key of ['token', 'password']) if (clean[key] !== undefined && clean[key] !== '') clean[key] = 'REDACTED';
  return clean;
}

function ordered(section: keyof typeof order, entry: Entry): Entry {
  const kept = ['server', 'cluster', 'user'];
  const fields = order[section].filter((key) => entry[key] !== undefined && (kept.includes(key) || (entry[key] !== '' && entry[key] !== false && entry[key] !== null)));
  return Object.fromEntries([...(section === 'clusters' && entry['server'] === undefined ? [['server', '']] : []), ...(section === 'contexts' ? ['cluster', 'user'].filter((key) => entry[key] === undefined).map((key) => [key, '']) : []), ...fields.map((key) => [key, entry[key]])]) as Entry;
}

function configOf(shown: Shown): AnyObject {
  const listed = <K extends keyof typeof order>(section: K, noun: string): unknown => {
    const entries = [...shown[section]].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, entry]) => ({ name, [noun]: ordered(section, entry) }));
    return entries.length === 0 ? null : entries;
  };
  return { kind: 'Config', apiVersion: 'v1', clusters: listed('clusters', 'cluster'), users: listed('users', 'user'), contexts: listed('contexts', 'context'), 'current-context': shown.currentContext };
}

async function run({ session, args, flags: values, given, path }: Call<typeof flags>): Promise<void> {
  const { io, globals } = session;
  if (args.length > 0) throw usageError(`unexpected arguments: [${args.join(' ')}]`, path);
  if (!values.merge && given.has('merge') && globals.kubeconfig === '') throw new KubectlError('if merge==false a precise file must be specified');
  const loaded: LoadedConfig = await loadConfig(io, globals.kubeconfig, { asWritten: globals.kubeconfig !== '' && !(given.has('merge') && values.merge) && !values.flatten });
  let shown = { ...loaded } as unknown as Shown;
  if (values.minify) shown = minified({ ...shown, currentContext: globals.context === '' ? shown.currentContext : globals.context });
  const each = (change: (entry: Entry) => Entry): Shown => ({ ...shown, clusters: new Map([...shown.clusters].map(([name, entry]) => [name, change(entry)])), users: new Map([...shown.users].map(([name, entry]) => [name, change(entry)])) });
  if (values.flatten) shown = each(flattened);
  else if (!values.raw) shown = each(redacted);
  const config = configOf(shown);
  await io.stdout.write(await printOwn(config, values, io));
}

export default command({
  usage: 'view',
  description: 'Display merged kubeconfig settings or a specified kubeconfig file. Secrets are left out, unless --raw or --flatten asks for them.',
  examples: `
    # What is in use, without secrets
    kubectl config view

    # Only what the current context needs, as one file that works elsewhere
    kubectl config view --minify --flatten

    # One value
    kubectl config view -o jsonpath='{.users[?(@.name == "e2e")].user.password}'`,
  flags,
  run,
});
