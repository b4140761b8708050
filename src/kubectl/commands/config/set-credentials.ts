import type { Call } from '../../command.ts';
import { command } from '../../command.ts';
import { KubeconfigEditor } from '../../config/edit-kubeconfig.ts';
import { KubectlError } from '../../errors.ts';
import { array, bool, list, text } from '../../flags/flags.ts';
import { absolute, embedded, rawEntry } from './raw-entry.ts';

const flags = {
  'auth-provider': text('Auth provider for the user entry in kubeconfig'),
  'auth-provider-arg': list('\'key=value\' arguments for the auth provider'),
  'client-certificate': text('Path to client-certificate file for the user entry in kubeconfig'),
  'client-key': text('Path to client-key file for the user entry in kubeconfig'),
  'embed-certs': bool('Embed client cert/key for the user entry in kubeconfig'),
  'exec-api-version': text('API version of the exec credential plugin for the user entry in kubeconfig'),
  'exec-arg': list('New arguments for the exec credential plugin command for the user entry in kubeconfig'),
  'exec-command': text('Command for the exec credential plugin for the user entry in kubeconfig'),
  'exec-env': array('\'key=value\' environment values for the exec credential plugin'),
  'exec-interactive-mode': text('InteractiveMode of the exec credentials plugin for the user entry in kubeconfig'),
  'exec-provide-cluster-info': bool('ProvideClusterInfo of the exec credentials plugin for the user entry in kubeconfig'),
  'password': text('password for the user entry in kubeconfig'),
  'token': text('token for the user entry in kubeconfig'),
  'username': text('username for the user entry in kubeconfig'),
} as const;

type SetCall = Call<typeof flags>;
type Entry = Record<string, unknown>;

/** `key=value` sets, `key-` takes away. */
function pairs(texts: readonly string[], flag: string): { readonly set: Map<string, string>; readonly remove: ReadonlySet<string> } {
  const set = new Map<string, string>();
  const remove = new Set<string>();
  for (const one of texts) {
    const equals = one.indexOf('=');
    if (equals > 0) set.set(one.slice(0, equals), one.slice(equals + 1));
    else if (one.endsWith('-') && equals < 0) remove.add(one.slice(0, -1));
    else throw new KubectlError(`invalid ${flag} format: ${one}`);
  }
  return { set, remove };
}

function check({ args, flags: values, session: { io } }: SetCall): void {
  if (args[0] === '') throw new KubectlError('you must specify a non-empty user name');
  if (values.token !== '' && (values.username !== '' || values.password !== '')) throw new KubectlError('you cannot specify more than one authentication method at the same time: --token, --username/--password');
  if (values['embed-certs'] && values['client-certificate'] === '' && values['client-key'] === '') throw new KubectlError('you must specify a --client-certificate or --client-key to embed');
  if (values['embed-certs']) for (const key of ['client-certificate', 'client-key'] as const) if (values[key] !== '') embedded(io, key, values[key]);
  const mode = values['exec-interactive-mode'];
  if (mode !== '' && !['IfAvailable', 'Never', 'Always'].includes(mode)) throw new KubectlError('invalid interactive mode type, can be only IfAvailable, Never, Always');
}

function setCertificates(entry: Entry, { session: { io }, flags: values, given, args: [name] }: SetCall, editor: KubeconfigEditor): void {
  for (const key of ['client-certificate', 'client-key'] as const) {
    if (!given.has(key)) continue;
    delete entry[key];
    delete entry[`${key}-data`];
    if (values['embed-certs']) entry[`${key}-data`] = embedded(io, key, values[key]);
    else if (values[key] !== '') entry[key] = editor.pathIn('users', name!, absolute(io, values[key]));
  }
}

function setSecrets(entry: Entry, { flags: values, given }: SetCall): void {
  for (const key of ['token', 'username', 'password'] as const) {
    if (!given.has(key)) continue;
    if (values[key] === '') delete entry[key];
    else entry[key] = values[key];
  }
  // One way to say who one is takes the place of the other.
  if (values.token !== '') for (const key of ['username', 'password']) delete entry[key];
  if (values.username !== '' || values.password !== '') delete entry['token'];
}

function setProvider(entry: Entry, { flags: values, given }: SetCall): void {
  const before = entry['auth-provider'] as { readonly name?: string; readonly config?: Record<string, string> } | undefined;
  const provider = given.has('auth-provider') && before?.name !== values['auth-provider'] ? { name: values['auth-provider'] } : before;
  if (provider === undefined) return;
  const { set, remove } = pairs(values['auth-provider-arg'], 'auth-provider-arg');
  const config = Object.entries({ ...('config' in provider ? provider.config : {}), ...Object.fromEntries(set) }).filter(([key]) => !remove.has(key));
  entry['auth-provider'] = { config: config.length === 0 ? null : Object.fromEntries(config), name: provider.name };
}

function setExec(entry: Entry, { flags: values, given }: SetCall): void {
  const before = entry['exec'] as Entry | undefined;
  if (before === undefined && !given.has('exec-command')) return;
  const exec: Entry = { apiVersion: null, args: null, command: '', env: null, provideClusterInfo: false, ...before };
  if (given.has('exec-command')) Object.assign(exec, { command: values['exec-command'], args: null });
  if (given.has('exec-api-version')) exec['apiVersion'] = values['exec-api-version'];
  if (values['exec-arg'].length > 0) exec['args'] = values['exec-arg'];
  if (given.has('exec-interactive-mode')) exec['interactiveMode'] = values['exec-interactive-mode'];
  if (given.has('exec-provide-cluster-info')) exec['provideClusterInfo'] = values['exec-provide-cluster-info'];
  const { set, remove } = pairs(values['exec-env'], 'exec-env');
  const kept = ((exec['env'] as { name: string; value: string }[] | null | undefined) ?? []).filter(({ name }) => !remove.has(name));
  const env = [...kept.map(({ name, value }) => ({ name, value: set.get(name) ?? value })), ...[...set].filter(([name]) => !kept.some((one) => one.name === name)).map(([name, value]) => ({ name, value }))];
  exec['env'] = env.length === 0 ? null : env;
  entry['exec'] = exec;
}

async function run(call: SetCall): Promise<void> {
  const { session, args } = call;
  if (args.length !== 1) throw new KubectlError(`unexpected args: [${args.join(' ')}]`);
  check(call);
  const [name] = args as [string];
  const editor = await KubeconfigEditor.open(session);
  const entry = await rawEntry(editor, 'users', name);
  setCertificates(entry, call, editor);
  for (const change of [setSecrets, setProvider, setExec]) change(entry, call);
  editor.set('users', name, entry);
  editor.save();
  await session.io.stdout.write(`User ${JSON.stringify(name)} set.\n`);
}

export default command({
  usage: 'set-credentials NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] [--username=basic_user] [--password=basic_password] [--auth-provider=provider_name] [--auth-provider-arg=key=value] [--exec-command=exec_command] [--exec-api-version=exec_api_version] [--exec-arg=arg] [--exec-env=key=value]',
  description: 'Set a user entry in kubeconfig: by a client certificate, a bearer token, a name and password, or a program that yields credentials.',
  examples: `
    # A token
    kubectl config set-credentials robot --token=abc

    # A certificate, inside the file
    kubectl config set-credentials admin --client-certificate=admin.crt --client-key=admin.key --embed-certs

    # A program
    kubectl config set-credentials me --exec-command=/path/to/it --exec-api-version=client.authentication.k8s.io/v1`,
  flags,
  run,
});
