import { existsSync, readFileSync, readdirSync, rmSync, rmdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { hasLink } from '../network/links.ts';
import { NodeRoutes } from '../network/routes/node-routes.ts';
import { defaultBridge, readNetworkRecord } from '../network/pod-network.ts';
import type { NetworkRecord } from '../network/pod-network.ts';
import { ContainerdRuntime } from '../runtime/containerd/containerd-runtime.ts';
import { findExecutable, hostCapabilities } from './capabilities.ts';
import { readPidRecord, startContainerd, stopContainerd } from './containerd-process.ts';
import { deleteEmptyIptablesTables, deleteIptablesChains, deleteNftTables } from './firewall-cleanup.ts';
import { removeTree, unmountBelow } from './mounts.ts';
import type { HostPaths } from './paths.ts';
import { hostPaths, readCgroupRoots } from './paths.ts';
import { allProcesses, commandLineOf, identityOf, isAlive, processStat, signalProcess, waitForExit } from './processes.ts';
import { runCommand } from './run-command.ts';
import { spdyDialer } from './spdy-dialer.ts';

export interface ResetOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What the other parts of the program keep in the data directory, by name: removed too. */
  readonly entries: readonly string[];
  /** One line a step. */
  readonly log?: (line: string) => void;
}

export interface ResetResult {
  /** Paths that stay because something of somebody else is mounted there, or names in the data directory that are not ours. */
  readonly left: readonly string[];
}

/**
 * Stops and removes what we ever made on this machine for this data directory: containers and sandboxes, the private
 * containerd, mounts, network namespaces, interfaces, firewall rules, cgroups and files; and nothing else. Idempotent: it
 * can be run again after a failure, and finds nothing to do when there is nothing. The caller has ended the cluster's own
 * process before: it would bring things back.
 */
export async function reset(options: ResetOptions): Promise<ResetResult> {
  const paths = hostPaths(options.dataDir);
  const log = options.log ?? ((): void => {});
  if (resolve(options.dataDir) === '/' || resolve(options.dataDir) === homedir()) throw new Error(`${options.dataDir} is not a data directory of ours`);
  const linux = process.platform === 'linux';
  const network = await readNetworkRecord(paths.cniDir);
  if (linux && process.getuid?.() === 0) {
    log('removing containers');
    await removeSandboxes(paths, options);
    await stopContainerd(paths, options.clock);
    const shimSockets = readShimSockets(paths);
    await killShims(paths, options.clock);
    for (const socket of shimSockets) rmSync(socket, { force: true });
    log('removing mounts');
    await unmountBelow(paths.dataDir);
    if (paths.shortDir !== undefined) await unmountBelow(paths.shortDir);
    log('removing interfaces and firewall rules');
    if (network !== undefined) await removeNetwork(network);
    removeCgroups(readCgroupRoots(paths));
    for (const folder of ['/run/containerd/s', '/run/containerd', '/var/lib/cni/results', '/var/lib/cni/cache', '/var/lib/cni']) removeIfEmpty(folder);
  }
  log('removing files');
  const left = [basename(paths.containerdDir), basename(paths.certsDir), basename(paths.cniDir), ...options.entries].flatMap((name) => removeTree(join(paths.dataDir, name)));
  if (paths.shortDir !== undefined) left.push(...removeTree(paths.shortDir));
  if (existsSync(paths.dataDir)) {
    left.push(...readdirSync(paths.dataDir).map((name) => join(paths.dataDir, name)).filter((path) => !left.some((other) => other === path || other.startsWith(`${path}/`))));
    removeIfEmpty(paths.dataDir);
  }
  return { left };
}

/** Only an empty folder is removed; anything in it means that somebody else uses it. */
function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Missing, or in use.
  }
}

/** Through CRI, so that the CNI plugins undo what they did. When containerd is down but something may run, it is started for that. */
async function removeSandboxes(paths: HostPaths, options: ResetOptions): Promise<void> {
  const record = readPidRecord(paths);
  const running = record !== undefined && isAlive(record);
  const tasks = join(paths.stateDir, 'io.containerd.runtime.v2.task', 'k8s.io');
  if (!running && (!existsSync(tasks) || readdirSync(tasks).length === 0)) return;
  let process: Disposable | undefined;
  try {
    if (!running) process = await startContainerd({ paths, capabilities: await hostCapabilities(), clock: options.clock, logger: options.logger });
    await using runtime = new ContainerdRuntime({ socketPath: paths.socketPath, clock: options.clock, logger: options.logger, dialer: spdyDialer });
    const queue = await runtime.listPodSandboxes();
    const work = async (): Promise<void> => {
      for (let sandbox = queue.pop(); sandbox !== undefined; sandbox = queue.pop()) {
        await runtime.stopPodSandbox(sandbox.id);
        await runtime.removePodSandbox(sandbox.id);
      }
    };
    await Promise.all(Array.from({ length: 4 }, work));
  } catch (error) {
    // What follows removes by force what is left.
    options.logger.warn('not all sandboxes could be removed in order', { error });
  } finally {
    process?.[Symbol.dispose]();
  }
}

/** Sockets of the shims lie outside of containerd's folders; each bundle says where. */
function readShimSockets(paths: HostPaths): string[] {
  const tasks = join(paths.stateDir, 'io.containerd.runtime.v2.task', 'k8s.io');
  if (!existsSync(tasks)) return [];
  return readdirSync(tasks).flatMap((id) => {
    const file = join(tasks, id, 'address');
    const socket = existsSync(file) ? readFileSync(file, 'utf8').trim().replace(/^unix:\/\//, '') : '';
    return socket.startsWith('/run/containerd/s/') ? [socket] : [];
  });
}

/** Kills shims of our containerd that are still there, with all their containers' processes. */
async function killShims(paths: HostPaths, clock: Clock): Promise<void> {
  const pids = allProcesses();
  const isOurShim = (pid: number): boolean => {
    const [program = '', ...args] = commandLineOf(pid);
    return basename(program).startsWith('containerd-shim') && args.some((arg, index) => arg === '-address' && args[index + 1] === paths.socketPath);
  };
  const doomed = new Set(pids.filter(isOurShim));
  if (doomed.size === 0) return;
  for (let grew = true; grew;) {
    grew = false;
    for (const pid of pids) {
      const parent = processStat(pid)?.parent;
      if (parent === undefined || !doomed.has(parent) || doomed.has(pid)) continue;
      doomed.add(pid);
      grew = true;
    }
  }
  const identities = [...doomed].map(identityOf).filter((identity) => identity !== undefined);
  for (const { pid } of identities) signalProcess(pid, 'SIGKILL');
  for (const identity of identities) await waitForExit(identity, 5_000, clock);
}

async function removeNetwork(network: NetworkRecord): Promise<void> {
  const ip = findExecutable('ip') ?? 'ip';
  const { stdout: ports } = hasLink(network.bridge) ? await runCommand(ip, ['-o', 'link', 'show', 'master', network.bridge]) : { stdout: '' };
  for (const [, port] of ports.matchAll(/^\d+: ([^:@ ]+)/gm)) await runCommand(ip, ['link', 'delete', port!]);
  if (hasLink(network.bridge)) await runCommand(ip, ['link', 'delete', network.bridge]);
  const first = network.bridge === defaultBridge;
  if (first) await new NodeRoutes({ run: runCommand, ip }).clear();
  // The service proxy's rules belong to the node with the default bridge; tables of other nodes on this machine carry their bridge's name.
  await deleteNftTables((name) => name === network.nftTable || (first && name.startsWith('coxswain') && !name.startsWith('coxswain-pods-')));
  await deleteIptablesChains({ prefix: 'COX-', networkName: network.name });
  await deleteEmptyIptablesTables(network.nftTablesBefore);
  for (const folder of ['/var/lib/cni/results', '/var/lib/cni/cache/results']) {
    if (!existsSync(folder)) continue;
    const names = readdirSync(folder);
    const ids = names.map((name) => (name.startsWith(`${network.name}-`) ? /([0-9a-f]{64})-/.exec(name)?.[1] : undefined)).filter((id) => id !== undefined);
    for (const name of names) if (ids.some((id) => name.includes(id))) rmSync(join(folder, name), { force: true });
  }
}

/** Removes cgroups under the given roots bottom-up; those with processes stay, since they are not ours then. */
function removeCgroups(roots: readonly string[]): void {
  const base = '/sys/fs/cgroup';
  if (!existsSync(base)) return;
  const hierarchies = existsSync(join(base, 'cgroup.controllers')) ? [base] : readdirSync(base, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => join(base, entry.name));
  const remove = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) remove(join(folder, entry.name));
    removeIfEmpty(folder);
  };
  for (const root of roots) for (const hierarchy of hierarchies) if (existsSync(join(hierarchy, root))) remove(join(hierarchy, root));
}
