import type { Pod } from '../../../api/types/core/v1.ts';
import type { Host, HostCgroups, HostDevices, HostFiles, HostNetwork, SimulatedProbeRequest } from '../../host.ts';

export interface SimulatedHostOptions {
  readonly hostname: string;

  /** Default 10.0.0.1. */
  readonly address?: string;
  /** Default 8. */
  readonly cores?: number;
  /** Default 32 GiB. */
  readonly memoryBytes?: number;
  /** Default 100 GiB. */
  readonly storageBytes?: number;
  /** Default amd64. */
  readonly architecture?: string;
  /** What runs on it, of its memory and since its start; default: nothing. */
  readonly usage?: () => { readonly cpuNanoseconds: number; readonly memoryBytes: number };
  /** Told of each version of the node's pods. */
  readonly observePod?: (pod: Pod) => void;
  /** Answers probes; default: all pass. The simulated runtime's `simulatedProbe` reads them from annotations. */
  readonly answerProbe?: (request: SimulatedProbeRequest) => { readonly success: boolean; readonly output: string };
}

const gibibyte = 2 ** 30;
/** Of machines of which nothing else is said. */
export const defaultMemoryBytes = 32 * gibibyte;
const nothing = async (): Promise<void> => {};
const refuse = async (): Promise<never> => {
  throw new Error('not supported: network requests from a simulated node');
};

/** Files that are not kept: a virtual node only reads. */
const noFiles: HostFiles = {
  ensureDirectory: nothing,
  ensureFile: nothing,
  writeFile: nothing,
  readTail: async () => '',
  readInside: async () => '',
  typeOf: async () => 'missing',
  size: async () => undefined,
  rename: nothing,
  compress: nothing,
  list: async () => [],
  writeTree: async () => false,
  mountMemory: async () => 'mounted',
  mount: nothing,
  giveToGroup: nothing,
  bindSubPath: nothing,
  diskUsage: async () => 0,
  fileSystem: async () => ({ availableBytes: 0, capacityBytes: 0, usedBytes: 0, inodesFree: 0, inodes: 0, inodesUsed: 0 }),
  removeTree: nothing,
};
const noCgroups: HostCgroups = { prepare: nothing, weighBurstable: nothing, ensurePod: nothing, readContainer: async () => undefined, usage: async () => undefined, memoryUsage: async () => undefined, removePod: nothing, listPods: async () => [] };
const noDevices: HostDevices = { map: nothing, unmap: nothing, sizeOf: async () => 0, mountFormatted: nothing };
const noNetwork: HostNetwork = { httpGet: refuse, tcpConnect: refuse, grpcHealth: refuse };

/** A machine that exists in memory alone. */
export function simulatedHost(options: SimulatedHostOptions): Host {
  const memoryBytes = options.memoryBytes ?? defaultMemoryBytes;
  const storageBytes = options.storageBytes ?? 100 * gibibyte;
  const cores = options.cores ?? 8;
  return {
    virtual: true,
    hostname: options.hostname,
    machineInfo: async () => ({
      cores,
      memoryBytes,
      ephemeralStorageBytes: storageBytes,
      machineId: options.hostname,
      systemUuid: options.hostname,
      bootId: options.hostname,
      kernelVersion: '0.0.0-simulated',
      osImage: 'Coxswain simulated node',
      architecture: options.architecture ?? 'amd64',
      operatingSystem: 'linux',
      appArmor: true,
      hugePages: [],
    }),
    usage: async () => {
      const used = options.usage?.() ?? { cpuNanoseconds: 0, memoryBytes: 0 };
      return {
        memoryAvailableBytes: Math.max(0, memoryBytes - used.memoryBytes),
        memoryWorkingSetBytes: used.memoryBytes,
        cpuNanoseconds: Math.round(used.cpuNanoseconds),
        storageAvailableBytes: storageBytes,
        storageCapacityBytes: storageBytes,
        inodesFree: 1_000_000,
        inodes: 1_000_000,
        pidsUsed: 1,
        pidsMax: 32_768,
      };
    },
    addresses: async () => [options.address ?? '10.0.0.1'],
    resolverConfig: async () => ({ servers: [], searches: [], options: [] }),
    files: noFiles,
    devices: noDevices,
    cgroups: noCgroups,
    network: noNetwork,
    ...(options.observePod !== undefined && { observePod: options.observePod }),
    answerProbe: options.answerProbe ?? (() => ({ success: true, output: '' })),
  };
}
