import { hostname } from 'node:os';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { LogLevel } from '../base/logger.ts';
import { loadKubeconfig } from '../client/kubeconfig.ts';
import type { ComponentOptions } from '../cluster/alone/component.ts';
import type { ReadConfiguration as KubeletConfiguration } from '../kubelet/config/read.ts';
import type { ReadConfiguration } from '../scheduler/config/read.ts';
import type { SchedulerFeatures } from '../scheduler/config/settings.ts';
import { controllerSettings } from './controller-flags.ts';
import { runInForeground } from './foreground.ts';
import { UsageError } from './options.ts';

export type ComponentName = 'scheduler' | 'controller-manager' | 'cloud-controller-manager' | 'kubelet' | 'proxy' | 'dns' | 'ingress';

/** Flags of all of them, as commander parsed and checked them; which are there depends on the component. */
export interface ComponentFlags {
  readonly kubeconfig: string;
  readonly logLevel: LogLevel;
  readonly leaderElect: boolean;
  readonly config?: string;
  readonly controllers: readonly string[];
  readonly featureGates?: Readonly<Record<string, string>>;
  readonly clusterCidr: string;
  readonly rootCaFile?: string;
  readonly proxyMode: 'auto' | 'nftables' | 'iptables';
  readonly nodeName?: string;
  readonly listen: string;
  readonly port: number;
  readonly clusterDomain: string;
  readonly clusterDns: string;
  readonly dataDir: string;
  readonly runtime: 'containerd' | 'simulated';
  readonly install: boolean;
  readonly tlsCertFile?: string;
  readonly tlsPrivateKeyFile?: string;
  readonly clientCaFile?: string;
  readonly bootstrapKubeconfig?: string;
  readonly loadBalancerPool: readonly string[] | undefined;
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly publishAddress: readonly string[];
}

/** A component alone, against any API server: runs in the foreground until a signal comes. */
export async function runComponent(name: ComponentName, flags: ComponentFlags): Promise<void> {
  // A node that has joined goes by what it got then; its leave to join may have ended since.
  const joins = flags.bootstrapKubeconfig !== undefined && !existsSync(flags.kubeconfig);
  const [flag, file] = joins ? ['--bootstrap-kubeconfig', flags.bootstrapKubeconfig ?? ''] : ['--kubeconfig', flags.kubeconfig];
  const connection = await loadKubeconfig(file).catch((error: unknown) => { throw new UsageError(`${flag}: ${(error as Error).message.split('\n')[0]}`); });
  const start = await starter(name, { ...flags, ...(joins && { joinInto: flags.kubeconfig }) }, connection);
  await runInForeground(flags.logLevel, (parts) => start({
    ...parts,
    connection,
    onLost: (error) => {
      process.stderr.write(`error: ${error.message}\n`);
      process.exit(1);
    },
  }), { stopped: () => 'stopped', terminated: async (component) => component.shutDownNode?.() });
}

/** A component that has started. Of a kubelet's node it may be asked to end its pods. */
interface StartedComponent extends AsyncDisposable { shutDownNode?(): Promise<void> }

type Starter = (options: ComponentOptions) => Promise<StartedComponent>;

/** Loads only what the component is made of. */
async function starter(name: ComponentName, flags: ComponentFlags & { readonly joinInto?: string }, { ca }: ComponentOptions['connection']): Promise<Starter> {
  const machine = hostname().toLowerCase();
  const nodeName = flags.nodeName ?? machine;
  const { leaderElect, controllers, clusterCidr } = flags;
  switch (name) {
    case 'scheduler': {
      const { startSchedulerAlone } = await import('../cluster/alone/scheduler.ts');
      const features = await readFeatures(flags.featureGates);
      const configuration = flags.config === undefined ? undefined : await readScheduling(flags.config, features);
      return (options) => startSchedulerAlone({ ...options, leaderElect, identity: machine, features, ...(configuration !== undefined && { configuration }) });
    }
    case 'controller-manager': {
      const rootCa = flags.rootCaFile === undefined ? ca ?? '' : await readFlagFile('--root-ca-file', flags.rootCaFile);
      const { startControllerManagerAlone } = await import('../cluster/alone/controller-manager.ts');
      const features = await readFeatures(flags.featureGates);
      return (options) => startControllerManagerAlone({ ...options, leaderElect, identity: machine, features, controllers, clusterCidr, rootCa, settings: controllerSettings({ ...flags }) });
    }
    case 'cloud-controller-manager': {
      const { startCloudControllerManagerAlone } = await import('../cluster/alone/cloud-controller-manager.ts');
      return (options) => startCloudControllerManagerAlone({ ...options, leaderElect, identity: machine, controllers, clusterCidr, loadBalancerPools: flags.loadBalancerPool ?? [] });
    }
    case 'ingress': {
      const { startIngressAlone } = await import('../cluster/alone/ingress.ts');
      const { listen, httpPort, httpsPort, publishAddress } = flags;
      return (options) => startIngressAlone({ ...options, listen, httpPort, httpsPort, publish: publishAddress });
    }
    case 'proxy': {
      const { startProxyAlone } = await import('../cluster/alone/proxy.ts');
      return (options) => startProxyAlone({ ...options, nodeName, clusterCidr, proxyMode: flags.proxyMode });
    }
    case 'dns': {
      const { startDnsAlone } = await import('../cluster/alone/dns.ts');
      return (options) => startDnsAlone({ ...options, listen: flags.listen, port: flags.port, clusterDomain: flags.clusterDomain });
    }
    case 'kubelet': {
      const { startKubeletAlone } = await import('../cluster/alone/kubelet.ts');
      const { dataDir, runtime, install, clusterDns, clusterDomain } = flags;
      const configuration = flags.config === undefined ? undefined : await readKubelet(flags.config);
      return (options) => startKubeletAlone({ ...options, ...(configuration !== undefined && { configuration }), dataDir, nodeName, runtime, install, clusterCidr, clusterDns, clusterDomain, tls: tlsFiles(flags), ...(flags.joinInto !== undefined && { joinInto: flags.joinInto }) });
    }
  }
}

function tlsFiles({ tlsCertFile: cert, tlsPrivateKeyFile: key, clientCaFile: clientCa }: ComponentFlags): { cert: string; key: string; clientCa: string } | undefined {
  if (cert !== undefined && key !== undefined && clientCa !== undefined) return { cert, key, clientCa };
  if (cert === undefined && key === undefined && clientCa === undefined) return undefined;
  throw new UsageError('--tls-cert-file, --tls-private-key-file and --client-ca-file go together: give all three or none', 2);
}

async function readFeatures(gates: ComponentFlags['featureGates']): Promise<SchedulerFeatures> {
  const { podGroupFeatures } = await import('../cluster/pod-groups.ts');
  try {
    return podGroupFeatures(gates);
  } catch (error) {
    throw new UsageError(`--feature-gates: ${(error as Error).message}`);
  }
}

async function readScheduling(path: string, features: SchedulerFeatures): Promise<ReadConfiguration> {
  const text = await readFlagFile('--config', path);
  const { readSchedulerConfiguration } = await import('../scheduler/config/read.ts');
  try {
    return readSchedulerConfiguration(text, features);
  } catch (error) {
    throw new UsageError(`--config: ${(error as Error).message}`);
  }
}

async function readKubelet(path: string): Promise<KubeletConfiguration> {
  const text = await readFlagFile('--config', path);
  const { readKubeletConfiguration } = await import('../kubelet/config/read.ts');
  try {
    return readKubeletConfiguration(text);
  } catch (error) {
    throw new UsageError(`--config: ${(error as Error).message}`);
  }
}

async function readFlagFile(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${flag}: ${(error as Error).message}`);
  }
}
