import { formatCpuSet } from '../cpus/cpu-set.ts';
import { CpuManager } from '../cpus/cpu-manager.ts';
import { CpuTopology } from '../cpus/cpu-topology.ts';
import { checkCpuPolicyOptions } from '../cpus/policy-options.ts';
import { MemoryManager } from '../memory/memory-manager.ts';
import { allocatableMemory } from '../memory/memory-table.ts';
import { reservedByNode } from '../memory/reserved-memory.ts';
import { noMetrics } from '../metrics/kubelet-metrics.ts';
import type { MetricsSink } from '../metrics/kubelet-metrics.ts';
import type { Alignment } from '../topology/alignment.ts';
import { createAlignment } from '../topology/alignment.ts';
import type { MachineTopology } from '../topology/machine-topology.ts';
import type { ManagerSettings } from './settings.ts';

/** Who gives processors and memory, and what brings both, and devices, together; each only where it is asked for. */
export interface MachineManagers {
  readonly cpus?: CpuManager;
  readonly memory?: MemoryManager;
  readonly alignment?: Alignment;
}

export interface MachineManagersInput {
  readonly settings: ManagerSettings;
  readonly topology: MachineTopology;
  /** What pods do not get of CPU, in thousandths, and of memory, in bytes. */
  readonly heldBack: Readonly<Record<string, number>>;
  readonly metrics?: MetricsSink;
  /** Those who share processors have others than before. */
  readonly onPool: () => void;
}

/** Throws an Error, in upstream's words, for what this machine cannot have. */
export function createMachineManagers({ settings, topology, heldBack, metrics = noMetrics, onPool }: MachineManagersInput): MachineManagers {
  const { cpu, memory, reservedSystemCpus = [], alignment } = settings;
  const online = topology.cpus.map(({ id }) => id);
  if (reservedSystemCpus.some((id) => !online.includes(id))) throw new Error(`reserved-cpus: ${formatCpuSet(reservedSystemCpus)} is not a subset of online-cpus: ${formatCpuSet(online)}`);
  const cpuManager = (): CpuManager => {
    const cpuTopology = new CpuTopology(topology.cpus);
    const options = cpu?.options ?? new Set<never>();
    checkCpuPolicyOptions(options, cpuTopology, alignment?.policy);
    return new CpuManager(cpuTopology, { options, reservedMilliCpu: heldBack['cpu'] ?? 0, ...(reservedSystemCpus.length > 0 && { reservedCpus: reservedSystemCpus }), ...(cpu?.keepsQuota === true && { keepsQuota: true }) }, onPool, metrics);
  };
  return {
    ...(alignment !== undefined && { alignment: createAlignment(alignment, topology) }),
    ...(cpu !== undefined && { cpus: cpuManager() }),
    ...(memory !== undefined && { memory: new MemoryManager(allocatableMemory(topology, reservedByNode(memory.reserved, topology, heldBack)), metrics) }),
  };
}
