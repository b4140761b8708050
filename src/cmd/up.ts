import { homedir, hostname } from 'node:os';
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { LineLogger } from '../base/logger.ts';
import { SystemRandom } from '../base/random.ts';
import { RealClock } from '../base/real-clock.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { startCluster } from '../cluster/cluster.ts';
import { Progress } from './progress.ts';
import type { ClusterOptions } from './options.ts';
import { UsageError, resolveClusterOptions } from './options.ts';

/** What of a cluster a command starts. */
export interface UpScope {
  readonly node: boolean;
  /** Scheduler and controllers. Default true. */
  readonly controllers?: boolean;
}

/** When the process that the user started began: the launcher passes it on. */
function startedAtMs(): number {
  const launcher = Number(process.env['COXSWAIN_STARTED_MS']);
  return Number.isFinite(launcher) && launcher > 0 ? launcher : Math.round(performance.timeOrigin);
}

/** `coxswain up`, `server` and `apiserver`: runs in the foreground until a signal comes. */
export async function up(command: Command, scope: UpScope): Promise<void> {
  const options = resolveClusterOptions(command.opts(), (key) => command.getOptionValueSource(key) === 'cli', hostname());
  const clock = new RealClock();
  const logger = new LineLogger({ clock, level: options.logLevel, write: (line) => process.stderr.write(`${line}\n`) });
  const progress = new Progress({ clock, startedAtMs: startedAtMs(), write: (text) => process.stdout.write(text), colour: process.stdout.isTTY && process.env['NO_COLOR'] === undefined });

  const stop = stopRequested();
  // A bug in one part must not take the cluster down without a word, nor hide.
  process.on('uncaughtException', (error) => {
    process.stderr.write(`error: ${error.stack ?? error.message}\n`);
    process.exit(70);
  });
  process.on('unhandledRejection', (error) => logger.error('a promise was rejected and nobody noticed', { error, stack: error instanceof Error ? error.stack : undefined }));

  const tokenFile = options.tokenAuthFile === undefined ? undefined : await readTokenFile(options.tokenAuthFile);
  const cluster = await startCluster({
    ...options,
    ...scope,
    tokenFile,
    home: homedir(),
    environment: process.env,
    clock,
    random: new SystemRandom(),
    logger,
    progress,
  });
  tellWhatNext(progress, options, cluster);
  await stop;
  progress.line();
  progress.doing('stopping');
  const forced = setTimeoutThatEnds(clock);
  await cluster[Symbol.asyncDispose]();
  forced.cancel();
  progress.done(cluster.realNode ? 'stopped; containers go on running, and the next start adopts them' : 'stopped');
  process.exit(0);
}

async function readTokenFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`--token-auth-file: ${(error as Error).message}`);
  }
}

/** Resolves at the first Ctrl-C or termination; a second one ends the process at once. */
function stopRequested(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(130));
        resolve();
      });
    }
  });
}

/** Stopping in order must not take for ever. */
function setTimeoutThatEnds(clock: RealClock): { cancel(): void } {
  return clock.setTimer(10_000, () => {
    process.stderr.write('error: stopping took longer than 10 s; ended the hard way\n');
    process.exit(1);
  }, { unref: true });
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
