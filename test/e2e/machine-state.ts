import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { findExecutable } from '../../src/host/capabilities.ts';
import { nftTables } from '../../src/host/firewall-cleanup.ts';
import { allProcesses, commandLineOf } from '../../src/host/processes.ts';
import { run } from './command.ts';

/** What is on the machine that a cluster could have left, or could have taken away. */
export interface MachineState {
  readonly interfaces: readonly string[];
  readonly nftTables: readonly string[];
  readonly iptablesRules: readonly string[];
  readonly mounts: readonly string[];
  readonly processes: readonly string[];
  readonly cgroups: readonly string[];
}

/** Everything of the given data directory, and what the first cluster of a machine is known by. */
export async function leftovers(dataDir: string): Promise<MachineState> {
  const { interfaces, nftTables: tables, iptablesRules, mounts, processes, cgroups } = await machineState();
  return {
    interfaces: interfaces.filter((name) => name === 'cox0'),
    nftTables: tables.filter((table) => /\bcoxswain-(proxy|pods)$/.test(table)),
    iptablesRules: iptablesRules.filter((rule) => rule.includes('COX-')),
    mounts: mounts.filter((path) => path.startsWith(dataDir)),
    processes: processes.filter((command) => command.includes(dataDir)),
    cgroups,
  };
}

export async function machineState(): Promise<MachineState> {
  const cgroupRoot = '/sys/fs/cgroup';
  const hierarchies = existsSync(cgroupRoot) ? ['.', ...readdirSync(cgroupRoot)] : [];
  return {
    interfaces: readdirSync('/sys/class/net'),
    nftTables: (await nftTables()).map(String),
    iptablesRules: findExecutable('iptables-save') === undefined ? [] : (await run('iptables-save', [])).stdout.split('\n'),
    mounts: readFileSync('/proc/self/mountinfo', 'utf8').split('\n').map((line) => line.split(' ')[4] ?? ''),
    processes: allProcesses().map((pid) => commandLineOf(pid).join(' ')),
    cgroups: hierarchies.map((name) => `${cgroupRoot}/${name}/kubepods`).filter((path) => existsSync(path)),
  };
}

/** The ports of the pods' bridge: they must be gone with it. */
export function bridgePorts(): string[] {
  return existsSync('/sys/class/net/cox0/brif') ? readdirSync('/sys/class/net/cox0/brif') : [];
}
