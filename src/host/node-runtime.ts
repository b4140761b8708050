import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { BridgePodNetwork, defaultBridge } from '../network/pod-network.ts';
import { ContainerdRuntime } from '../runtime/containerd/containerd-runtime.ts';
import type { StreamDialer } from '../runtime/containerd/stream-dialer.ts';
import type { HostCapabilities } from './capabilities.ts';
import { chooseSnapshotter } from './containerd-config.ts';
import type { ContainerdProcess } from './containerd-process.ts';
import { startContainerd } from './containerd-process.ts';
import { loadImageArchive } from './image-load.ts';
import { imageMounts } from './image-mounts.ts';
import { hostPaths, recordCgroupRoot } from './paths.ts';
import { runCommand } from './run-command.ts';
import { spdyDialer } from './spdy-dialer.ts';
import { nftTables } from './firewall-cleanup.ts';

export interface NodeRuntimeOptions {
  readonly dataDir: string;
  /** From `hostCapabilities`, with no obstacle. */
  readonly capabilities: HostCapabilities;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Defaults to SPDY, which every containerd speaks. */
  readonly dialer?: StreamDialer;
  /** A containerd that runs already is another process's to look after: it is not started again, whatever it is. */
  readonly usesWhatRuns?: boolean;
  /** Pods of the whole cluster: traffic among them keeps its source address. */
  readonly clusterCidr?: string;
  /** None: another's CNI configuration is used, where ours would be. */
  readonly network?: 'bridge' | 'none';
  /** The pods' bridge; cox0 unless several nodes share the machine. */
  readonly bridge?: string;
}

/** The real node: a private containerd, the pods' network, and the runtime over both. */
export interface NodeRuntime extends AsyncDisposable {
  readonly runtime: ContainerdRuntime;
  readonly containerd: ContainerdProcess;
  /** Imports an image archive; returns the images' full names. Rejects with a one-line error. */
  loadImageArchive(file: string): Promise<string[]>;
}

/**
 * Starts or adopts the private containerd of this data directory. Disposing lets go of it: containerd and the containers
 * run on, for the next start to adopt.
 */
export async function startNodeRuntime(options: NodeRuntimeOptions): Promise<NodeRuntime> {
  const { capabilities, clock, logger } = options;
  const paths = hostPaths(options.dataDir);
  const containerd = await startContainerd({ paths, capabilities, clock, logger, usesWhatRuns: options.usesWhatRuns ?? false });
  const network = new BridgePodNetwork({
    cniDir: paths.cniDir,
    run: runCommand,
    listNftTables: nftTables,
    logger,
    limitsBandwidth: existsSync(join(capabilities.cniBinDir ?? '', 'bandwidth')),
    tools: { ip: capabilities.ip ?? 'ip', nft: capabilities.nft?.path, iptables: capabilities.iptables?.path },
    ...(options.clusterCidr !== undefined && { clusterCidr: options.clusterCidr }),
    ...(options.bridge !== undefined && { bridge: options.bridge }),
  });
  const snapshotter = chooseSnapshotter(paths.containerdDir);
  const recorded = new Set<string>();
  const runtime = new ContainerdRuntime({
    socketPath: containerd.socketPath, clock, logger, dialer: options.dialer ?? spdyDialer,
    imageMounter: imageMounts({ directory: paths.imageMountsDir, socketPath: containerd.socketPath, ctr: capabilities.ctr, snapshotter }),
    configureNetwork: async (podCidr) => {
      // The kubelet makes its top cgroup before the first pod; a node with another bridge has other cgroups.
      if ((options.bridge ?? defaultBridge) === defaultBridge) recordCgroupRoot(paths, '/kubepods');
      if (options.network === 'none') await network.leaveToOthers();
      else await network.configure(podCidr);
    },
    awaitsNetwork: options.network !== 'none',
    onCgroupParent: (cgroupParent) => {
      const root = /^\/?[^/]*/.exec(cgroupParent)?.[0] ?? '';
      if (recorded.has(root)) return;
      recorded.add(root);
      recordCgroupRoot(paths, cgroupParent);
    },
  });
  return {
    runtime,
    containerd,
    loadImageArchive: (file) => loadImageArchive(file, {
      socketPath: containerd.socketPath, capabilities, clock, snapshotter, isKnown: async (image) => await runtime.imageStatus(image) !== undefined,
    }),
    [Symbol.asyncDispose]: async () => {
      containerd[Symbol.dispose]();
      await runtime[Symbol.asyncDispose]();
    },
  };
}
