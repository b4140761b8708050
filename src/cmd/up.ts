import { homedir, hostname } from 'node:os';
import type { Command } from 'commander';
import type { Cluster } from '../cluster/cluster.ts';
import { shutdownMs } from '../cluster/serving.ts';
import { readAccess } from './access.ts';
import { runInForeground } from './foreground.ts';
import type { Progress } from './progress.ts';
import type { ClusterOptions } from './options.ts';
import { resolveClusterOptions } from './options.ts';

/** What of a cluster a command starts. */
export interface UpScope {
  readonly node: boolean;
  /** Scheduler and controllers. Default true. */
  readonly controllers?: boolean;
}

/** `coxswain up`, `server` and `apiserver`: runs in the foreground until a signal comes. */
export async function up(command: Command, scope: UpScope): Promise<void> {
  const options = resolveClusterOptions(command.opts(), (key) => command.getOptionValueSource(key) === 'cli', hostname());
  const access = await readAccess(options);
  await runInForeground(options.logLevel, async (parts) => {
    // Loaded once the flags are known to be right: it takes longer than to say what is wrong with them.
    const { startCluster } = await import('../cluster/cluster.ts');
    const cluster = await startCluster({ ...options, ...scope, ...parts, flags: flagsOf(command), tokenFile: options.tokenAuthFile, access, home: homedir(), environment: process.env });
    tellWhatNext(parts.progress, options, cluster);
    return cluster;
  }, { terminated: (cluster) => cluster.shutDownNode(), stopped: (cluster) => (cluster.realNode ? 'stopped; containers go on running, and the next start adopts them' : 'stopped'), graceMs: shutdownMs(options), isLarge: scope.node && options.nodes > 100 });
}

/** Every flag of a command by its name, with the value that it has; those that have none are empty. */
function flagsOf(command: Command): Record<string, string> {
  const values = command.opts<Record<string, unknown>>();
  return Object.fromEntries(command.options.map((option) => [option.name(), String(values[option.attributeName()] ?? '')]));
}

function tellWhatNext(progress: Progress, options: ClusterOptions, cluster: Cluster): void {
  progress.line();
  progress.line(`${progress.bold('Kubernetes v1.36')} at ${cluster.url}`);
  progress.line(`kubeconfig: ${cluster.adminKubeconfig}`);
  if (cluster.context !== undefined) progress.line(`context ${JSON.stringify(cluster.context.name)} is in ${cluster.context.file} and is the current one`);
  progress.line();
  progress.line('Try:');
  const flag = cluster.context === undefined ? ` --kubeconfig ${cluster.adminKubeconfig}` : '';
  progress.line(`  kubectl${flag} get nodes`);
  if (cluster.realNode || options.nodes > 0) progress.line(`  kubectl${flag} apply -f examples/nginx-deployment.yaml`);
  progress.line('Ctrl-C stops it.');
}
