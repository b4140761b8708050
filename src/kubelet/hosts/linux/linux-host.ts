import { hostname } from 'node:os';
import type { Clock } from '../../../base/clock.ts';
import type { Logger } from '../../../base/logger.ts';
import type { Host } from '../../host.ts';
import { linuxCgroups } from './cgroups.ts';
import { linuxDevices } from './devices.ts';
import { linuxFiles } from './linux-files.ts';
import { readAddresses, readMachineInfo, readResolverConfig, readUsage } from './machine.ts';
import { readMachineTopology } from './machine-topology.ts';
import { linuxNetwork } from './network.ts';
import { readSubordinateIds } from './subordinate-ids.ts';
import { readSystemLog } from './system-logs.ts';

export interface LinuxHostOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The kubelet's root directory, which must exist: its file system is the node's storage. */
  readonly rootDir: string;
  /** Default: the machine's, in lower case. */
  readonly hostname?: string;
  /** Default: that of the interface with the default route. */
  readonly addresses?: readonly string[];
}

/** The Linux machine that this process runs on. */
export function linuxHost(options: LinuxHostOptions): Host {
  const { clock, logger, rootDir } = options;
  return {
    virtual: false,
    hostname: options.hostname ?? hostname().toLowerCase(),
    machineInfo: () => readMachineInfo(rootDir),
    usage: () => readUsage(rootDir),
    addresses: async () => options.addresses ?? readAddresses(),
    resolverConfig: readResolverConfig,
    topology: () => readMachineTopology(),
    subordinateIds: readSubordinateIds,
    readSystemLog: (names) => readSystemLog('/var/log', names),
    files: linuxFiles(clock),
    devices: linuxDevices,
    cgroups: linuxCgroups(logger),
    network: linuxNetwork(clock),
  };
}
