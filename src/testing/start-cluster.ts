import { silentLogger } from '../base/logger.ts';
import type { Cluster, ClusterOptions, NodeOptions } from './api.ts';
import { TestCluster } from './test-cluster.ts';
import { kubeletOptions } from './test-nodes.ts';

const defaultStart = Date.UTC(2026, 0, 1);
/** Of nodes on virtual time, where months may pass in which nothing happens to them. */
const foresightMs = 24 * 3_600_000;

/** Starts a whole cluster in this process, without sockets, processes or files, and waits until its nodes are ready. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { nodes = 1, clock = 'virtual', seed = 1, startTime, controllers = true, scheduler = true, runtimeConfig, featureGates } = options;
  const startMs = startTime === undefined ? defaultStart : new Date(startTime).getTime();
  if (Number.isNaN(startMs)) throw new TypeError(`${JSON.stringify(startTime)} is not a time`);
  const selected = controllers === true ? ['*'] : controllers === false ? undefined : controllers;
  const machines: readonly NodeOptions[] = typeof nodes === 'number' ? Array.from({ length: nodes }, () => ({})) : nodes;
  const added = machines.map((machine, index) => ({ name: machine.name ?? `node-${index + 1}`, kubelet: kubeletOptions(machine) }));
  return TestCluster.begin({ virtual: clock === 'virtual', seed, logger: silentLogger, runtimeConfig, featureGates, kubelet: clock === 'virtual' ? { foresightMs } : {}, controllers: selected, scheduler }, startMs, added);
}
