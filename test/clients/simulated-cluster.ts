import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/base/logger.ts';
import { SystemRandom } from '../../src/base/random.ts';
import { RealClock } from '../../src/base/real-clock.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { startCluster } from '../../src/cluster/cluster.ts';
import type { ClusterSettings } from '../../src/cluster/start-options.ts';

export interface RunningCluster extends AsyncDisposable {
  readonly cluster: Cluster;
  /** A kubeconfig file of an administrator. */
  readonly kubeconfig: string;
}

/** Keys and certificates that the first cluster of this process made: to make them is a third of a start, and they are no less those of the next. */
let made: ReadonlyMap<string, Buffer> | undefined;

async function lay(folder: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, content] of files) await writeFile(join(folder, name), content, { mode: 0o600 });
}

async function contentsOf(folder: string): Promise<ReadonlyMap<string, Buffer>> {
  return new Map(await Promise.all((await readdir(folder)).map(async (name) => [name, await readFile(join(folder, name))] as const)));
}

/** The cluster that `coxswain up --runtime simulated --store memory --port 0` starts, with a home and data folder of its own. */
export async function startSimulatedCluster(settings: Pick<ClusterSettings, 'runtimeConfig'> = {}): Promise<RunningCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'coxswain-clients-'));
  const nothing = (): void => {};
  const keys = join(folder, 'data/pki');
  if (made !== undefined) await lay(keys, made);
  const cluster = await startCluster({
    dataDir: join(folder, 'data'), home: folder, environment: {}, port: 0, bindAddress: '127.0.0.1', store: 'memory', runtime: 'simulated', nodes: 1, nodeName: 'node-1',
    tokenFile: undefined, clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', clusterDomain: 'cluster.local', writeKubeconfig: undefined, install: false,
    proxyMode: 'none', node: true, ...settings,
    clock: new RealClock(), random: new SystemRandom(), logger: silentLogger, progress: { ready: nothing, done: nothing, doing: nothing, note: nothing },
  });
  made ??= await contentsOf(keys);
  return {
    cluster,
    kubeconfig: cluster.adminKubeconfig,
    async [Symbol.asyncDispose]() {
      await cluster[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
