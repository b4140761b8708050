import { command } from '../../command.ts';
import { KubeconfigEditor } from '../../config/edit-kubeconfig.ts';
import { KubectlError } from '../../errors.ts';
import { bool, text } from '../../flags/flags.ts';
import { usageError } from '../../usage-error.ts';
import { rawEntry } from './raw-entry.ts';

export default command({
  usage: 'set-context [NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace]',
  description: 'Set a context entry in kubeconfig. Fields of one that is there and that are not named stay as they are.',
  examples: `
    # Another namespace from now on
    kubectl config set-context --current --namespace=team

    # Another user in one context
    kubectl config set-context gce --user=cluster-admin`,
  flags: {
    cluster: text('cluster for the context entry in kubeconfig'),
    current: bool('Modify the current context'),
    namespace: text('namespace for the context entry in kubeconfig', { short: 'n' }),
    user: text('user for the context entry in kubeconfig'),
  },
  async run({ session, args, flags, given, path }) {
    if (args.length > 1) throw usageError(`Unexpected args: [${args.join(' ')}]`, path);
    const named = args[0] ?? '';
    if (named === '' && !flags.current) throw new KubectlError('you must specify a non-empty context name or --current');
    if (named !== '' && flags.current) throw new KubectlError('you cannot specify both a context name and --current');
    const editor = await KubeconfigEditor.open(session);
    const name = flags.current ? editor.config.currentContext : named;
    if (name === '') throw new KubectlError('no current context is set');
    const exists = editor.config.contexts.has(name);
    const entry: Record<string, unknown> = exists ? await rawEntry(editor, 'contexts', name) : { cluster: '', user: '' };
    for (const key of ['cluster', 'namespace', 'user'] as const) if (given.has(key)) entry[key] = flags[key];
    editor.set('contexts', name, entry);
    editor.save();
    await session.io.stdout.write(`Context ${JSON.stringify(name)} ${exists ? 'modified' : 'created'}.\n`);
  },
});
