import { command } from '../../command.ts';
import { KubeconfigEditor } from '../../config/edit-kubeconfig.ts';
import { loadConfig } from '../../config/load-kubeconfig.ts';
import { KubectlError, throwAll } from '../../errors.ts';
import { bool, text } from '../../flags/flags.ts';
import { TabWriter } from '../../printers/tab-writer.ts';
import { usageError } from '../../usage-error.ts';

const namesText = (names: Iterable<string>): string => ['NAME', ...[...names].sort()].map((name) => `${name}\n`).join('');

/** `config current-context`. */
export const currentContext = command({
  usage: 'current-context',
  description: 'Display the current-context.',
  examples: `
    # Where commands go now
    kubectl config current-context`,
  async run({ session: { io, globals } }) {
    const { currentContext: name } = await loadConfig(io, globals.kubeconfig);
    if (name === '') throw new KubectlError('current-context is not set');
    await io.stdout.write(`${name}\n`);
  },
});

/** `config get-clusters`; in the order of names, for which upstream has that of a Go map. */
export const getClusters = command({
  usage: 'get-clusters',
  description: 'Display clusters defined in the kubeconfig.',
  examples: `
    # The clusters that the kubeconfig knows
    kubectl config get-clusters`,
  run: async ({ session: { io, globals } }) => io.stdout.write(namesText((await loadConfig(io, globals.kubeconfig)).clusters.keys())),
});

/** `config get-users`. */
export const getUsers = command({
  usage: 'get-users',
  description: 'Display users defined in the kubeconfig.',
  examples: `
    # The users that the kubeconfig knows
    kubectl config get-users`,
  run: async ({ session: { io, globals } }) => io.stdout.write(namesText((await loadConfig(io, globals.kubeconfig)).users.keys())),
});

/** `config get-contexts`. */
export const getContexts = command({
  usage: 'get-contexts [(-o|--output=)name)]',
  description: 'Display one or many contexts from the kubeconfig file.',
  examples: `
    # All contexts, the current one marked
    kubectl config get-contexts

    # One of them
    kubectl config get-contexts staging`,
  flags: {
    'no-headers': bool('When using the default or custom-column output format, don\'t print headers (default print headers).'),
    'output': text('Output format. One of: (name).', { short: 'o' }),
  },
  async run({ session: { io, globals }, args, flags }) {
    if (flags.output !== '' && flags.output !== 'name') throw new KubectlError(`--output ${flags.output} is not available in kubectl config get-contexts; resetting to default output format`);
    const { contexts, currentContext: current } = await loadConfig(io, globals.kubeconfig);
    const failures = args.filter((name) => !contexts.has(name)).map((name) => new KubectlError(`context ${name} not found`));
    const names = (args.length === 0 ? [...contexts.keys()] : args.filter((name) => contexts.has(name))).sort();
    if (flags.output === 'name') await io.stdout.write(names.map((name) => `${name}\n`).join(''));
    else {
      const out = new TabWriter();
      if (!flags['no-headers']) out.write('CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n');
      for (const name of names) {
        const { cluster = '', user = '', namespace = '' } = contexts.get(name)!;
        out.write(`${name === current ? '*' : ' '}\t${name}\t${cluster}\t${user}\t${namespace}\n`);
      }
      await io.stdout.write(out.flush());
    }
    throwAll(failures);
  },
});

/** `config use-context`. */
export const useContext = command({
  usage: 'use-context CONTEXT_NAME',
  description: 'Set the current-context in a kubeconfig file.',
  examples: `
    # From now on commands go to staging
    kubectl config use-context staging`,
  aliases: ['use'],
  async run({ session, args, path }) {
    const [name] = args;
    if (name === undefined || args.length !== 1) throw usageError(`Unexpected args: [${args.join(' ')}]`, path);
    if (name === '') throw new KubectlError('empty context names are not allowed');
    const editor = await KubeconfigEditor.open(session);
    if (!editor.config.contexts.has(name)) throw new KubectlError(`no context exists with the name: ${JSON.stringify(name)}`);
    editor.setCurrentContext(name);
    editor.save();
    await session.io.stdout.write(`Switched to context ${JSON.stringify(name)}.\n`);
  },
});

/** `config rename-context`. */
export const renameContext = command({
  usage: 'rename-context CONTEXT_NAME NEW_NAME',
  description: 'Renames a context from the kubeconfig file. If it is the current one, it stays so under its new name.',
  examples: `
    # A shorter name
    kubectl config rename-context admin@staging.example staging`,
  async run({ session, args, path }) {
    const [name, to] = args;
    if (name === undefined || to === undefined || args.length !== 2) throw usageError(`Unexpected args: [${args.join(' ')}]`, path);
    if (to === '') throw new KubectlError('You must specify a new non-empty context name');
    const editor = await KubeconfigEditor.open(session);
    if (!editor.config.contexts.has(name)) throw new KubectlError(`cannot rename the context ${JSON.stringify(name)}, it's not in ${editor.file}`);
    if (editor.config.contexts.has(to)) throw new KubectlError(`cannot rename the context ${JSON.stringify(name)}, the context ${JSON.stringify(to)} already exists in ${editor.file}`);
    editor.renameContext(name, to);
    editor.save();
    await session.io.stdout.write(`Context ${JSON.stringify(name)} renamed to ${JSON.stringify(to)}.\n`);
  },
});
