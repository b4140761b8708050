import type { HugePages } from '../resources/huge-pages.ts';

/** One hardware thread and where it is. Numbers are the machine's own; a core's is the lowest of its threads. */
export interface Cpu {
  readonly id: number;
  readonly core: number;
  readonly socket: number;
  readonly numaNode: number;
  /** Threads that share the last cache before memory; a whole socket's where the machine does not tell. */
  readonly cache: number;
}

/** A part of the machine with memory of its own. */
export interface NumaNode {
  readonly id: number;
  readonly memoryBytes: number;
  readonly hugePages: readonly HugePages[];
  /** To every node, by their order; empty where the machine does not tell. */
  readonly distances: readonly number[];
}

/** Where processors and memory are. */
export interface MachineTopology {
  readonly cpus: readonly Cpu[];
  readonly numaNodes: readonly NumaNode[];
}
