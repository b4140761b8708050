import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { addComponentCommands } from './component-flags.ts';
import { addJoinCommands } from './join-flags.ts';
import { UsageError, addClusterFlags, defaultDataDir } from './options.ts';
import { holdYoungGeneration } from './young-generation.ts';

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
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`${text.trim().replaceAll(/\s*\n\s*/g, ' ').replace(/\.$/, '')}; see --help\n`) })
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
    .addHelpText('after', `
Example:
  coxswain server --store memory --port 0 --data-dir /tmp/cluster`)
    .action(async (_flags: unknown, command: Command) => (await import('./up.ts')).up(command, { node: false }));

  addClusterFlags(root.command('apiserver').description('start the API server alone, with its store'))
    .addHelpText('after', `
Example:
  coxswain apiserver --data-dir /tmp/cluster`)
    .action(async (_flags: unknown, command: Command) => (await import('./up.ts')).up(command, { node: false, controllers: false }));

  addComponentCommands(root);

  addJoinCommands(root);

  const image = root.command('image').description('the node\'s images');
  image.command('load').description('import archives made by docker save, podman save, buildah or skopeo').argument('<files...>').addOption(dataDirFlag())
    .action(async (files: string[], flags: { dataDir: string }) => (await import('./image.ts')).loadImages(files, flags.dataDir));
  image.command('ls').description('list the node\'s images').addOption(dataDirFlag())
    .action(async (flags: { dataDir: string }) => (await import('./image.ts')).listImages(flags.dataDir));

  root.command('why [line...]').description('why something is as it is: what stands in its way, what to do, and how it came to this: the same as `coxswain kubectl why`');
  root.command('kubectl [line...]').description('kubectl: for this cluster and any other; `coxswain kubectl --help` tells its commands');

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

// Whoever reads us through a pipe may stop reading: `coxswain image ls | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

// Before anything large is loaded.
holdYoungGeneration();
// kubectl reads its line by rules of its own.
if (process.argv[2] === 'kubectl' || process.argv[2] === 'why') {
  const { kubectlProgram } = await import('./kubectl.ts');
  await kubectlProgram(process.argv.slice(process.argv[2] === 'why' ? 2 : 3));
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
