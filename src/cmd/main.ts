import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { UsageError, addClusterFlags, defaultDataDir } from './options.ts';

/** The package's own version, from the package.json beside the bundle or the sources. */
function version(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { name?: string; version?: string };
      if (manifest.name === 'coxswain' && manifest.version !== undefined) return manifest.version;
    } catch {
      // Not there: the other one is.
    }
  }
  return 'unknown';
}

const dataDirFlag = (): Option => new Option('--data-dir <folder>', 'where the cluster keeps everything').default(defaultDataDir());

function program(): Command {
  const root = new Command('coxswain')
    .description('Kubernetes in TypeScript: a whole cluster in one program.')
    .version(`coxswain ${version()} (Kubernetes v1.36)`, '-v, --version')
    .showHelpAfterError('(try: coxswain --help)')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'error: ')) })
    .addHelpText('after', `
Examples:
  coxswain up                                a one-node cluster in the foreground
  coxswain up --runtime simulated --nodes 5  five nodes that run nothing for real
  coxswain image load web.tar                put an image into the node's store
  coxswain reset                             remove everything that was ever made here`);

  addClusterFlags(root.command('up').description('start the control plane and a node in the foreground'))
    .addHelpText('after', `
Examples:
  coxswain up --port 0 --data-dir /tmp/cluster
  coxswain up --config cluster.yaml

Stopping it (Ctrl-C) leaves containers running; the next start adopts them.`)
    .action(async (_flags: unknown, command: Command) => (await import('./up.ts')).up(command, { node: true }));

  addClusterFlags(root.command('server').description('start the control plane alone'))
    .action(async (_flags: unknown, command: Command) => (await import('./up.ts')).up(command, { node: false }));

  addClusterFlags(root.command('apiserver').description('start the API server alone, with its store'))
    .action(async (_flags: unknown, command: Command) => (await import('./up.ts')).up(command, { node: false, controllers: false }));

  for (const [name, description] of [
    ['scheduler', 'start the scheduler alone, against any API server'],
    ['controller-manager', 'start the controllers alone, against any API server'],
    ['proxy', 'start the service proxy of this machine alone, against any API server'],
    ['dns', 'start the cluster DNS alone, against any API server'],
    ['kubelet', 'start the kubelet of this machine alone, against any API server'],
  ] as const) {
    const command = root.command(name).description(description)
      .requiredOption('--kubeconfig <file>', 'how to reach the API server')
      .addOption(new Option('--log-level <level>', 'debug, info, warn or error').choices(['debug', 'info', 'warn', 'error']).default('info'));
    if (name === 'controller-manager') command.option('--controllers <names>', 'comma-separated; `*` for all, `-name` to leave one out', '*').option('--cluster-cidr <cidr>', 'addresses of pods', '10.244.0.0/16').option('--service-account-private-key-file <file>', 'accepted as upstream does; tokens are issued by the API server').option('--root-ca-file <file>', 'the certificate authority that pods are told to trust');
    if (name === 'proxy') command.option('--cluster-cidr <cidr>', 'addresses of pods', '10.244.0.0/16').addOption(new Option('--proxy-mode <mode>').choices(['auto', 'nftables', 'iptables']).default('auto')).option('--node-name <name>', 'name of this node (default: the host name)');
    if (name === 'dns') command.option('--listen <address>', 'address to listen on', '127.0.0.1').option('--port <port>', 'port to listen on', '53').option('--cluster-domain <domain>', 'domain of the cluster', 'cluster.local');
    if (name === 'kubelet') command.addOption(dataDirFlag()).option('--node-name <name>', 'name of this node (default: the host name)').option('--cluster-dns <ip>', 'address of the cluster DNS', '10.96.0.10').option('--cluster-domain <domain>', 'domain of the cluster', 'cluster.local').addOption(new Option('--runtime <kind>').choices(['containerd', 'simulated']).default('containerd'));
    command.action(async (flags: Record<string, string>) => (await import('./component.ts')).runComponent(name, flags));
  }

  const image = root.command('image').description('the node\'s images');
  image.command('load').description('import archives made by docker save, podman save, buildah or skopeo').argument('<files...>').addOption(dataDirFlag())
    .action(async (files: string[], flags: { dataDir: string }) => (await import('./image.ts')).loadImages(files, flags.dataDir));
  image.command('ls').description('list the node\'s images').addOption(dataDirFlag())
    .action(async (flags: { dataDir: string }) => (await import('./image.ts')).listImages(flags.dataDir));

  root.command('reset').description('stop and remove everything that Coxswain ever made on this machine').addOption(dataDirFlag())
    .action(async (flags: { dataDir: string }) => (await import('./reset.ts')).resetMachine(flags.dataDir));

  return root;
}

/** One line for a mistake of the user or of the machine; a stack only for a bug, which this is not supposed to have. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message } = error;
  const expected = error instanceof UsageError || ['PkiError', 'StoreUnavailableError', 'ApiError', 'RuntimeError'].includes(name) || 'code' in error;
  return expected || process.env['COXSWAIN_DEBUG'] === undefined ? message : (error.stack ?? message);
}

try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`error: ${explain(error)}\n`);
    process.exitCode = error instanceof UsageError ? error.exitCode : 1;
  }
}
